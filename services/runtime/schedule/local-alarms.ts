/** Wakes owners in this process when their timers fall due, for a schedule that no other process sets timers in. */
import type { Clock } from '../clock.js';
import type { Watch } from './types.js';

/** An owner that has not taken its timers off is told again after this. */
const AGAIN_MS = 1_000;
/** Longer timeouts overflow in Node and fire at once. */
const LONGEST_WAIT_MS = 2 ** 31 - 1;

interface Watching {
  owner: string;
  onDue: () => void;
  timeout: NodeJS.Timeout | undefined;
  /** Not told again before. */
  quietUntilMs: number;
}

export class LocalAlarms {
  readonly #nextDueMs: (owner: string) => number | undefined;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #watching = new Set<Watching>();
  readonly #changed = new Set<string>();

  constructor(nextDueMs: (owner: string) => number | undefined, clock: Pick<Clock, 'now'>) {
    this.#nextDueMs = nextDueMs;
    this.#clock = clock;
  }

  watch(owner: string, onDue: () => void): Watch {
    const watching: Watching = { owner, onDue, timeout: undefined, quietUntilMs: -Infinity };
    this.#watching.add(watching);
    this.#arm(watching);
    return {
      stop: async () => {
        clearTimeout(watching.timeout);
        this.#watching.delete(watching);
      },
    };
  }

  /** Timers of the owner were set or taken off; may be called inside a transaction. */
  changed(owner: string): void {
    if (this.#watching.size === 0 || this.#changed.has(owner)) return;
    this.#changed.add(owner);
    setImmediate(() => {
      this.#changed.delete(owner);
      for (const watching of this.#watching) {
        if (watching.owner !== owner) continue;
        watching.quietUntilMs = -Infinity;
        this.#arm(watching);
      }
    });
  }

  close(): void {
    for (const { timeout } of this.#watching) clearTimeout(timeout);
    this.#watching.clear();
  }

  #arm(watching: Watching): void {
    clearTimeout(watching.timeout);
    if (!this.#watching.has(watching)) return;
    const dueMs = this.#look(watching.owner);
    if (dueMs === undefined) return;
    const waitMs = Math.ceil(Math.max(dueMs, watching.quietUntilMs) - this.#clock.now());
    watching.timeout = setTimeout(() => this.#ring(watching), Math.min(LONGEST_WAIT_MS, Math.max(0, waitMs)));
    watching.timeout.unref();
  }

  #ring(watching: Watching): void {
    const dueMs = this.#look(watching.owner);
    const nowMs = this.#clock.now();
    if (dueMs !== undefined && dueMs <= nowMs) {
      watching.quietUntilMs = nowMs + AGAIN_MS;
      watching.onDue();
    }
    this.#arm(watching);
  }

  #look(owner: string): number | undefined {
    try {
      return this.#nextDueMs(owner);
    } catch {
      // Whoever works with the schedule meets the same fault, and says so.
      return undefined;
    }
  }
}
