/** One reader of one topic: a batch at a time, the next after the handler is done. */
import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import type { Topic } from '../../../schemas/topics.js';
import type { StreamRecord, SubscribeOptions, Subscription } from './types.js';

const DEFAULT_BATCH = 500;

export class EmbeddedSubscription<K extends Topic> implements Subscription {
  readonly topic: K;
  readonly group: string;
  readonly from: 'earliest' | 'latest';
  readonly early: boolean;
  /** Resolves when nothing more is delivered. */
  readonly ended: Promise<void>;
  #stopped = false;
  #wake: (() => void) | undefined;

  constructor(options: SubscribeOptions<K>, begin: number, read: (from: number, limit: number) => StreamRecord<K>[]) {
    this.topic = options.topic;
    this.group = options.group;
    this.from = options.from;
    this.early = options.early ?? false;
    this.ended = this.#run(options, begin, read);
  }

  /** There is something new to read. */
  wake(): void {
    this.#wake?.();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#wake?.();
    await this.ended;
  }

  async #run(
    options: SubscribeOptions<K>,
    begin: number,
    read: (from: number, limit: number) => StreamRecord<K>[],
  ): Promise<void> {
    let next = begin;
    // Nothing is delivered before `subscribe` has returned.
    await turnOfTheLoop();
    try {
      await options.assigned?.([0]);
      while (!this.#stopped) {
        const records = read(next, options.maxBatch ?? DEFAULT_BATCH);
        const last = records.at(-1);
        if (last === undefined) {
          // Reading and waiting is one turn: nothing can be committed in between and be missed.
          await new Promise<void>((resolve) => (this.#wake = resolve));
          this.#wake = undefined;
          continue;
        }
        await options.handler(records);
        next = last.offset + 1;
        // A handler that never waits for I/O must not keep everyone else from it.
        await turnOfTheLoop();
      }
    } catch (error) {
      if (!this.#stopped) options.onError?.(error);
      this.#stopped = true;
    }
  }
}
