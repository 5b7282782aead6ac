/**
 * Positions committed to their group behind the work: the next batch does not wait for it. What is worked off stands in the
 * redo log already, so a position that a crash takes along is found there. Of one partition one commit is under way, and of
 * those that come meanwhile only the last is made.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { StepdownError } from '../errors.js';
import type { GroupPosition } from '../stream/types.js';

const AGAIN_MS = 250;

export class PositionsBehind {
  readonly #commit: (position: GroupPosition) => Promise<void>;
  readonly #next = new Map<string, GroupPosition>();
  readonly #running = new Map<string, Promise<void>>();

  constructor(commit: (position: GroupPosition) => Promise<void>) {
    this.#commit = commit;
  }

  /** Returns at once; what fails is tried again until a later position takes its place or the partition is another's. */
  move(position: GroupPosition): void {
    const key = JSON.stringify([position.group, position.topic, position.partition]);
    this.#next.set(key, position);
    if (this.#running.has(key)) return;
    this.#running.set(key, this.#run(key));
  }

  /** Resolves when nothing waits any more. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running.values());
  }

  async #run(key: string): Promise<void> {
    for (let position = this.#take(key); position !== undefined; position = this.#take(key)) {
      try {
        await this.#commit(position);
      } catch (error) {
        // Another's by now: the log tells it how far this one came. Closed: whoever opens it next is told the same.
        if (error instanceof StepdownError && (error.code === 'not-owner' || error.code === 'stream-closed')) continue;
        if (!this.#next.has(key)) this.#next.set(key, position);
        await delay(AGAIN_MS);
      }
    }
    this.#running.delete(key);
  }

  #take(key: string): GroupPosition | undefined {
    const position = this.#next.get(key);
    this.#next.delete(key);
    return position;
  }
}
