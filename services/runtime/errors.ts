/** The closed list of error codes. Expected outcomes are unions; what is thrown is one of these, a bug, or a shutdown. */

export const ERROR_CODES = [
  'config-invalid',
  'policy-invalid',
  'model-unreadable',
  'playbook-invalid',
  'input-malformed',
  'input-too-large',
  'input-refused',
  'stream-full',
  'stream-closed',
  'store-conflict',
  'not-owner',
  'store-corrupt',
  'store-full',
  'schema-too-new',
  'driver-unavailable',
  'not-running',
  'already-running',
  'unauthenticated',
  'forbidden',
  'not-found',
  'conflict',
  'deadline',
  'usage',
] as const;
export type ErrorCode = (typeof ERROR_CODES)[number];

/** Where the fault is and how to mend it; shown to people as `file:line:column code: message (mend)`. */
export interface Place {
  file?: string;
  line?: number;
  column?: number;
  pointer?: string;
}

export class StepdownError extends Error {
  readonly code: ErrorCode;
  readonly place: Place | undefined;
  readonly mend: string | undefined;
  constructor(code: ErrorCode, message: string, options: { place?: Place; mend?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'StepdownError';
    this.code = code;
    this.place = options.place;
    this.mend = options.mend;
  }

  /** One line for a person. */
  describe(): string {
    const { file, line, column, pointer } = this.place ?? {};
    const where = [file, line, column].filter((part) => part !== undefined).join(':') || pointer;
    return `${where ? `${where} ` : ''}${this.code}: ${this.message}${this.mend ? ` (${this.mend})` : ''}`;
  }
}
