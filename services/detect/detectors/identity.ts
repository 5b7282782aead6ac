/**
 * Identity: who acts in this agent's name, from where, and with which rights.
 *
 * - `identity.token`: a sign-in refused for what the token is (expired, wrong audience or issuer, bad signature), stated by
 *   rule: nobody's baseline makes that ordinary.
 * - `identity.host`: the agent's id from a host or service it never came from (novelty as in novelty.ts: the next place is
 *   new with k/(N + 1), the first of all not counted); graver where another place spoke for it minutes ago, since one agent is not in two.
 * - `identity.unproven`: its id without proof, though its events usually come with it.
 * - `identity.privilege`: a resource it never signed in to, or a grave effect (pay, delete, share, execute, authenticate) it
 *   never had, by an agent that rarely does new things.
 */
import { TRUSTS, type EffectClass, type Trust } from '../../../schemas/common.js';
import type { EventKind, TelemetryEvent } from '../../../schemas/event.js';
import { itemHash } from '../item-hash.js';
import { confidenceOf } from '../statistics.js';
import type { Detector, Scope, Statement } from '../types.js';
import { ensured, slice } from './slice.js';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
/** Two places within this time are two at once. */
const AT_ONCE_MS = 10 * MINUTE_MS;
/** An agent that was in one place for so many hours is not in another at the same time, but while it moves. */
const AT_HOME_HOURS = 40;
const AT_ONCE = 0.6;
const MAX_PLACES = 12;
const MAX_PRIVILEGES = 32;
const PRIOR = 0.05;
const STATED = 0.3;
/** Events in a row with proof before one without is worth a word. */
const MIN_PROVEN = 50;

/** Observations, first sightings, hashes, newest last. */
type Seen = [n: number, novel: number, items: string[]];
interface IdentityState {
  /** Places, one observation an hour; the hour of the last one; the last place and when. */
  p: Seen;
  h: number;
  l?: [place: string, timeMs: number];
  /** Privileges, one observation a use. */
  r: Seen;
  /** Conversations in which no privilege was used. */
  q?: number;
  /** Events with proof and without. */
  t: [proven: number, claimed: number];
}
interface SessionState {
  s: string[];
  /** Its calls count as one conversation. */
  q?: true;
}
const MAX_PLAIN = 2000;
/** Fewer conversations without any right say nothing of what it may need. */
const MIN_PLAIN = 50;

const newState = (): IdentityState => ({ p: [0, 0, []], h: -1, r: [0, 0, []], t: [0, 0] });

const KINDS: readonly EventKind[] = ['session.start', 'prompt', 'model.call', 'tool.call', 'auth', 'runtime'];
const GRAVE: ReadonlySet<EffectClass> = new Set(['pay', 'delete', 'share', 'execute', 'authenticate']);
/** What is wrong with the token itself, as issuers and libraries word it. */
const FAULTY_TOKEN =
  /\b(?:expired|not yet valid|invalid_token|(?:invalid|wrong|bad|unknown|mismatch\w*) (?:audience|issuer|signature|tenant|key)|(?:audience|issuer|signature|nonce)(?: \w+)? (?:invalid|mismatch|failed|not)|jwt|unverified|revoked|replay(?:ed)?)\b/iu;

const isProven = (trust: Trust): boolean => TRUSTS.indexOf(trust) >= TRUSTS.indexOf('authenticated');

/** Where the event comes from: the host, else the service. */
const placeOf = (event: TelemetryEvent): string | undefined =>
  ((event.kind === 'auth' || event.kind === 'runtime') && event.host !== undefined ? event.host : undefined) ??
  event.service;

function privilegesOf(event: TelemetryEvent, scope: Readonly<Scope>): string[] {
  if (event.kind === 'auth')
    return event.outcome === 'success' && event.resource !== undefined ? [`resource ${event.resource}`] : [];
  if (event.kind !== 'tool.call') return [];
  return scope.tools
    .effectsOf(event.tool, { description: event.description, arguments: event.arguments })
    .filter((effect) => GRAVE.has(effect))
    .map((effect) => `effect ${effect}`);
}

const newness = ([n, novel, items]: Readonly<Seen>, hash: string): number =>
  items.includes(hash) || n === 0 ? 1 : novel / (n + 1);

/** As {@link newness}; an agent that did without any right in conversation after conversation has none for its habit. */
function newnessOfRight({ r, q = 0 }: Readonly<IdentityState>, hash: string): number {
  if (r[0] > 0 || q < MIN_PLAIN) return newness(r, hash);
  return 1 / (q + 1);
}

function note(seen: Seen, hash: string, bound: number): void {
  seen[0] += 1;
  if (seen[2].includes(hash)) return;
  seen[1] += 1;
  seen[2].push(hash);
  if (seen[2].length > bound) seen[2].shift();
}

export const identity: Detector = {
  name: 'identity',
  version: '1',
  finds: ['identity.token', 'identity.host', 'identity.unproven', 'identity.privilege'],
  kinds: KINDS,
  needs: ['identity'],
  baseline: true,
  judge(event, scope) {
    const statements: Statement[] = [];
    const state = slice<IdentityState>(scope.agent, 'identity');
    const stated = slice<SessionState>(scope.session, 'identity')?.s ?? [];
    const base = { baselineAgeMs: Math.max(0, event.timeMs - scope.learned.sinceMs), eventIds: [event.id] };
    if (event.kind === 'auth' && event.outcome !== 'success' && FAULTY_TOKEN.test(event.reason ?? ''))
      statements.push({
        type: 'identity.token',
        title: 'Signs in with a token that is not good',
        about: ['agent', 'session', 'user'],
        confidence: 0.5,
        severity: 'medium',
        evidence: {
          observed: (event.reason ?? '').slice(0, 200),
          expected: 'a token that is valid, unexpired and made out to this resource',
          ...base,
          facts: event.resource === undefined ? {} : { resource: event.resource },
        },
        firm: true,
        atlas: ['AML.T0012'],
        owasp: ['ASI03'],
        pillar: 'identity',
      });
    if (state === undefined) return statements;
    const place = placeOf(event);
    if (place !== undefined && !stated.includes(itemHash(place))) {
      const p = newness(state.p, itemHash(place));
      const atOnce =
        p < 1 && state.l !== undefined && state.l[0] !== itemHash(place) && event.timeMs - state.l[1] < AT_ONCE_MS;
      const settled = atOnce && state.p[0] >= AT_HOME_HOURS && state.p[0] >= AT_HOME_HOURS * (state.p[1] - 1);
      const confidence = Math.max(settled ? AT_ONCE : 0, confidenceOf(p, 1, PRIOR, 0.7));
      if (p < 1 && confidence >= STATED)
        statements.push({
          type: 'identity.host',
          title: atOnce ? 'One agent in two places at once, one of them new' : 'Comes from a place it never came from',
          about: ['agent', 'session', 'user'],
          confidence,
          severity: atOnce ? 'medium' : 'low',
          evidence: {
            observed: place.slice(0, 200),
            expected: `one of ${state.p[2].length} known places`,
            sampleSize: state.p[0],
            ...base,
            facts: { probabilityOfNew: Math.round(p * 1e5) / 1e5, atOnce },
          },
          atlas: ['AML.T0012'],
          owasp: ['ASI03'],
          pillar: atOnce ? 'identity' : 'devices',
        });
    }
    const [proven, claimed] = state.t;
    if (!isProven(event.trust) && proven >= MIN_PROVEN && !stated.includes('unproven')) {
      const p = (claimed + 1) / (proven + claimed + 2);
      const confidence = confidenceOf(p, 1, PRIOR, 0.7);
      if (confidence >= STATED)
        statements.push({
          type: 'identity.unproven',
          title: 'Speaks in the name of this agent without the proof it usually gives',
          about: ['agent', 'session'],
          confidence,
          severity: 'medium',
          evidence: {
            observed: event.trust,
            expected: 'authenticated or attested',
            sampleSize: proven + claimed,
            ...base,
            facts: { probabilityOfNew: Math.round(p * 1e5) / 1e5 },
          },
          atlas: ['AML.T0012'],
          owasp: ['ASI03'],
          pillar: 'identity',
        });
    }
    for (const privilege of privilegesOf(event, scope)) {
      const hash = itemHash(privilege);
      if (stated.includes(hash)) continue;
      const p = newnessOfRight(state, hash);
      // Its peers use it: then it is new to this one alone, which is how agents of a kind begin.
      const known = slice<IdentityState>(scope.blueprint, 'identity')?.r[2].includes(hash) === true;
      const confidence = p === 1 ? 0 : confidenceOf(known ? Math.min(1, p * 10) : p, 1, PRIOR, 0.7);
      if (confidence < STATED || statements.some(({ type }) => type === 'identity.privilege')) continue;
      statements.push({
        type: 'identity.privilege',
        title: `First use of a right it never used: ${privilege.slice(0, 120)}`,
        about: ['agent', 'session', 'tool', 'user'],
        confidence,
        severity: 'low',
        evidence: {
          observed: privilege.slice(0, 200),
          expected: `one of ${state.r[2].length} known rights`,
          sampleSize: state.r[0],
          ...base,
          facts: { probabilityOfNew: Math.round(p * 1e5) / 1e5, knownToPeers: known },
        },
        atlas: ['AML.T0012'],
        owasp: ['ASI03'],
        pillar: 'identity',
      });
    }
    return statements;
  },
  observe(event, scope, statements) {
    for (const { type } of statements) {
      const place = placeOf(event);
      const session = ensured<SessionState>(scope.session, 'identity', () => ({ s: [] }));
      if (type === 'identity.host' && place !== undefined) session.s.push(itemHash(place));
      else if (type === 'identity.unproven') session.s.push('unproven');
      else if (type === 'identity.privilege') session.s.push(...privilegesOf(event, scope).map(itemHash));
      if (session.s.length > MAX_PRIVILEGES) session.s.splice(0, session.s.length - MAX_PRIVILEGES);
    }
  },
  learn(event, scope) {
    const stated = slice<SessionState>(scope.session, 'identity')?.s ?? [];
    const place = placeOf(event);
    const session =
      event.kind === 'tool.call' ? ensured<SessionState>(scope.session, 'identity', () => ({ s: [] })) : undefined;
    const firstCall = session !== undefined && session.q === undefined;
    if (firstCall) session.q = true;
    for (const states of scope.grouped ? [scope.agent, scope.blueprint] : [scope.agent]) {
      const state = ensured(states, 'identity', newState);
      if (place !== undefined && !stated.includes(itemHash(place))) {
        const hash = itemHash(place);
        const hour = Math.floor(event.timeMs / HOUR_MS);
        if (hour !== state.h || !state.p[2].includes(hash)) note(state.p, hash, MAX_PLACES);
        state.h = hour;
        state.l = [hash, event.timeMs];
      }
      const privileges = privilegesOf(event, scope);
      for (const privilege of privileges) {
        const hash = itemHash(privilege);
        if (!stated.includes(hash)) note(state.r, hash, MAX_PRIVILEGES);
      }
      if (event.kind === 'tool.call' && firstCall) state.q = Math.min(MAX_PLAIN, (state.q ?? 0) + 1);
      if (isProven(event.trust)) state.t[0] += 1;
      else if (!stated.includes('unproven')) state.t[1] += 1;
    }
  },
};
