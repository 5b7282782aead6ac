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
import { openHub } from './event-hubs-connection.js';
import { StoreCheckpoints } from './event-hubs-checkpoints.js';
import { type ArrivedRecord, RecordIntake } from './record-intake.js';
import type { PartitionLag, Source, SourceConfigOf, SourceFacts, SourceParts } from './source.js';

interface Partition extends PartitionLag {
  /** Whose it is: a partition that was lost and won again has a new reader, and the older one may end after that began. */
  readonly context: PartitionContext;
  /** Ends what is under way when the partition is taken away or the source stops. */
  ended: AbortController;
  /** Set while a batch could not be made durable: what comes behind it must not be committed. */
  given: boolean;
  /** When it was last known to be ours, by a clock that nobody sets. */
  ownedAtMs: number;
  /** When its reader was last heard of, by the same clock; `Infinity` while it waits for us. */
  heardAtMs: number;
  /** The last record that is durable, where its position is not kept yet. */
  unkept: ReceivedEventData | undefined;
  keptAtMs: number;
}

/** Refused for good until a person changes something; said once each time. */
const OWNERSHIP_LOST = 'ReceiverDisconnectedError';
const WAIT_SECONDS = 1;
/** Between two positions of a partition: what a crash reads again is at most this much work more. */
const KEEP_EVERY_MS = 200;
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
  readonly #partitions = new Map<string, Partition>();
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

  #end(context: PartitionContext): void {
    this.#over.add(context);
    const partition = this.#partitions.get(context.partitionId);
    if (partition?.context !== context) return;
    partition.ended.abort();
    this.#partitions.delete(context.partitionId);
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
      for (const { ended } of this.#partitions.values()) ended.abort();
    }, this.#patience.drainMs);
    await drained;
    clearTimeout(deadline);
    for (const { ended } of this.#partitions.values()) ended.abort();
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
      partitions: [...this.#partitions.values()].map(({ partition, position, lag }) => ({ partition, position, lag })),
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
        const partition = this.#partitions.get(context.partitionId);
        this.#end(context);
        if (partition?.context === context) await this.#keep(partition, context);
        if (String(reason) === LINK_GONE && !this.#stopping.signal.aborted) this.#reconnect();
      },
    };
  }

  async #begin(context: PartitionContext): Promise<void> {
    const { partitionId } = context;
    const before = this.#partitions.get(partitionId);
    if (before !== undefined) this.#end(before.context);
    const known = await this.#known(context);
    if (this.#over.has(context)) return;
    this.#partitions.set(partitionId, {
      context,
      partition: partitionId,
      position: known ?? -1,
      lag: undefined,
      ended: new AbortController(),
      given: false,
      ownedAtMs: performance.now(),
      heardAtMs: performance.now(),
      unkept: undefined,
      keptAtMs: 0,
    });
    // "From now on" is said once: a restart goes on from here, not from its own now.
    if (known === undefined && this.#config.from === 'latest') await this.#pin(context);
  }

  async #known(context: PartitionContext): Promise<number | undefined> {
    const { fullyQualifiedNamespace, eventHubName, consumerGroup, partitionId } = context;
    const all = await this.#checkpoints.listCheckpoints(fullyQualifiedNamespace, eventHubName, consumerGroup);
    return all.find((checkpoint) => checkpoint.partitionId === partitionId)?.sequenceNumber;
  }

  async #pin(context: PartitionContext): Promise<void> {
    const { fullyQualifiedNamespace, eventHubName, consumerGroup, partitionId } = context;
    const end = await this.#client?.getPartitionProperties(partitionId);
    if (end === undefined) return;
    await this.#checkpoints.updateCheckpoint({
      fullyQualifiedNamespace,
      eventHubName,
      consumerGroup,
      partitionId,
      offset: end.isEmpty ? '-1' : end.lastEnqueuedOffset,
      sequenceNumber: end.isEmpty ? -1 : end.lastEnqueuedSequenceNumber,
    });
  }

  async #take(events: readonly ReceivedEventData[], context: PartitionContext): Promise<void> {
    if (this.#over.has(context)) return;
    // The client goes on where its initialisation failed (the store was away): what is not known yet is asked for here.
    if (this.#partitions.get(context.partitionId)?.context !== context) await this.#begin(context);
    const partition = this.#partitions.get(context.partitionId);
    if (partition?.context !== context || partition.given) return;
    this.#wellAgain();
    this.#seeEnd(partition, context);
    partition.heardAtMs = Infinity;
    try {
      await this.#work(events, partition, context);
    } finally {
      partition.heardAtMs = performance.now();
    }
  }

  async #work(events: readonly ReceivedEventData[], partition: Partition, context: PartitionContext): Promise<void> {
    const last = events.at(-1);
    if (last === undefined) return this.#keep(partition, context);
    await this.#seeGap(partition, events[0] as ReceivedEventData, context);
    if (!(await this.#isOwn(partition, context))) {
      partition.given = true;
      // Its link is open all the same: asked anew, the partitions are shared again, and this one is not read by nobody.
      this.#reconnect();
      return;
    }
    const durable = await this.#records.take(
      events.map((event) => this.#record(event, context)),
      partition.ended.signal,
    );
    if (!durable) {
      partition.given = true;
      return;
    }
    partition.position = last.sequenceNumber;
    this.#seeEnd(partition, context);
    partition.unkept = last;
    if (performance.now() - partition.keptAtMs >= KEEP_EVERY_MS) await this.#keep(partition, context);
  }

  /** A few times a second at most, when nothing comes, and at the end: what it covers is durable already. */
  async #keep(partition: Partition, context: PartitionContext): Promise<void> {
    const last = partition.unkept;
    if (last === undefined) return;
    partition.unkept = undefined;
    partition.keptAtMs = performance.now();
    try {
      await context.updateCheckpoint(last);
    } catch (error) {
      // The next position covers it; a crash before that reads this again.
      this.#parts.log.warn({ err: error, partition: context.partitionId }, 'a position could not be kept');
    }
  }

  /**
   * A process that slept past its ownership must not go on: another one reads. The service ends the older link, and the
   * client would open it again from where it was; so who woke up looks before it takes more.
   */
  async #isOwn(partition: Partition, context: PartitionContext): Promise<boolean> {
    if (performance.now() - partition.ownedAtMs < this.#config.ownershipMs / 2) return true;
    const owner = await this.#checkpoints.ownerOf(context).catch(() => this.#id);
    partition.ownedAtMs = performance.now();
    return owner === this.#id;
  }

  #record(event: ReceivedEventData, { partitionId }: PartitionContext): ArrivedRecord {
    const named: unknown = event.properties?.['content-type'] ?? event.properties?.['Content-Type'];
    return {
      bytes: bytesOf(event.body),
      contentType: event.contentType ?? (typeof named === 'string' ? named : undefined),
      position: `${this.name}/${partitionId}@${event.sequenceNumber}`,
      arrivedAtMs: event.enqueuedTimeUtc.getTime(),
    };
  }

  #seeEnd(partition: Partition, context: PartitionContext): void {
    const end = context.lastEnqueuedEventProperties?.sequenceNumber;
    if (end !== undefined) partition.lag = Math.max(0, end - partition.position);
  }

  /** Numbers are without holes: one says that records are gone; a lower one that the hub began anew. */
  async #seeGap(partition: Partition, first: ReceivedEventData, context: PartitionContext): Promise<void> {
    const { position } = partition;
    const missed = first.sequenceNumber - position - 1;
    if (position >= 0 && missed > 0) {
      this.#records.counters.missed += missed;
      this.#parts.log.error(
        { partition: partition.partition, missed, position, next: first.sequenceNumber },
        'records are gone: the hub dropped them before they were read (see its retention)',
      );
    }
    // Where only our reader began further back (another process kept a later position meanwhile), the hub's end is ahead.
    const end = context.lastEnqueuedEventProperties?.sequenceNumber;
    if (first.sequenceNumber <= position && end !== undefined && end < position) {
      this.#parts.log.warn(
        { partition: partition.partition, position, next: first.sequenceNumber },
        'the hub counts anew',
      );
      await this.#checkpoints.restart(context);
    }
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
    const text = `${CONNECTION}: ${error.message || (error.code ?? error.name)}`;
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

/** A data section is bytes; other sections (of senders that are no Event Hubs client) are values. */
function bytesOf(body: unknown): Uint8Array {
  if (body instanceof Uint8Array) return body;
  if (typeof body === 'string') return Buffer.from(body);
  if (body === undefined || body === null) return new Uint8Array(0);
  return Buffer.from(JSON.stringify(body) ?? '');
}
