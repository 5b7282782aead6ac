/**
 * Waiting until what was sent has been acted on (docs/adr/0003): each wait has a name of its own, and the barrier that
 * carries the name back through the contractions topic ends it. A wait also ends when its budget is spent.
 */
export interface Reached {
  /** False: the budget was spent first. */
  reached: boolean;
  /** What became of a command. */
  outcome?: { ok: boolean; message: string };
}

export interface Wait {
  replyTo: string;
  /** Counts from the call. */
  within(budgetMs: number): Promise<Reached>;
  /** Ends it without an answer. */
  forget(): void;
}

export class Barriers {
  readonly #point: string;
  readonly #onEnd: (reached: boolean, seconds: number) => void;
  readonly #waiting = new Map<string, (reached: Reached) => void>();
  #next = 0;

  /**
   * @param point tells this decision point's waits from those of others that read the same topic, and of earlier runs
   * @param onEnd told how long each wait took that was waited for
   */
  constructor(point: string, onEnd: (reached: boolean, seconds: number) => void = () => undefined) {
    this.#point = point;
    this.#onEnd = onEnd;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  expect(): Wait {
    this.#next += 1;
    const replyTo = `${this.#point}#${this.#next}`;
    const begunAt = performance.now();
    let settle: (reached: Reached) => void = () => undefined;
    const answer = new Promise<Reached>((resolve) => {
      settle = resolve;
    });
    const end = (reached: Reached) => {
      this.#waiting.delete(replyTo);
      settle(reached);
    };
    this.#waiting.set(replyTo, end);
    return {
      replyTo,
      within: async (budgetMs) => {
        const timer = setTimeout(() => end({ reached: false }), budgetMs);
        const reached = await answer;
        clearTimeout(timer);
        this.#onEnd(reached.reached, (performance.now() - begunAt) / 1_000);
        return reached;
      },
      forget: () => end({ reached: false }),
    };
  }

  reach(replyTo: string, outcome?: { ok: boolean; message: string }): void {
    this.#waiting.get(replyTo)?.({ reached: true, ...(outcome === undefined ? {} : { outcome }) });
  }

  /** Ends all waits (at shutdown). */
  close(): void {
    for (const end of [...this.#waiting.values()]) end({ reached: false });
  }
}
