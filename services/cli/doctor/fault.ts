/** An error that a check ended in, as its finding. */
import { StepdownError } from '../../runtime/errors.js';
import { type Check, problem } from './finding.js';

const ANY_MEND = 'mend what the message says, then look again';

export function faultCheck(check: string, error: unknown): Check {
  if (!(error instanceof StepdownError)) return problem(check, String(error), ANY_MEND);
  const { message, mend, code } = error;
  return problem(check, `${code}: ${message}`, mend ?? ANY_MEND);
}
