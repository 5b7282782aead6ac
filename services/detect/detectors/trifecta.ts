/**
 * The trifecta: private data, content that others wrote, and a way out, all in one conversation (Willison 2025). Each is
 * ordinary; together they are what an attack needs, and so this says where one would succeed, not that one is under way.
 * Stated once a conversation, at the call that opens the way out (to a place outside that neither the user nor the
 * developer named), and only where what others wrote holds a request.
 */
import type { TelemetryEvent } from '../../../schemas/event.js';
import { destinationsIn, destinationsOfArguments } from '../../inspect/destinations.js';
import { wordsOf } from '../../inspect/tool-name.js';
import { normalWords } from '../provenance.js';
import { originOfEvent, worstTaint } from '../taints.js';
import type { Detector, Scope, Statement } from '../types.js';
import { userContext } from '../user-words.js';
import { ensured, slice } from './slice.js';

interface TrifectaState {
  /** Where private data came from first, and the event it came with. */
  p?: [origin: string, eventId: string];
  /** Stated. */
  s?: 1;
}

/** What people keep to themselves, as tools and datasets are named. */
const PRIVATE = new Set(
  `account accounts address addresses balance bank calendar card cards chat client clients contact contacts crm customer customers
  database document documents drive email emails employee employees file files health history hr inbox invoice invoices mail mailbox
  medical memory message messages note notes order orders password passwords patient payment payments payroll profile record records
  salary secret secrets statement ticket tickets transaction transactions user users vault`.split(/\s+/),
);
/** From here on content of others is suspicious enough for the condition to matter: most agents that write mail meet it daily. */
const LEAST_TAINT = 0.3;
/** A condition, not an event: low enough to be no second witness. */
const confidenceFor = (taint: number): number => Math.round((0.15 + 0.3 * taint) * 100) / 100;

function isPrivate(event: TelemetryEvent, scope: Readonly<Scope>): boolean {
  if (event.kind === 'retrieval') return wordsOf(event.dataset).some((word) => PRIVATE.has(word));
  if (event.kind !== 'tool.result' || event.errorType !== undefined || (event.text ?? '') === '') return false;
  return scope.tools.effectsOf(event.tool).includes('read') && wordsOf(event.tool).some((word) => PRIVATE.has(word));
}

function wayOut(event: TelemetryEvent, scope: Readonly<Scope>): string | undefined {
  if (event.kind !== 'tool.call') return undefined;
  const effects = scope.tools.effectsOf(event.tool, { description: event.description, arguments: event.arguments });
  if (
    !effects.some((effect) => effect === 'send' || effect === 'share' || effect === 'execute' || effect === 'unknown')
  )
    return undefined;
  const { words } = userContext(scope.facts);
  return destinationsOfArguments(event.arguments).find(
    (value) =>
      destinationsIn(value).some(({ kind }) => kind === 'url' || kind === 'domain' || kind === 'email') &&
      !words.includes(normalWords(value)),
  );
}

export const trifecta: Detector = {
  name: 'trifecta',
  version: '1',
  finds: ['trifecta.complete'],
  kinds: ['tool.call', 'tool.result', 'retrieval'],
  needs: ['content', 'tool-calls'],
  baseline: false,
  judge(event, scope) {
    const state = slice<TrifectaState>(scope.session, 'trifecta');
    if (state?.p === undefined || state.s !== undefined) return [];
    const untrusted = worstTaint(scope.facts);
    if (untrusted === undefined || untrusted.probability < LEAST_TAINT || event.kind !== 'tool.call') return [];
    const destination = wayOut(event, scope);
    if (destination === undefined) return [];
    const [origin, eventId] = state.p;
    const statement: Statement = {
      type: 'trifecta.complete',
      title: 'Private data, content of others and a way out meet in one conversation',
      about: ['session', 'agent'],
      confidence: confidenceFor(untrusted.probability),
      severity: 'low',
      evidence: {
        observed: `${event.tool} to ${destination}`,
        expected: 'at most two of: private data, content of others, a way out',
        eventIds: [...new Set([eventId, untrusted.eventId, event.id])],
        facts: { private: origin, untrusted: untrusted.origin, destination },
      },
      origin: untrusted.origin,
      atlas: ['AML.T0086'],
      owasp: ['ASI02', 'ASI01'],
      pillar: 'data',
    };
    return [statement];
  },
  observe(event, scope, stated) {
    const known = slice<TrifectaState>(scope.session, 'trifecta');
    if (known?.p === undefined && isPrivate(event, scope))
      ensured<TrifectaState>(scope.session, 'trifecta', () => ({})).p = [originOfEvent(event), event.id];
    if (stated.length > 0) ensured<TrifectaState>(scope.session, 'trifecta', () => ({})).s = 1;
  },
};
