/**
 * Refusals and errors (cf. Entra `failedAccessAttempt`): more of them in a session than the agent's own history makes
 * likely, or too many in a row. Beta–binomial tail: with a refusals in n trials so far, the chance of refusal is
 * Beta(a + ½, n − a + 9½), a prior of one in twenty worth ten trials, so that neither a first failure nor a spotless
 * history decides by itself.
 *
 * Calls that a contraction held are not refusals of the agent's own doing and never come here.
 */
import type { TelemetryEvent } from '../../../schemas/event.js';
import { saysDenied } from '../../inspect/refusal.js';
import { itemHash, passingHash } from '../item-hash.js';
import { betaBinomialTail, confidenceOf, decades } from '../statistics.js';
import type { Detector, Scope, Statement } from '../types.js';
import { ensured, slice } from './slice.js';

const PRIOR_BAD = 0.5;
const PRIOR_GOOD = 9.5;
/** Trials that count; older ones fade, so that an agent whose tools got worse is not flagged for ever. */
const MEMORY = 2000;
const MIN_BAD = 4;
const MAX_TRIALS = 500;
const DAY_PRIOR = 0.01;
const TESTS = 200;

type Outcome = 'denial' | 'error';
/** Bad ones and trials. */
type Counts = [bad: number, trials: number];
interface AgentCounts {
  d: Counts;
  e: Counts;
}
interface SessionCounts {
  /** Bad, trials, in a row now, bad ones when last stated. */
  d: [number, number, number, number];
  e: [number, number, number, number];
  /** Of these, what the agent has learned: a conversation is not held against itself. */
  l?: AgentCounts;
  /** Hashes of what was asked for and refused: tool and arguments. */
  o?: string[];
  /** Of the last calls: hash of the id, and what was asked for; a result need not repeat it. */
  c?: [id: string, door: string][];
}

/** A new agent may not be refused at so many different doors in one conversation, and be let in at fewer. */
const EARLY_LIFE_DOORS = 8;
const MAX_DOORS = 40;
const MAX_CALLS = 8;

const newSession = (): SessionCounts => ({ d: [0, 0, 0, 0], e: [0, 0, 0, 0] });
const newAgent = (): AgentCounts => ({ d: [0, 0], e: [0, 0] });

function outcomeOf(event: TelemetryEvent): { denial: boolean; error: boolean } | undefined {
  switch (event.kind) {
    case 'tool.result':
      return event.denied === true || saysDenied(event)
        ? { denial: true, error: false }
        : { denial: false, error: event.errorType !== undefined };
    case 'tool.call':
      // Refused by the baseline policy: the agent asked for what it may never do.
      return event.decision?.verdict === 'block' && event.decision.contractions.length === 0
        ? { denial: true, error: false }
        : undefined;
    case 'auth':
      return event.notice === true ? undefined : { denial: event.outcome !== 'success', error: false };
    case 'model.output':
      return event.errorType === undefined ? undefined : { denial: false, error: true };
    default:
      return undefined;
  }
}

/** What the call of that id asked for, among the last. */
function callOf(session: Readonly<SessionCounts> | undefined, id: string): [id: string, door: string] | undefined {
  if (session?.c === undefined) return undefined;
  const hash = passingHash(id);
  return session.c.find(([known]) => known === hash);
}

/** What was refused, so that asking again at the same door counts once. */
function doorOf(event: TelemetryEvent, session: Readonly<SessionCounts> | undefined): string | undefined {
  if (event.kind === 'auth') return itemHash(`auth ${event.resource ?? ''}`);
  if (event.kind !== 'tool.result' && event.kind !== 'tool.call') return undefined;
  const asked = event.kind === 'tool.result' && event.arguments === undefined ? event.toolCallId : undefined;
  const call = asked === undefined ? undefined : callOf(session, asked);
  return call?.[1] ?? itemHash(`${event.tool} ${JSON.stringify(event.arguments ?? null).slice(0, 200)}`);
}

/** Of the agent's counts, without what it has learned in this very conversation. */
function known(scope: Readonly<Scope>, key: 'd' | 'e'): Counts {
  const [bad, trials] = (slice<AgentCounts>(scope.agent, 'denials') ?? newAgent())[key];
  const [ownBad, ownTrials] = slice<SessionCounts>(scope.session, 'denials')?.l?.[key] ?? [0, 0];
  const rest = Math.max(0, bad - ownBad);
  return [rest, Math.max(rest, trials - ownTrials)];
}

const WORDING: Record<
  Outcome,
  { type: string; title: string; atlas: string[]; owasp: string[]; pillar: Statement['pillar'] }
> = {
  denial: {
    type: 'denial.burst',
    title: 'Refused again and again: looking for what it may do',
    atlas: ['AML.T0053'],
    owasp: ['ASI03'],
    pillar: 'identity',
  },
  error: {
    type: 'error.burst',
    title: 'Errors in a row that this agent does not usually meet',
    atlas: ['AML.T0034.002'],
    owasp: ['ASI08'],
    pillar: 'applications',
  },
};

export const denials: Detector = {
  name: 'denials',
  version: '1',
  finds: ['denial.burst', 'error.burst'],
  kinds: ['tool.result', 'tool.call', 'auth', 'model.output'],
  needs: ['tool-calls'],
  baseline: true,
  judge(event, scope) {
    const outcome = outcomeOf(event);
    if (outcome === undefined || (!outcome.denial && !outcome.error)) return [];
    const kind: Outcome = outcome.denial ? 'denial' : 'error';
    const key = kind === 'denial' ? 'd' : 'e';
    const [bad, trials, row, stated] = (slice<SessionCounts>(scope.session, 'denials') ?? newSession())[key];
    const now = { bad: bad + 1, trials: Math.min(trials + 1, MAX_TRIALS), row: row + 1 };
    if (now.bad < MIN_BAD || now.bad < 2 * stated) return [];
    const [knownBad, knownTrials] = known(scope, key);
    const a = knownBad + PRIOR_BAD;
    const b = knownTrials - knownBad + PRIOR_GOOD;
    const ofShare = betaBinomialTail(Math.min(now.bad, now.trials), now.trials, a, b);
    const ofRow = betaBinomialTail(now.row, now.row, a, b);
    const p = Math.min(1, 2 * Math.min(ofShare, ofRow));
    const doors = kind === 'denial' ? doorsWith(event, scope) : 0;
    const early = scope.learning && doors >= EARLY_LIFE_DOORS && now.bad * 2 > now.trials;
    const confidence = Math.max(early ? 0.8 : 0, confidenceOf(p, TESTS, DAY_PRIOR));
    if (confidence < 0.5) return [];
    const { type, title, atlas, owasp, pillar } = WORDING[kind];
    return [
      {
        type,
        title,
        about: ['session', 'agent', 'user'],
        confidence,
        severity: kind === 'denial' ? 'medium' : 'low',
        evidence: {
          observed: now.bad,
          expected: Math.round((a / (a + b)) * now.trials * 100) / 100,
          unit: `${kind}s in ${now.trials} trials of this session`,
          sampleSize: Math.round(knownTrials),
          baselineAgeMs: Math.max(0, event.timeMs - scope.learned.sinceMs),
          eventIds: [event.id],
          facts: {
            inARow: now.row,
            minusLog10P: decades(p),
            ...(kind === 'denial' ? { doors } : {}),
            ...(early ? { earlyLifeLimit: EARLY_LIFE_DOORS } : {}),
          },
        },
        ...(early ? { firm: true } : {}),
        atlas,
        owasp,
        pillar,
      },
    ];
  },
  observe(event, scope, stated) {
    if (event.kind === 'tool.call' && event.toolCallId !== undefined) {
      const calls = (ensured(scope.session, 'denials', newSession).c ??= []);
      const door = doorOf(event, undefined);
      if (door !== undefined) calls.push([passingHash(event.toolCallId), door]);
      if (calls.length > MAX_CALLS) calls.shift();
    }
    const outcome = outcomeOf(event);
    if (outcome === undefined) return;
    const counts = ensured(scope.session, 'denials', newSession);
    for (const key of ['d', 'e'] as const) {
      const bad = key === 'd' ? outcome.denial : outcome.error;
      const entry = counts[key];
      entry[1] += 1;
      entry[0] += bad ? 1 : 0;
      entry[2] = bad ? entry[2] + 1 : 0;
      if (bad && stated.length > 0) entry[3] = entry[0];
    }
    const door = outcome.denial ? doorOf(event, counts) : undefined;
    if (door === undefined) return;
    const doors = (counts.o ??= []);
    if (!doors.includes(door) && doors.length < MAX_DOORS) doors.push(door);
  },
  learn(event, scope) {
    const outcome = outcomeOf(event);
    if (outcome === undefined) return;
    const counts = ensured(scope.agent, 'denials', newAgent);
    const learned = (ensured(scope.session, 'denials', newSession).l ??= newAgent());
    for (const key of ['d', 'e'] as const) {
      const bad = (key === 'd' ? outcome.denial : outcome.error) ? 1 : 0;
      const own = learned[key];
      learned[key] = [own[0] + bad, own[1] + 1];
      const entry = counts[key];
      entry[1] += 1;
      entry[0] += bad;
      if (entry[1] > MEMORY) counts[key] = [entry[0] / 2, entry[1] / 2];
    }
  },
};

/** Different doors that refused in this conversation, this one included. */
function doorsWith(event: TelemetryEvent, scope: Readonly<Scope>): number {
  const session = slice<SessionCounts>(scope.session, 'denials');
  const doors = session?.o ?? [];
  const door = doorOf(event, session);
  return doors.length + (door === undefined || doors.includes(door) ? 0 : 1);
}
