/**
 * Sequence surprise: −log₂ P(tool | the two before), by an interpolated back-off trigram of the agent's own calls, backed
 * by its blueprint's (cf. AgentGuard 2509.23864).
 *
 * P_k(w) = (c(context, w) + μ·P_{k−1}(w)) / (c(context) + μ), down to a uniform share for tools never seen (MacKay and
 * Peto 1995, a hierarchical Dirichlet language model). Two looks at a session: its summed surprise against that of the
 * agent's learned calls (Gamma tail by moments, since surprise is positive and skewed, with a floor under the spread so
 * that a single-tool agent does not make every change certain), and its most surprising call: of W tools those with
 * P ≤ 2⁻ᵇ have W·2⁻ᵇ at most between them, and each call is another chance.
 *
 * A tool the agent never used is novelty's matter (one witness per detector): here it has the chance of the next new
 * thing, 1/(N + 2), and no less. What was told in so many conversations without suspicious content is learned: it is how
 * the agent works now.
 */
import { codeOf, codesIn, placeOf } from '../code-list.js';
import { confidenceOf, decades, upperGamma } from '../statistics.js';
import { isPoisoned } from '../taints.js';
import type { Detector, Scope, Statement } from '../types.js';
import { ensured, slice } from './slice.js';

const MU = 3;
/** Stands before a session's first call. */
const START = '^';
const MAX_TOOLS = 32;
const MAX_PAIRS = 48;
const MAX_TRIPLES = 32;
/** Before this many learned calls an order cannot be called unusual. */
const MIN_CALLS = 50;
/** A session is looked at once it has this many calls. */
const MIN_SESSION = 4;
/** Bits; below this spread two orders of the same work differ. */
const FLOOR_BITS = 0.5;
const PRIOR = 0.01;
/** Looks that a busy day has. */
const TESTS = 50;
/** So many flagged conversations without suspicious content, and the order is learned. */
const ADOPTED_AFTER = 3;

/** Codes of tools; counts of one, two and three in a row, each tool a letter (`be`); calls and moments of their surprise. */
export interface SequenceModel {
  w: string;
  u: number[];
  b: Record<string, number>;
  t: Record<string, number>;
  m: [n: number, sum: number, squares: number];
  /** Conversations flagged since the last adoption. */
  a?: number;
}

interface SequenceSession {
  /** The last two tools. */
  p: string[];
  /** Calls, summed surprise in bits, highest. */
  k: number;
  s: number;
  x: number;
  /** Surprise of the call just learned, so that it is computed once. */
  y?: number;
  /** Mean already stated, in bits; it is stated again when it has risen by half. */
  f?: number;
}

/** Each tool's letter in the counts. */
const LETTERS = Array.from({ length: MAX_TOOLS + 1 }, (_, index) => index.toString(MAX_TOOLS + 1));
const letter = (index: number): string => LETTERS[index] ?? index.toString(MAX_TOOLS + 1);
const indexOf = (model: Readonly<SequenceModel>, tool: string | undefined): number =>
  tool === undefined ? -1 : placeOf(model.w, codeOf(tool));

/** A model as it was kept before: names, and counts by `1,4`. */
type NamedModel = Omit<SequenceModel, 'w'> & { w: string[] };

/** The model of an agent or a blueprint. */
function modelOf(states: Readonly<Record<string, unknown>>): SequenceModel | undefined {
  const model = slice<SequenceModel | NamedModel>(states, 'sequence');
  if (model === undefined || typeof model.w === 'string') return model as SequenceModel | undefined;
  const byLetter = (table: Record<string, number>): Record<string, number> =>
    Object.fromEntries(
      Object.entries(table).map(([key, times]) => [
        key
          .split(',')
          .map((index) => letter(Number(index)))
          .join(''),
        times,
      ]),
    );
  return { ...model, w: model.w.map(codeOf).join(''), b: byLetter(model.b), t: byLetter(model.t) };
}

/** The same, to be changed; made where there is none yet. */
const ensuredModel = (states: Record<string, unknown>): SequenceModel =>
  (states['sequence'] = modelOf(states) ?? newSequenceModel());

const newSession = (): SequenceSession => ({ p: [START], k: 0, s: 0, x: 0 });

export function newSequenceModel(): SequenceModel {
  return { w: '', u: [], b: {}, t: {}, m: [0, 0, 0] };
}

/** P(tool | two before) under a model; `base` is what an unseen tool falls back to. */
export function probability(
  model: SequenceModel | undefined,
  before: readonly string[],
  tool: string,
  base?: number,
): number {
  const uniform = base ?? 1 / (codesIn(model?.w ?? '') + 2);
  if (model === undefined) return uniform;
  const [i, j, w] = [indexOf(model, before.at(-2)), indexOf(model, before.at(-1)), indexOf(model, tool)];
  let p = ((w < 0 ? 0 : (model.u[w] as number)) + MU * uniform) / (model.m[0] + MU);
  if (j >= 0) {
    p = ((w < 0 ? 0 : (model.b[letter(j) + letter(w)] ?? 0)) + MU * p) / ((model.u[j] as number) + MU);
    if (i >= 0)
      p =
        ((w < 0 ? 0 : (model.t[letter(i) + letter(j) + letter(w)] ?? 0)) + MU * p) /
        ((model.b[letter(i) + letter(j)] ?? 0) + MU);
  }
  return p;
}

function surprise(scope: Readonly<Scope>, before: readonly string[], tool: string): number {
  const peers = modelOf(scope.blueprint);
  const own = modelOf(scope.agent);
  // The peers' model is what the agent's own backs off to, once there is one.
  const base = peers === undefined || peers === own ? undefined : probability(peers, before, tool);
  return -Math.log2(Math.max(probability(own, before, tool, base), 1 / ((own?.m[0] ?? 0) + 2)));
}

export const sequence: Detector = {
  name: 'sequence',
  version: '1',
  finds: ['sequence.surprise'],
  kinds: ['tool.call'],
  needs: ['tool-calls'],
  baseline: true,
  judge(event, scope) {
    if (event.kind !== 'tool.call') return [];
    const model = modelOf(scope.agent);
    if (model === undefined || model.m[0] < MIN_CALLS) return [];
    const session = slice<SequenceSession>(scope.session, 'sequence') ?? newSession();
    const bits = surprise(scope, session.p, event.tool);
    const calls = session.k + 1;
    const mean = (session.s + bits) / calls;
    const highest = Math.max(session.x, bits);
    const [n, sum, squares] = model.m;
    const expected = sum / n;
    const spread = Math.max(Math.sqrt(Math.max(squares / n - expected * expected, 0)), FLOOR_BITS);
    // Shape and scale of the sum of so many surprises; the mean is itself an estimate from n.
    const variance = spread * spread * (1 + calls / n);
    const ofMean =
      calls >= MIN_SESSION && mean > expected
        ? upperGamma((calls * expected * expected) / variance, (calls * mean * expected) / variance)
        : 1;
    const ofHighest = bits === highest ? Math.min(1, 2 ** -bits * calls * codesIn(model.w)) : 1;
    const p = Math.min(1, 2 * Math.min(ofMean, ofHighest));
    const confidence = confidenceOf(p, TESTS, PRIOR, 0.7);
    if (confidence < 0.5 || (session.f !== undefined && mean < 1.5 * session.f)) return [];
    const statement: Statement = {
      type: 'sequence.surprise',
      title: 'Tools in an order this agent does not use',
      about: ['session', 'agent', 'user'],
      confidence,
      severity: 'low',
      evidence: {
        observed: Math.round(mean * 100) / 100,
        expected: Math.round(expected * 100) / 100,
        unit: 'bits per call, session mean',
        sampleSize: Math.round(n),
        baselineAgeMs: Math.max(0, event.timeMs - scope.learned.sinceMs),
        eventIds: [event.id],
        facts: {
          highestBits: Math.round(highest * 100) / 100,
          calls,
          before: session.p.join(' → '),
          tool: event.tool,
          minusLog10P: decades(p),
        },
      },
      atlas: ['AML.T0053'],
      owasp: ['ASI02', 'ASI10'],
      pillar: 'applications',
    };
    return [statement];
  },
  observe(event, scope, stated) {
    if (event.kind !== 'tool.call') return;
    const session = ensured<SequenceSession>(scope.session, 'sequence', newSession);
    const bits = Math.round((session.y ?? surprise(scope, session.p, event.tool)) * 1e3) / 1e3;
    delete session.y;
    const before = session.p;
    session.p = [...session.p.slice(-1), event.tool];
    session.k += 1;
    session.s += bits;
    session.x = Math.max(session.x, bits);
    if (stated.length === 0) return;
    const own = slice<SequenceModel>(scope.agent, 'sequence') === undefined ? undefined : ensuredModel(scope.agent);
    const tainted = isPoisoned(scope.facts);
    if (own !== undefined && session.f === undefined && !tainted) own.a = (own.a ?? 0) + 1;
    session.f = session.s / session.k;
    if (own !== undefined && (own.a ?? 0) >= ADOPTED_AFTER && !tainted) {
      // Its calls were kept from the baseline so far; this one stands for them.
      count(own, before, event.tool, Math.min(bits, own.m[1] / own.m[0]));
      if (own.a === 2 * ADOPTED_AFTER) own.a = 0;
    }
  },
  learn(event, scope) {
    if (event.kind === 'tool.call') {
      const session = ensured<SequenceSession>(scope.session, 'sequence', newSession);
      const bits = surprise(scope, session.p, event.tool);
      session.y = bits;
      const own = ensuredModel(scope.agent);
      count(own, session.p, event.tool, bits);
      if (!scope.grouped) return;
      const peers = ensuredModel(scope.blueprint);
      if (peers !== own) count(peers, session.p, event.tool, bits);
    }
  },
  shrink(states) {
    const model = ensuredModel(states);
    halve(model.t);
    halve(model.b);
  },
};

function count(model: SequenceModel, before: readonly string[], tool: string, bits: number): void {
  const index = (name: string): number => {
    const known = indexOf(model, name);
    if (known >= 0 || codesIn(model.w) >= MAX_TOOLS) return known;
    model.u.push(0);
    model.w += codeOf(name);
    return codesIn(model.w) - 1;
  };
  const last = before.at(-1);
  const j = last === START ? index(last) : indexOf(model, last);
  const i = indexOf(model, before.at(-2));
  // A context's total is its own count as a call; the start is never called, so it is counted here.
  if (last === START && j >= 0) model.u[j] = (model.u[j] as number) + 1;
  const w = index(tool);
  model.m[0] += 1;
  model.m[1] = Math.round((model.m[1] + bits) * 1e3) / 1e3;
  model.m[2] = Math.round((model.m[2] + bits * bits) * 1e3) / 1e3;
  if (w < 0) return;
  model.u[w] = (model.u[w] as number) + 1;
  if (j >= 0) bump(model.b, letter(j) + letter(w), MAX_PAIRS);
  if (i >= 0 && j >= 0) bump(model.t, letter(i) + letter(j) + letter(w), MAX_TRIPLES);
}

/** How many entries a table has, so that they need not be counted at each call. Only `bump` and `halve` change tables. */
const sizes = new WeakMap<Record<string, number>, number>();

function bump(table: Record<string, number>, key: string, bound: number): void {
  const before = table[key];
  const size = (sizes.get(table) ?? Object.keys(table).length) + (before === undefined ? 1 : 0);
  table[key] = (before ?? 0) + 1;
  sizes.set(table, size);
  if (size > bound) halve(table, key);
}

/** All counts of a full table: what is rare goes, what is common stays in proportion. */
function halve(table: Record<string, number>, kept?: string): void {
  for (const [known, times] of Object.entries(table)) {
    if (times <= 1 && known !== kept) delete table[known];
    else table[known] = Math.ceil(times / 2);
  }
  sizes.delete(table);
}
