/**
 * Novelty: a tool, destination, dataset, model or peer agent that the agent never used (cf. Entra
 * `unfamiliarResourceAccess`). How surprising that is depends on how often this agent does new things: with k first
 * sightings in N observations the next one is new with probability (k + 1) / (N + 2) (Laplace), so an agent that mails
 * new customers all day is not surprising, and one that has called the same four tools a thousand times is.
 *
 * Someone new in a company that it writes to every day is one thing, someone in a company that it never wrote to another: of
 * an address the domain is looked at as well, and the less likely of the two counts.
 *
 * Backed by peers: what other agents of the same blueprint use is new only to this one, and worth less. An agent in its
 * early life has no baseline of its own, so what *none* of its peers ever used is stated from theirs.
 */
import type { TelemetryEvent } from '../../../schemas/event.js';
import { destinationsOfArguments } from '../../inspect/destinations.js';
import { isSideEffecting } from '../../inspect/tool-effects.js';
import { isLetThrough } from '../held-call.js';
import { asCodes, codeOf, codesIn, newest, placeOf, without } from '../code-list.js';
import { confidenceOf } from '../statistics.js';
import { isPoisoned } from '../taints.js';
import type { Detector, Scope, Statement } from '../types.js';
import { ensured, slice } from './slice.js';

export const DIMENSIONS = ['tool', 'destination', 'dataset', 'model', 'peer'] as const;
export type Dimension = (typeof DIMENSIONS)[number];

/** Observations, first sightings, codes of what was seen, newest last; 1 once the first observations are over. */
export type Seen = [n: number, novel: number, items: string | string[], settled?: 1];
/** What is counted: the dimensions, and the domains of addresses. */
type Counted = Dimension | 'domain';
type NoveltyState = Partial<Record<Counted, Seen>>;
/** Stated items that wait to become known: how many untainted sessions used each. */
type Pending = Record<string, number>;

const BOUND: Record<Counted, number> = { tool: 64, destination: 128, domain: 48, dataset: 48, model: 16, peer: 48 };
/** Of the first uses that an agent's history makes unlikely, about one in twenty should not be there. */
const PRIOR = 0.05;
const STATED = 0.3;
/** What was stated once a session, in so many sessions without suspicious content, is the new normal. */
const ADOPTED_AFTER = 3;
/** Everything is new to a new agent: its first observations do not say how often new things come to it. */
const BURN_IN = 100;
/** Where most of what comes is new, a long list of what came says nothing: only the last few are kept. */
const ALWAYS_NEW = 0.7;
const FEW = 16;
/** Observations that count; older ones fade. */
const MEMORY = 1000;
const MAX_PENDING = 16;
const MAX_STATED = 32;

function itemsOf(event: TelemetryEvent, scope: Readonly<Scope>): readonly (readonly [Dimension, string])[] {
  switch (event.kind) {
    case 'tool.call': {
      const tool = [['tool', event.tool]] as const;
      if (
        event.arguments === undefined ||
        !isSideEffecting(
          scope.tools.effectsOf(event.tool, { description: event.description, arguments: event.arguments }),
        )
      )
        return tool;
      return [
        ...tool,
        ...destinationsOfArguments(event.arguments)
          .slice(0, 8)
          .map((destination) => ['destination', destination] as const),
      ];
    }
    case 'retrieval':
      return [['dataset', event.dataset]];
    case 'model.call':
    case 'model.output':
      return event.model === undefined ? [] : [['model', event.model]];
    case 'message': {
      return [['peer', event.from === event.agent.id ? event.to : event.from]];
    }
    default:
      return [];
  }
}

function newness(seen: Seen | undefined, code: string): { known: boolean; p: number; n: number } {
  if (seen === undefined) return { known: false, p: 1, n: 0 };
  return { known: isKnown(seen, code), p: (seen[1] + 1) / (seen[0] + 2), n: seen[0] };
}

/** The domain of an address; other destinations stand for themselves. */
const domainOf = (dimension: Dimension, item: string): string | undefined =>
  dimension === 'destination' && item.includes('@') ? item.slice(item.lastIndexOf('@') + 1) : undefined;

const isKnown = (seen: Readonly<Seen>, code: string): boolean => placeOf(asCodes(seen[2]), code) >= 0;

/** So many tool calls of an agent say which tools are its own. */
const SETTLED = 30;

/** Whether an agent with a settled habit never called this tool; `false` also where nothing can be said yet. */
export function isUnusualTool(scope: Readonly<Scope>, tool: string): boolean {
  const seen = slice<NoveltyState>(scope.agent, 'novelty')?.tool;
  return seen !== undefined && seen[0] >= SETTLED && !isKnown(seen, codeOf(tool));
}

const WORDING: Record<
  Dimension,
  {
    title: (item: string) => string;
    about: Statement['about'];
    atlas: string[];
    owasp: string[];
    pillar: Statement['pillar'];
  }
> = {
  tool: {
    title: (item) => `First use of the tool ${item}`,
    about: ['agent', 'session', 'tool', 'user'],
    atlas: ['AML.T0053'],
    owasp: ['ASI02', 'ASI10'],
    pillar: 'applications',
  },
  destination: {
    title: (item) => `First contact with ${item}`,
    about: ['agent', 'session', 'tool', 'user'],
    atlas: ['AML.T0086'],
    owasp: ['ASI02'],
    pillar: 'network',
  },
  dataset: {
    title: (item) => `First reading of ${item}`,
    about: ['agent', 'session', 'dataset', 'user'],
    atlas: ['AML.T0085'],
    owasp: ['ASI03'],
    pillar: 'data',
  },
  model: {
    title: (item) => `First use of the model ${item}`,
    about: ['agent', 'session', 'model'],
    atlas: ['AML.T0081'],
    owasp: ['ASI04'],
    pillar: 'applications',
  },
  peer: {
    title: (item) => `First exchange with the agent ${item}`,
    about: ['agent', 'session'],
    atlas: ['AML.T0053'],
    owasp: ['ASI07'],
    pillar: 'network',
  },
};

export const novelty: Detector = {
  name: 'novelty',
  version: '1',
  finds: ['novelty.tool', 'novelty.destination', 'novelty.dataset', 'novelty.model', 'novelty.peer'],
  kinds: ['tool.call', 'retrieval', 'model.call', 'model.output', 'message'],
  needs: ['tool-calls'],
  baseline: true,
  judge(event, scope) {
    const statements: Statement[] = [];
    const stated = slice<string[]>(scope.session, 'novelty');
    const own = slice<NoveltyState>(scope.agent, 'novelty');
    const peers = slice<NoveltyState>(scope.blueprint, 'novelty');
    for (const [dimension, item] of itemsOf(event, scope)) {
      const code = codeOf(item);
      const mine = newness(own?.[dimension], code);
      if (mine.known || stated?.includes(code) === true) continue;
      const theirs = newness(peers?.[dimension], code);
      // Peers' words count for an agent that has few of its own.
      const early = scope.learning && theirs.n > 0 && !theirs.known;
      const domain = domainOf(dimension, item);
      const ofDomain = domain === undefined ? undefined : newness((early ? peers : own)?.domain, codeOf(domain));
      const ofItem = early ? theirs.p : mine.p;
      const least = ofDomain === undefined || ofDomain.known ? ofItem : Math.min(ofItem, ofDomain.p);
      const p = theirs.known ? Math.min(1, least * 10) : least;
      const confidence = confidenceOf(p, 1, PRIOR, 0.7);
      if (confidence < STATED || statements.some((statement) => statement.type === `novelty.${dimension}`)) continue;
      const { title, about, atlas, owasp, pillar } = WORDING[dimension];
      statements.push({
        type: `novelty.${dimension}`,
        title: title(item.slice(0, 120)),
        about,
        confidence,
        severity: 'low',
        evidence: {
          observed: item.slice(0, 200),
          expected: `one of ${codesIn(asCodes((early ? peers : own)?.[dimension]?.[2] ?? ''))} known ones`,
          sampleSize: early ? theirs.n : mine.n,
          baselineAgeMs: Math.max(0, event.timeMs - scope.learned.sinceMs),
          eventIds: [event.id],
          facts: {
            probabilityOfNew: Math.round(p * 1e5) / 1e5,
            knownToPeers: theirs.known,
            ...(ofDomain === undefined ? {} : { knownDomain: ofDomain.known }),
          },
        },
        ...(early ? { firm: true } : {}),
        atlas,
        owasp,
        pillar,
        ...(dimension === 'peer' ? { peers: [{ tenant: event.tenant, type: 'agent' as const, id: item }] } : {}),
      });
    }
    return statements;
  },
  observe(event, scope, statements) {
    if (statements.length === 0) return;
    const stated = ensured<string[]>(scope.session, 'novelty', () => []);
    for (const [dimension, item] of itemsOf(event, scope)) {
      const code = codeOf(item);
      if (stated.includes(code) || !statements.some((statement) => statement.type === `novelty.${dimension}`)) continue;
      stated.push(code);
      if (stated.length > MAX_STATED) stated.shift();
      if (isLetThrough(event)) adopt(scope, dimension, code);
    }
  },
  learn(event, scope) {
    const stated = slice<string[]>(scope.session, 'novelty');
    for (const [dimension, item] of itemsOf(event, scope)) {
      const code = codeOf(item);
      // What this session was flagged for is not learned by doing it again.
      if (stated?.includes(code) === true) continue;
      const domain = domainOf(dimension, item);
      for (const states of scope.grouped ? [scope.agent, scope.blueprint] : [scope.agent]) {
        const state = ensured<NoveltyState>(states, 'novelty', () => ({}));
        note(state, dimension, code);
        if (domain !== undefined) note(state, 'domain', codeOf(domain));
      }
    }
  },
  shrink(states) {
    for (const seen of Object.values(slice<NoveltyState>(states, 'novelty') ?? {})) {
      const items = asCodes(seen[2]);
      seen[2] = newest(items, Math.max(FEW, Math.floor(0.75 * codesIn(items))));
    }
  },
};

/** Learns what its sessions keep using; one poisoned session teaches nothing. */
function adopt(scope: Scope, dimension: Dimension, code: string): void {
  if (isPoisoned(scope.facts)) return;
  const pending = ensured<Pending>(scope.agent, 'novelty-pending', () => ({}));
  const key = `${dimension}:${code}`;
  const times = (pending[key] ?? 0) + 1;
  if (times < ADOPTED_AFTER) {
    if (pending[key] === undefined && Object.keys(pending).length >= MAX_PENDING)
      delete pending[Object.keys(pending)[0] as string];
    pending[key] = times;
    return;
  }
  delete pending[key];
  note(
    ensured<NoveltyState>(scope.agent, 'novelty', () => ({})),
    dimension,
    code,
  );
}

function note(state: NoveltyState, dimension: Counted, code: string): void {
  const seen = (state[dimension] ??= [0, 0, []]);
  if (seen[3] === undefined && seen[0] >= BURN_IN) {
    seen[0] = 0;
    seen[1] = 0;
    seen[3] = 1;
  } else if (seen[0] >= MEMORY) {
    seen[0] /= 2;
    seen[1] /= 2;
  }
  seen[0] += 1;
  const items = asCodes(seen[2]);
  const at = placeOf(items, code);
  if (at < 0) {
    seen[1] += 1;
    // What was not used for longest goes first; seeing it again later is new again, and counts as such.
    seen[2] = newest(items + code, seen[0] >= SETTLED && seen[1] > ALWAYS_NEW * seen[0] ? FEW : BOUND[dimension]);
  } else seen[2] = at < codesIn(items) >> 1 ? without(items, at) + code : items;
}
