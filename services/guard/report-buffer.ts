/** Reports that could not be delivered, kept for when the engine is back. Bounded: the oldest go first, and are counted. */
export class ReportBuffer<T> {
  readonly #size: number;
  #kept: T[] = [];
  #dropped = 0;

  constructor(size: number) {
    this.#size = size;
  }

  get length(): number {
    return this.#kept.length;
  }

  /** Lost since the start. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Gives how many had to go. */
  keep(reports: readonly T[]): number {
    this.#kept.push(...reports);
    const over = Math.max(0, this.#kept.length - this.#size);
    if (over > 0) this.#kept.splice(0, over);
    this.#dropped += over;
    return over;
  }

  /** Takes the oldest out. */
  take(limit: number): T[] {
    return this.#kept.splice(0, limit);
  }

  /** Puts back what was taken and not delivered. */
  putBack(reports: readonly T[]): void {
    this.#kept.unshift(...reports);
    const over = Math.max(0, this.#kept.length - this.#size);
    if (over > 0) this.#kept.splice(0, over);
    this.#dropped += over;
  }
}
