/** What an error of an Azure client says, in one line and without anything secret. Pure. */
import { retryAfterMs } from '../retry-after.js';

export interface AzureFault {
  /** Absent where no answer came. */
  status?: number;
  /** The service's own word for it. */
  code?: string;
  reason: string;
  retryAfter: string | null;
}

interface RestErrorLike {
  name: string;
  message: string;
  code?: string;
  statusCode?: number;
  response?: { status: number; headers: { get(name: string): string | undefined }; bodyAsText?: string | null };
}

/** Reads a RestError, what wraps several of them (their own message says nothing), or what fetching a token threw. */
export function faultOf(error: unknown): AzureFault {
  const inner = innermost(error);
  if (!(inner instanceof Error)) return { reason: String(inner).slice(0, 300), retryAfter: null };
  const rest = inner as RestErrorLike;
  const status = rest.statusCode ?? rest.response?.status;
  const retryAfter = rest.response?.headers.get('retry-after') ?? null;
  if (status === undefined) {
    const tokenless = /Authentication|Credential/.test(inner.name);
    return {
      reason: `${tokenless ? 'no token: ' : ''}${firstLine(rest.code === undefined || inner.message.includes(rest.code) ? inner.message : `${rest.code}: ${inner.message}`)}`,
      retryAfter,
      ...(rest.code === undefined ? {} : { code: rest.code }),
    };
  }
  // The identity client wraps the authority's answer: it is about the token, not about the request.
  if (inner.name.startsWith('Authentication')) return { reason: `no token: ${firstLine(inner.message)}`, retryAfter };
  const { code, message } = told(rest);
  return {
    status,
    ...(code === undefined ? {} : { code }),
    reason: `answered ${status}${code === undefined ? '' : ` ${code}`}${message === undefined ? '' : `: ${firstLine(message)}`}${HINTS[status] ?? ''}`,
    retryAfter,
  };
}

/** When to come back, milliseconds from now, where the service said so. */
export function retryAfterOf({ retryAfter }: AzureFault, nowMs: number): number | undefined {
  return retryAfterMs(retryAfter, nowMs);
}

const HINTS: Readonly<Record<number, string>> = {
  403: ' (the identity needs the role Monitoring Metrics Publisher on the data collection rule; new roles take up to 30 minutes)',
  404: ' (is the rule’s immutable id right, and does the endpoint belong to it?)',
};

function innermost(error: unknown): unknown {
  let current = error;
  for (let depth = 0; depth < 5; depth += 1) {
    if (current === null || typeof current !== 'object') return current;
    const { errors, cause } = current as { errors?: unknown; cause?: unknown };
    if (Array.isArray(errors) && errors.length > 0) current = errors[0] as unknown;
    else if (!(current instanceof Error) && cause !== undefined) current = cause;
    else return current;
  }
  return current;
}

/** Azure answers `{error: {code, message}}`. */
function told({ response, code, message }: RestErrorLike): { code?: string; message?: string } {
  try {
    const body = JSON.parse(response?.bodyAsText ?? '') as { error?: { code?: string; message?: string } };
    if (body.error !== undefined)
      return {
        ...(body.error.code === undefined ? {} : { code: body.error.code }),
        ...(body.error.message === undefined ? {} : { message: body.error.message }),
      };
  } catch {
    // Said below.
  }
  return { ...(code === undefined ? {} : { code }), ...(/^\s*\{/.test(message) ? {} : { message }) };
}

function firstLine(text: string): string {
  return (text.split('\n', 1)[0] ?? '').slice(0, 300);
}
