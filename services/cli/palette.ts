/** Which colour means what, once for all commands. */
import type { Severity } from '../../schemas/common.js';
import type { Verdict } from '../../schemas/decision.js';
import type { Paint, Style } from './terminal.js';

const SEVERITY: Record<Severity, Style> = { informational: 'dim', low: 'blue', medium: 'yellow', high: 'red' };
const VERDICT: Record<Verdict, Style> = { allow: 'green', needs_approval: 'yellow', block: 'red' };

export function paintSeverity(severity: Severity, text: string, paint: Paint): string {
  return paint(SEVERITY[severity], text);
}

export function paintVerdict(verdict: Verdict, text: string, paint: Paint): string {
  return paint(VERDICT[verdict], text);
}

/** Risk, 0 to 100. */
export function paintScore(score: number, text: string, paint: Paint): string {
  return paint(score >= 70 ? 'red' : score >= 40 ? 'yellow' : 'green', text);
}
