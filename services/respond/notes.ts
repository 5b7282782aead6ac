/** What was asked on the way to an answer, kept for people. A decision that nobody will read back keeps none. */
import type { Check } from '../../schemas/explanation.js';

export type Notes = Check[] | undefined;

export function note(
  notes: Notes,
  check: Check['check'],
  pass: boolean,
  text: string,
  values?: NonNullable<Check['values']>,
): void {
  notes?.push({ check, pass, text, ...(values === undefined ? {} : { values }) });
}
