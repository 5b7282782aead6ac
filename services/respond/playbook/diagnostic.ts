/** What is wrong with a file that people wrote, where, and how to mend it. Codes are stable: they may be searched for. */
import type { Place } from '../../runtime/errors.js';

export const DIAGNOSTIC_CODES = {
  PB001: 'not readable YAML',
  PB002: 'not a document of this kind',
  PB003: 'an unknown key',
  PB004: 'a missing key',
  PB005: 'a value of the wrong type or range',
  PB006: 'a duration or time that cannot be read',
  PB007: 'an id or name used twice',
  PB010: 'a condition that cannot be parsed',
  PB011: 'a condition with an unknown field, or of the wrong type',
  PB012: 'a condition that is always the same',
  PB013: 'a comparison outside the range a value can have',
  PB014: 'a regular expression that is refused in conditions',
  PB015: 'a pattern or address range that cannot be read',
  PB020: 'a control that needs something the trigger or target cannot give',
  PB021: 'a contract without revert, or a revert without contract',
  PB022: 'a revert that can never come',
  PB023: 'a finding type that no detector makes',
  PB024: 'a playbook that does nothing',
  PB025: 'a playbook that another one does the work of already',
  PB026: 'a control that an enforcement point cannot undo',
  PB027: 'hours or a time that never come',
  PB028: 'a correlation that can never be met',
  PB030: 'an override for a playbook that is not there',
  PB031: 'an override that has expired',
  PB032: 'an override that changes nothing',
  PB033: 'a ladder that cannot do what it says',
  PB034: 'a parameter that nothing uses',
  PB035: 'a test that cannot fail, or plays nothing',
  PB036: 'a name that stands for nobody',
  PB040: 'a file or folder that cannot be read',
} as const;
export type DiagnosticCode = keyof typeof DIAGNOSTIC_CODES;

export interface Diagnostic {
  code: DiagnosticCode;
  severity: 'error' | 'warning';
  message: string;
  /** What to do about it. */
  mend?: string;
  place: Place;
}

/** `file:line:column error PB003: message (mend)`. */
export function describeDiagnostic({ code, severity, message, mend, place }: Diagnostic): string {
  const where = [place.file, place.line, place.column].filter((part) => part !== undefined).join(':');
  return `${where ? `${where} ` : ''}${severity} ${code}: ${message}${mend ? ` (${mend})` : ''}`;
}

export function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some(({ severity }) => severity === 'error');
}
