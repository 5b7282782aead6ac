/**
 * An Azure event hub over AMQP, by the vendor's client. Partitions are shared between all processes that have the same
 * source and consumer group; each is read by one of them at a time (its receiver has an epoch: the service ends the older
 * one), in order, and its position is kept after what was read is durable.
 *
 * Guaranteed: every record at least once, under the same ids each time. After a crash, and when a partition changes
 * hands, the records behind the last position come again. What retention dropped before it was read is counted (`missed`).
 */
import type {
  EventHubConsumerClientOptions,
  PartitionContext,
  ReceivedEventData,
  Subscription,
  SubscriptionEventHandlers,
  EventHubConsumerClient,
} from '@azure/event-hubs';
import { earliestEventPosition, latestEventPosition } from '@azure/event-hubs';
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { openHub, saidByHub } from './event-hubs-connection.js';
import { StoreCheckpoints } from './event-hubs-checkpoints.js';
import { PartitionReader } from './event-hubs-partition.js';
import { RecordIntake } from './record-intake.js';
import type { Source, SourceConfigOf, SourceFacts, SourceParts } from './source.js';

/** Refused for good until a person changes something; said once each time. */
const OWNERSHIP_LOST = 'ReceiverDisconnectedError';
const WAIT_SECONDS = 1;
/** `CloseReason.Shutdown`: also what the client says when it gives a partition up after an error. */
const LINK_GONE = 'Shutdown';

/** How long a network is waited for, milliseconds. */
export interface Patience {
  /** Of links; the client's own default sleeps 30 s before its first retry. */
  retry: NonNullable<EventHubConsumerClientOptions['retryOptions']>;
  /** Between attempts to reach a hub that is away: the first pause, doubled up to the longest. */
  firstPauseMs: number;
  longestPauseMs: number;
  /** How long a stop waits for the stream to take what has been read. */
  drainMs: number;
  /** How long a connection may take to close in order before it is left behind. */
  closeMs: number;
  /** A reader calls every second, with records or without; one that was not heard of for so long is given up. */
  silenceMs: number;
}
const PATIENCE: Patience = {
  retry: { maxRetries: 3, retryDelayInMs: 1_000, maxRetryDelayInMs: 15_000, mode: 0, timeoutInMs: 60_000 },
  firstPauseMs: 500,
  longestPauseMs: 10_000,
  drainMs: 5_000,
  closeMs: 5_000,
  silenceMs: 20_000,
};

export class EventHubsSource implements Source {
  readonly name: string;
  readonly #config: SourceConfigOf<'eventhubs'>;
  readonly #parts: SourceParts;
  readonly #records: RecordIntake;
  readonly #checkpoints: StoreCheckpoints;
  readonly #partitions = new Map<string, PartitionReader>();
  readonly #patience: Patience;
  #client: EventHubConsumerClient | undefined;
  #subscription: Subscription | undefined;
  #state: SourceFacts['state'] = 'stopped';
  readonly #running = new Set<Promise<void>>();
  /** Readers that were told to end: what one of them still hands over is not taken, another reads it again. */
  readonly #over = new WeakSet<PartitionContext>();
  #watch: NodeJS.Timeout | undefined;
  #stopping = new AbortController();
  #connecting: Promise<void> | undefined;
  /** Who we are among those who share the partitions. */
  readonly #id = randomUUID();

  constructor(config: SourceConfigOf<'eventhubs'>, parts: SourceParts, patience: Partial<Patience> = {}) {
    this.name = config.name;
    this.#config = config;
    this.#parts = { ...parts, log: parts.log.child({ source: config.name }) };
    this.#records = new RecordIntake({
      parts: this.#parts,
      format: config.format,
      maxBytes: config.maxRecordBytes,
      trust: config.trust,
    });
    this.#checkpoints = new StoreCheckpoints(parts.store, config.name, () => Date.now());
    this.#patience = { ...PATIENCE, ...patience };
  }

  async start(): Promise<void> {
    if (this.#state !== 'stopped') return;
    this.#client = await this.#open();
    this.#state = 'connecting';
    this.#stopping = new AbortController();
    this.#connecting = this.#connect(this.#stopping.signal);
    this.#watch = setInterval(() => this.#lookForSilence(), this.#patience.silenceMs / 4).unref();
  }

  async #open(): Promise<EventHubConsumerClient> {
    const { balance, ownershipMs } = this.#config;
    return openHub(this.#config, this.#checkpoints, {
      loadBalancingOptions: {
        strategy: balance,
        updateIntervalInMs: Math.max(100, Math.round(ownershipMs / 6)),
        partitionOwnershipExpirationIntervalInMs: ownershipMs,
      },
      identifier: this.#id,
      retryOptions: this.#patience.retry,
    });
  }

  /**
   * Asks for the hub before anything is subscribed: what is wrong is known at once, and a hub that is away is found again
   * within seconds (the client's own balancing would sleep for half a minute each time). What did not answer is asked
   * over a connection of its own the next time.
   */
  async #connect(signal: AbortSignal): Promise<void> {
    const { from, prefetch, maxBatch } = this.#config;
    const { firstPauseMs, longestPauseMs, silenceMs } = this.#patience;
    let client: EventHubConsumerClient | undefined;
    for (let wait = firstPauseMs; ; wait = Math.min(longestPauseMs, wait * 2)) {
      try {
        client = this.#client ??= await this.#open();
        const asked = AbortSignal.any([signal, AbortSignal.timeout(silenceMs)]);
        await client.getEventHubProperties({ abortSignal: asked });
        break;
      } catch (error) {
        if (signal.aborted) return;
        this.#failed(error as Error & { code?: string }, '');
        if (client !== undefined) void this.#closed(client);
        this.#client = undefined;
      }
      await pause(wait * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
    }
    this.#state = 'connecting';
    this.#subscription = client.subscribe(this.#handlers(), {
      maxBatchSize: maxBatch,
      maxWaitTimeInSeconds: WAIT_SECONDS,
      prefetchCount: Math.max(prefetch, maxBatch),
      startPosition: from === 'earliest' ? earliestEventPosition : latestEventPosition,
      trackLastEnqueuedEventProperties: true,
      // The bytes as they came: what they are is decided here, with places for what cannot be read.
      skipParsingBodyAsJson: true,
    });
  }

  /**
   * A partition was given up because of an error, not because another process has it. The client would look after it when
   * its balancing wakes, up to minutes later; asked anew it is there as soon as the hub is.
   */
  #reconnect(): void {
    const client = this.#client;
    const subscription = this.#subscription;
    if (client === undefined || subscription === undefined) return;
    this.#subscription = undefined;
    const { signal } = this.#stopping;
    this.#connecting = (async () => {
      const closed = await this.#closed(subscription);
      for (const { context } of this.#partitions.values()) this.#end(context);
      if (signal.aborted) return;
      if (!closed) {
        void this.#closed(client);
        this.#client = undefined;
      }
      await this.#connect(signal);
    })();
  }

  /** A link that no longer answers does not close either; whoever waits for it goes on without. */
  async #closed(what: { close(): Promise<void> }): Promise<boolean> {
    const closing = what.close().then(
      () => true,
      (error: unknown) => {
        this.#parts.log.debug({ err: error }, 'closing');
        return true;
      },
    );
    const given = new AbortController();
    const late = pause(this.#patience.closeMs, false, { signal: given.signal }).catch(() => false);
    return Promise.race([closing, late]).finally(() => given.abort());
  }

  #lookForSilence(): void {
    const before = performance.now() - this.#patience.silenceMs;
    const silent = [...this.#partitions.values()].find(({ heardAtMs }) => heardAtMs < before);
    if (silent === undefined || this.#subscription === undefined) return;
    this.#parts.log.warn(
      { partition: silent.partition },
      'the reader of a partition fell silent; the hub is asked anew',
    );
    this.#reconnect();
  }

  #end(context: PartitionContext): PartitionReader | undefined {
    this.#over.add(context);
    const reader = this.#partitions.get(context.partitionId);
    if (reader?.context !== context) return undefined;
    reader.end();
    this.#partitions.delete(context.partitionId);
    return reader;
  }

  async stop(): Promise<void> {
    if (this.#state === 'stopped') return;
    clearInterval(this.#watch);
    this.#stopping.abort();
    await this.#connecting;
    const client = this.#client;
    this.#client = undefined;
    const subscription = this.#subscription;
    this.#subscription = undefined;
    // What has been read is appended and its position kept; only what the stream does not take is given back.
    const drained = Promise.allSettled([...this.#running]);
    const deadline = setTimeout(() => {
      for (const reader of this.#partitions.values()) reader.end();
    }, this.#patience.drainMs);
    await drained;
    clearTimeout(deadline);
    for (const reader of this.#partitions.values()) reader.end();
    if (subscription !== undefined) await this.#closed(subscription);
    if (client !== undefined) await this.#closed(client);
    this.#state = 'stopped';
  }

  facts(): SourceFacts {
    const { trouble } = this.#records;
    return {
      name: this.name,
      type: 'eventhubs',
      state: this.#state,
      ...this.#records.counters,
      partitions: [...this.#partitions.values()].map(({ lag }) => lag),
      ...(trouble !== undefined && { trouble }),
    };
  }

  #handlers(): SubscriptionEventHandlers {
    return {
      processInitialize: (context) => this.#begin(context),
      processEvents: (events, context) => {
        const work = this.#take(events, context);
        this.#running.add(work);
        return work.finally(() => this.#running.delete(work));
      },
      processError: async (error, context) => this.#failed(error, context.partitionId),
      processClose: async (reason, context) => {
        await this.#end(context)?.keep();
        if (String(reason) === LINK_GONE && !this.#stopping.signal.aborted) this.#reconnect();
      },
    };
  }

  async #begin(context: PartitionContext): Promise<void> {
    const before = this.#partitions.get(context.partitionId);
    if (before !== undefined) this.#end(before.context);
    const reader = new PartitionReader(context, {
      source: this.name,
      id: this.#id,
      ownershipMs: this.#config.ownershipMs,
      from: this.#config.from,
      records: this.#records,
      checkpoints: this.#checkpoints,
      log: this.#parts.log,
      endOf: async (partition) => this.#client?.getPartitionProperties(partition),
    });
    await reader.begin();
    if (!this.#over.has(context)) this.#partitions.set(context.partitionId, reader);
  }

  async #take(events: readonly ReceivedEventData[], context: PartitionContext): Promise<void> {
    if (this.#over.has(context)) return;
    // The client goes on where its initialisation failed (the store was away): what is not known yet is asked for here.
    if (this.#partitions.get(context.partitionId)?.context !== context) await this.#begin(context);
    const reader = this.#partitions.get(context.partitionId);
    if (reader?.context !== context) return;
    this.#wellAgain();
    // Its link is open all the same: asked anew, the partitions are shared again, and this one is not read by nobody.
    if ((await reader.take(events)) === 'not ours') this.#reconnect();
  }

  /** The hub answers, with records or without. */
  #wellAgain(): void {
    if (this.#stopping.signal.aborted) return;
    this.#state = 'reading';
    if (this.#records.trouble?.text.startsWith(CONNECTION) === true) this.#records.trouble = undefined;
  }

  #failed(error: Error & { code?: string }, partition: string): void {
    // Another reader has a newer epoch: how partitions change hands.
    if (error.code === OWNERSHIP_LOST) {
      this.#parts.log.info({ partition }, 'a partition went to another process');
      return;
    }
    const text = `${CONNECTION}: ${saidByHub(error)}`;
    if (this.#records.trouble?.text !== text)
      this.#parts.log.warn(
        { err: error, ...(partition !== '' && { partition }) },
        'the event hub cannot be read now; it is tried again',
      );
    this.#records.trouble = { text, atMs: this.#parts.now() };
    if (this.#state !== 'stopped') this.#state = 'failing';
  }
}

const CONNECTION = 'event hub';
