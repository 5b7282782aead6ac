/** What the doctor says of one thing it looked at, and how to mend it. */
export interface Check {
  check: string;
  status: 'ok' | 'warning' | 'problem';
  /** What was found. */
  detail: string;
  /** What to do about it; with every warning and problem. */
  mend?: string;
}

export const ok = (check: string, detail: string): Check => ({ check, status: 'ok', detail });
export const warning = (check: string, detail: string, mend: string): Check => ({
  check,
  status: 'warning',
  detail,
  mend,
});
export const problem = (check: string, detail: string, mend: string): Check => ({
  check,
  status: 'problem',
  detail,
  mend,
});
