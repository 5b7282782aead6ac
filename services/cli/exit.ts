/** Exit codes of the command line; documented in docs/cli.md, relied on by scripts. */
import { type ErrorCode, StepdownError } from '../runtime/errors.js';

export const EXIT = {
  ok: 0,
  /** The command worked and found something wrong (a playbook with errors, an unhealthy engine, a refused action). */
  problems: 1,
  /** The command, its options, the configuration or an input file is wrong. */
  usage: 2,
  notRunning: 3,
  /** The token is missing, wrong, or may not do this. */
  forbidden: 4,
  notFound: 5,
  /** A bug, a full disk, a broken store: anything not the caller's. */
  failure: 70,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

const BY_CODE: Partial<Record<ErrorCode, ExitCode>> = {
  usage: EXIT.usage,
  'config-invalid': EXIT.usage,
  'policy-invalid': EXIT.usage,
  'playbook-invalid': EXIT.usage,
  'input-malformed': EXIT.usage,
  'input-too-large': EXIT.usage,
  'input-refused': EXIT.problems,
  conflict: EXIT.problems,
  'already-running': EXIT.problems,
  deadline: EXIT.problems,
  'not-running': EXIT.notRunning,
  unauthenticated: EXIT.forbidden,
  forbidden: EXIT.forbidden,
  'not-found': EXIT.notFound,
};

export function exitCodeOf(error: unknown): ExitCode {
  return error instanceof StepdownError ? (BY_CODE[error.code] ?? EXIT.failure) : EXIT.failure;
}
