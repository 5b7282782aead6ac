/** What a tool gives back, or throws, when it may not run or its result may not be seen. */

export type RefusalKind =
  /** A policy stopped the call. */
  | 'blocked'
  /** A person has to give leave and has not (yet). */
  | 'approval-pending'
  /** No decision came in time, and the call may change something. */
  | 'unreachable'
  /** The call ran; its result may not be shown to the model. */
  | 'withheld';

/** As a tool's output: plain JSON that a model can read and act on. */
export interface Refusal {
  stepdown: RefusalKind;
  /** What the model is told. */
  message: string;
  reason: string;
  /** For looking the decision up; absent where none was given. */
  decisionId?: string;
  approvalId?: string;
}

export function isRefusal(value: unknown): value is Refusal {
  return value !== null && typeof value === 'object' && 'stepdown' in value && 'message' in value && 'reason' in value;
}

/** As an exception, from functions wrapped with `wrap`. */
export class GuardRefusal extends Error {
  readonly refusal: Refusal;
  constructor(refusal: Refusal) {
    super(refusal.message);
    this.name = 'GuardRefusal';
    this.refusal = refusal;
  }
}
