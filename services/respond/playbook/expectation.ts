/** What a test expects against what came: one fault for each thing that differs. */
import type { Contraction } from '../../../schemas/contraction.js';
import type { Verdict } from '../../../schemas/decision.js';
import type { Incident } from '../../../schemas/incident.js';
import type { Expectation } from '../../../schemas/playbook-test.js';

export interface Outcome {
  /** Of the step's own call. */
  answer?: Verdict | undefined;
  /** Why it was answered so. */
  because?: string;
  /** The playbook's, all that were made. */
  contractions: readonly Contraction[];
  incidents: readonly Incident[];
  /** Why nothing happened, as far as it was said. */
  reasons: () => readonly string[];
  /** Why nothing came of what came last; `undefined`: something did, or nobody asked. */
  whyIdle: () => string | undefined;
  /** What a call of this tool would be answered now. */
  verdictOf: (tool: string) => Verdict | undefined;
}

export interface ExpectationFault {
  expected: string;
  got: string;
}

const sorted = (texts: readonly string[]): string => [...texts].sort().join(', ');

function latest(contractions: readonly Contraction[]): Contraction | undefined {
  return contractions
    .filter(({ endedAtMs }) => endedAtMs !== undefined)
    .reduce<Contraction | undefined>(
      (last, each) => ((each.endedAtMs ?? 0) >= (last?.endedAtMs ?? 0) ? each : last),
      undefined,
    );
}

/** Less was done than was wanted, or a call let through. */
const isLess = (actual: string | number | undefined, wanted: string | number): boolean =>
  actual === undefined || actual === 'allow' || (typeof actual === 'number' && actual < Number(wanted));

export function expectationFaults(expect: Expectation, outcome: Outcome): ExpectationFault[] {
  const { contractions, incidents } = outcome;
  const active = contractions.filter(({ state }) => state === 'active');
  const got: Record<
    Exclude<keyof Expectation, 'blocked' | 'held' | 'allowed' | 'why' | 'controls' | 'targets'>,
    string | number | undefined
  > = {
    answer: outcome.answer,
    active: active.length,
    waiting: contractions.filter(({ state }) => state === 'awaiting_approval').length,
    contractions: contractions.length,
    ended: contractions.filter(({ state }) => state === 'ended').length,
    endReason: latest(contractions)?.endReason,
    paged: contractions.filter(({ paged }) => paged === true).length,
    incidents: incidents.length,
    severity: incidents.at(-1)?.severity,
  };
  const { blocked = [], held = [], allowed = [], why, controls, targets, ...plain } = expect;
  const faults: ExpectationFault[] = [];
  const differ = (name: string, expected: string | number, actual: string | number | undefined) => {
    if (actual !== expected) faults.push({ expected: `${name}: ${expected}`, got: `${name}: ${actual ?? 'nothing'}` });
  };
  let idle: string | undefined;
  for (const [name, wanted] of Object.entries(plain)) {
    const actual = got[name as keyof typeof got];
    if (actual === wanted) continue;
    // Why a call was stopped says which control to look at.
    const because =
      name === 'answer' && actual !== 'allow'
        ? outcome.because
        : isLess(actual, wanted)
          ? (idle ??= outcome.whyIdle() ?? '')
          : undefined;
    const why = because === undefined || because === '' ? '' : ` (${because})`;
    faults.push({ expected: `${name}: ${wanted}`, got: `${name}: ${actual ?? 'nothing'}${why}` });
  }
  for (const [tools, verdict] of [
    [blocked, 'block'],
    [held, 'needs_approval'],
    [allowed, 'allow'],
  ] as const)
    for (const tool of tools) differ(tool, verdict, outcome.verdictOf(tool));
  if (controls)
    differ(
      'controls',
      sorted(controls),
      sorted([...new Set(active.flatMap((each) => each.controls.map(({ control }) => control)))]),
    );
  if (targets)
    differ('targets', sorted(targets), sorted([...new Set(active.map(({ target }) => `${target.type}:${target.id}`))]));
  const reasons = why === undefined ? [] : outcome.reasons();
  if (why !== undefined && !reasons.some((reason) => reason.includes(why)))
    faults.push({
      expected: `why: …${why}…`,
      got: `why: ${reasons.at(-1) ?? outcome.whyIdle() ?? 'nothing was said'}`,
    });
  return faults;
}
