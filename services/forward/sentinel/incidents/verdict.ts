/** Verdicts here and classifications there. Pure. */
import type { Incident } from '../../../../schemas/incident.js';

export type Verdict = NonNullable<Incident['verdict']>['value'];
export type Classification = 'TruePositive' | 'FalsePositive' | 'BenignPositive' | 'Undetermined';

interface Told {
  classification: Classification;
  reason: 'SuspiciousActivity' | 'IncorrectAlertLogic' | 'SuspiciousButExpected';
}

const TOLD: Readonly<Record<Verdict, Told>> = {
  true: { classification: 'TruePositive', reason: 'SuspiciousActivity' },
  false: { classification: 'FalsePositive', reason: 'IncorrectAlertLogic' },
  benign: { classification: 'BenignPositive', reason: 'SuspiciousButExpected' },
};

export function classificationOf(verdict: Verdict): Told {
  return TOLD[verdict];
}

/** What an analyst's classification says; `undefined`: nothing that a verdict could be made of. */
export function verdictOf(classification: string | undefined): Verdict | undefined {
  return (Object.keys(TOLD) as Verdict[]).find((verdict) => TOLD[verdict].classification === classification);
}
