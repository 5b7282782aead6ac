/** An error as a person reads it: one line with place and mend; a stack only when asked for. */
import { StepdownError } from '../runtime/errors.js';
import { printable } from '../runtime/printable.js';

export function describeError(error: unknown, verbose: boolean): string {
  if (verbose) return withCauses(error);
  if (error instanceof StepdownError) return error.describe().split('\n').map(printable).join('\n');
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  const system = typeof code === 'string' && /^E[A-Z]+$/.test(code);
  return `${system ? '' : 'unexpected: '}${printable(typeof message === 'string' ? message : String(error))}${system ? '' : ' (run again with --verbose for the stack)'}`;
}

function withCauses(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const head = error instanceof StepdownError ? `${error.describe()}\n` : '';
  const cause = error.cause === undefined ? '' : `\ncaused by: ${withCauses(error.cause)}`;
  return `${head}${error.stack ?? error.message}${cause}`;
}
