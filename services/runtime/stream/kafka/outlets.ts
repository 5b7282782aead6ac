/**
 * Where records leave this process: what comes in masses has a connection of its own, so that a finding, or what was decided
 * on it, never waits behind a bulk of telemetry. Order is per topic, and a topic goes one way.
 */
import type { Topic } from '../../../../schemas/topics.js';
import { RecordTooLarge } from '../too-large.js';
import { Appender, type AppenderOptions, type Place } from './appender.js';
import { fitted } from './fitted.js';
import type { Prepared } from './record.js';

const BULK: ReadonlySet<Topic> = new Set(['telemetry', 'decisions']);

export class Outlets {
  readonly #options: AppenderOptions;
  readonly #swift: Appender;
  readonly #bulk: Appender;

  constructor(options: AppenderOptions) {
    this.#options = options;
    this.#swift = new Appender(options);
    this.#bulk = new Appender(options);
  }

  /** Connects now, so that what is wrong is known at start. The other way is opened when something comes that takes it. */
  async open(): Promise<void> {
    await this.#swift.open();
  }

  /** Resolves when all are durable, with their places in the order of the records. */
  async append(records: readonly Prepared[]): Promise<Place[]> {
    const bulk = records.filter(({ topic }) => BULK.has(topic));
    if (bulk.length === records.length) return this.#appendBy(this.#bulk, records);
    if (bulk.length === 0) return this.#appendBy(this.#swift, records);
    const others = records.filter(({ topic }) => !BULK.has(topic));
    // Known before anything is sent, so that nothing of it stands there already when it is handed over without this one.
    const { maxRequestBytes, log } = this.#options;
    const large = records.find((record) => fitted(record, maxRequestBytes, log).bytes > maxRequestBytes);
    if (large !== undefined) throw new RecordTooLarge(large.source, large.bytes, maxRequestBytes);
    // Both are heard out: who is told of a failure must not meet what is still under way.
    const [slow, swift] = await Promise.allSettled([
      this.#appendBy(this.#bulk, bulk),
      this.#appendBy(this.#swift, others),
    ]);
    if (swift.status === 'rejected') throw swift.reason;
    if (slow.status === 'rejected') throw slow.reason;
    let [atSlow, atSwift] = [0, 0];
    return records.map(({ topic }) => (BULK.has(topic) ? slow.value[atSlow++] : swift.value[atSwift++]) as Place);
  }

  /** What was handed over is sent; nothing is taken afterwards. */
  async close(): Promise<void> {
    await Promise.all([this.#swift.close(), this.#bulk.close()]);
  }

  async #appendBy(appender: Appender, records: readonly Prepared[]): Promise<Place[]> {
    const { maxRequestBytes, log } = this.#options;
    const prepared = records.map((record) => fitted(record, maxRequestBytes, log));
    for (;;) {
      try {
        return await appender.append(prepared);
      } catch (error) {
        // A topic may take less than the configuration says.
        const at = error instanceof RecordTooLarge ? prepared.findIndex(({ source }) => source === error.record) : -1;
        const large = prepared[at];
        if (large === undefined) throw error;
        const less = fitted(large, large.bytes / 2, log);
        if (less === large) throw error;
        prepared[at] = less;
      }
    }
  }
}
