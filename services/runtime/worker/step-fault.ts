/** The machine threw while it worked on `what`: a record (`topic/partition@offset`) or a timer (`timer/id@due`). */
export class StepFault extends Error {
  readonly what: string;
  constructor(what: string, cause: unknown) {
    super(`${what}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.what = what;
  }
}
