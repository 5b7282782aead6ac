/** What the composition root starts and stops. */
export interface Service {
  readonly name: string;
  start(): Promise<void>;
  /** Drains what is running, commits, and never reverts a contraction. */
  stop(): Promise<void>;
  /** `undefined`: ready; else what is missing. */
  unready(): string | undefined;
  /** What else people who look at its health want to know: plain JSON. */
  facts?(): Record<string, unknown>;
}
