/**
 * Follows the contractions topic into the decision point, with no gap and no double.
 *
 * Order at start: note where the topic ends → take every live contraction from the store → follow the topic from the
 * group's committed position → ready when the noted end is reached. What was written before the end was noted is in
 * the store or behind the committed position; what comes later is delivered; what is in both has a version, and the
 * index keeps the highest. So nothing depends on stream and store being one transaction.
 */
import { setImmediate as turnOfTheLoop, setTimeout as delay } from 'node:timers/promises';
import type { Contraction } from '../../../schemas/contraction.js';
import type { ContractionRecord } from '../../../schemas/signal.js';
import { headOf, leaseHead, type LeaseHead, toldContraction } from '../../policy/lease-text.js';
import type { Store } from '../../runtime/store/types.js';
import type { Stream, StreamRecord, Subscription } from '../../runtime/stream/types.js';

export const LIVE_PREFIX = 'contraction/live/';

export interface FollowerOptions {
  stream: Stream;
  store: Pick<Store, 'texts'>;
  /** One per decision point; it must be the same after a restart. */
  group: string;
  take(record: ContractionRecord): void;
  /** A contraction that was live at the start, and the text it is stored in. */
  restore(head: LeaseHead, text: string): void;
  /** What `take` would be told of a contraction that was known before, by its text. */
  takeText(head: LeaseHead, text: string): void;
  /** Called with true whenever all that is in the topic has been taken. */
  caughtUp(): void;
  onError(error: unknown): void;
}

/** Leases read at once at the start: few enough that what is read of them dies young. */
const PAGE = 500;
/** Records taken in before the position is committed; what is repeated after a crash is harmless. */
const COMMIT_EVERY = 200;
/**
 * Where each reader begins anew: a record is in the topic a moment before its contraction is in the store, and what was
 * in neither moment is told again when its lease is renewed.
 */
const LOOK_BACK_MS = 10 * 60_000;
const LOOK_EVERY_MS = 250;

export class Follower {
  readonly #options: FollowerOptions;
  readonly #taken = new Map<number, number>();
  #uncommitted = 0;
  #subscription: Subscription | undefined;
  #failed: unknown;

  constructor(options: FollowerOptions) {
    this.#options = options;
  }

  /** Why it is not following; `undefined`: it is. */
  get failure(): unknown {
    return this.#failed;
  }

  async start(): Promise<void> {
    const { stream, store, group } = this.#options;
    const ends = await stream.state('contractions', group);
    let after: string | undefined;
    for (;;) {
      const page = await store.texts(LIVE_PREFIX, { limit: PAGE, ...(after === undefined ? {} : { after }) });
      for (const { text } of page)
        this.#options.restore(leaseHead(text) ?? headOf(JSON.parse(text) as Contraction), text);
      after = page.at(-1)?.key;
      if (page.length < PAGE) break;
      // A million leases take seconds: whoever asks whether the process lives, or ends it, is heard meanwhile.
      await turnOfTheLoop();
    }
    const behind = new Map<number, number>();
    let counting = false;
    let reached: () => void = () => undefined;
    let failed: (error: unknown) => void = () => undefined;
    const ready = new Promise<void>((resolve, reject) => {
      reached = resolve;
      failed = reject;
    });
    // What fails after the start is told to `onError`; nobody waits here any more.
    ready.catch(() => undefined);
    this.#subscription = await stream.subscribe({
      topic: 'contractions',
      group,
      from: 'earliest',
      maxBatch: 500,
      texts: true,
      each: { sinceMs: LOOK_BACK_MS, noLater: new Map(ends.map(({ partition, end }) => [partition, end])) },
      handler: async (records) => {
        await this.#take(records);
        for (const [partition, offset] of behind)
          if ((this.#taken.get(partition) ?? -1) >= offset) behind.delete(partition);
        if (counting && behind.size === 0) reached();
      },
      onError: (error) => {
        this.#failed = error;
        failed(error);
        this.#options.onError(error);
      },
    });
    // What this reader begins behind is known only now.
    const begun = new Map(
      (await stream.state('contractions', group)).map(({ partition, committed }) => [partition, committed]),
    );
    for (const { partition, start, end, committed } of ends) {
      const taken = Math.max(this.#taken.get(partition) ?? -1, begun.get(partition) ?? committed);
      if (end > start && end - 1 > taken) behind.set(partition, end - 1);
    }
    counting = true;
    while (behind.size > 0) {
      await Promise.race([ready, delay(LOOK_EVERY_MS)]);
      // What stands at the end and is no record is given to nobody, and passed all the same.
      for (const { partition, committed } of await stream.state('contractions', group))
        if (committed >= (behind.get(partition) ?? Infinity)) behind.delete(partition);
    }
    this.#options.caughtUp();
  }

  /** Is anything in the topic that was not taken in? Outside the decision path. */
  async check(): Promise<void> {
    const states = await this.#options.stream.state('contractions', this.#options.group);
    const behind = states.some(
      (state) =>
        state.end > state.start && state.end - 1 > Math.max(this.#taken.get(state.partition) ?? -1, state.committed),
    );
    if (!behind) this.#options.caughtUp();
    await this.#commit();
  }

  async stop(): Promise<void> {
    await this.#subscription?.stop();
    await this.#commit();
  }

  async #take(records: StreamRecord<'contractions'>[]): Promise<void> {
    for (const record of records) {
      if (!this.#takeText(record.text)) this.#options.take(record.value);
      this.#taken.set(record.partition, record.offset);
    }
    this.#uncommitted += records.length;
    if (this.#uncommitted >= COMMIT_EVERY) await this.#commit();
  }

  /** Most records renew or end what is known: what has to be known of them at once stands at the beginning of their text. */
  #takeText(text: string | undefined): boolean {
    const contraction = text === undefined ? undefined : toldContraction(text);
    const head = contraction === undefined ? undefined : leaseHead(contraction);
    if (contraction === undefined || head === undefined || head.version === 1) return false;
    this.#options.takeText(head, contraction);
    return true;
  }

  async #commit(): Promise<void> {
    if (this.#uncommitted === 0) return;
    this.#uncommitted = 0;
    for (const [partition, offset] of this.#taken)
      await this.#options.stream.commit({ group: this.#options.group, topic: 'contractions', partition, offset });
  }
}
