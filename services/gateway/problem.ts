/** Problem details (RFC 9457) with the project's error code and, where one field is at fault, its JSON pointer. */
import { type ErrorCode, StepdownError } from '../runtime/errors.js';

export interface Problem {
  status: number;
  code: ErrorCode | 'method-not-allowed' | 'unsupported-media-type' | 'internal';
  detail: string;
  pointer?: string;
  /** Seconds after which trying again makes sense. */
  retryAfterSeconds?: number;
}

const STATUS: Partial<Record<ErrorCode, number>> = {
  'input-malformed': 400,
  'input-refused': 422,
  'input-too-large': 413,
  unauthenticated: 401,
  forbidden: 403,
  'not-found': 404,
  conflict: 409,
  'store-conflict': 409,
  deadline: 504,
  'stream-full': 503,
  'stream-closed': 503,
  'driver-unavailable': 503,
  'not-running': 503,
  usage: 400,
};

const TITLES: Record<number, string> = {
  400: 'Malformed request',
  401: 'Not authenticated',
  403: 'Forbidden',
  404: 'Not found',
  405: 'Method not allowed',
  408: 'Request timeout',
  409: 'Conflict',
  413: 'Too large',
  415: 'Unsupported media type',
  422: 'Refused',
  500: 'Internal error',
  503: 'Not available now',
  504: 'No answer in time',
};

/** What a thrown error looks like outside. A bug's message stays inside. */
export function problemOf(error: unknown): Problem {
  if (!(error instanceof StepdownError))
    return { status: 500, code: 'internal', detail: 'The server made an error; its log says more.' };
  const status = STATUS[error.code];
  if (status === undefined)
    return { status: 500, code: error.code, detail: 'The server made an error; its log says more.' };
  return {
    status,
    code: error.code,
    detail: error.mend === undefined ? error.message : `${error.message} (${error.mend})`,
    ...(error.place?.pointer === undefined ? {} : { pointer: error.place.pointer }),
    ...(status === 503 ? { retryAfterSeconds: 1 } : {}),
  };
}

/** The body of a problem response. */
export function problemBody(problem: Problem): Record<string, unknown> {
  return {
    type: `urn:stepdown:problem:${problem.code}`,
    title: TITLES[problem.status] ?? 'Error',
    status: problem.status,
    detail: problem.detail,
    code: problem.code,
    ...(problem.pointer === undefined ? {} : { pointer: problem.pointer }),
  };
}
