/**
 * One reader of one partition of an event hub: what it takes is durable before its position is kept. A partition that was
 * lost and won again has a new reader; the older one may end after that began, and takes nothing by then.
 */
import type { EventData, PartitionContext, PartitionProperties, ReceivedEventData } from '@azure/event-hubs';
import type { Log } from '../../runtime/log.js';
import type { StoreCheckpoints } from './event-hubs-checkpoints.js';
import type { ArrivedRecord, RecordIntake } from './record-intake.js';
import type { PartitionLag } from './source.js';

/** Between two positions of a partition: what a crash reads again is at most this much work more. */
const KEEP_EVERY_MS = 200;

/** What the readers of a source share. */
export interface ReaderParts {
  /** Of the source: records are named after it. */
  source: string;
  /** Who this process is among those who share the partitions. */
  id: string;
  ownershipMs: number;
  from: 'earliest' | 'latest';
  records: RecordIntake;
  checkpoints: StoreCheckpoints;
  log: Log;
  /** Where a partition ends now. */
  endOf: (partition: string) => Promise<PartitionProperties | undefined>;
}

export class PartitionReader {
  readonly context: PartitionContext;
  readonly #parts: ReaderParts;
  readonly #ended = new AbortController();
  #position = -1;
  #lag: number | undefined;
  /** Set while a batch could not be made durable: what comes behind it must not be committed. */
  #given = false;
  /** When it was last known to be ours, by a clock that nobody sets. */
  #ownedAtMs = performance.now();
  #heardAtMs = performance.now();
  /** The last record that is durable, where its position is not kept yet. */
  #unkept: ReceivedEventData | undefined;
  #keptAtMs = 0;

  constructor(context: PartitionContext, parts: ReaderParts) {
    this.context = context;
    this.#parts = parts;
  }

  get partition(): string {
    return this.context.partitionId;
  }

  get lag(): PartitionLag {
    return { partition: this.partition, position: this.#position, lag: this.#lag };
  }

  /** When the client last called, by a clock that nobody sets; `Infinity` while it waits for us. */
  get heardAtMs(): number {
    return this.#heardAtMs;
  }

  /** Asks how far the partition was read. "From now on" is said once: a restart goes on from here, not from its own now. */
  async begin(): Promise<void> {
    const { fullyQualifiedNamespace, eventHubName, consumerGroup, partitionId } = this.context;
    const { checkpoints, from, endOf } = this.#parts;
    const all = await checkpoints.listCheckpoints(fullyQualifiedNamespace, eventHubName, consumerGroup);
    const known = all.find((checkpoint) => checkpoint.partitionId === partitionId)?.sequenceNumber;
    this.#position = known ?? -1;
    if (known !== undefined || from === 'earliest') return;
    const end = await endOf(partitionId);
    if (end === undefined) return;
    await checkpoints.updateCheckpoint({
      fullyQualifiedNamespace,
      eventHubName,
      consumerGroup,
      partitionId,
      offset: end.isEmpty ? '-1' : end.lastEnqueuedOffset,
      sequenceNumber: end.isEmpty ? -1 : end.lastEnqueuedSequenceNumber,
    });
  }

  /** Ends what is under way; what it hands over from now on is not taken, another reads it again. */
  end(): void {
    this.#ended.abort();
  }

  /** @returns whether the partition is another process's by now */
  async take(events: readonly ReceivedEventData[]): Promise<'read' | 'not ours'> {
    if (this.#given || this.#ended.signal.aborted) return 'read';
    this.#seeEnd();
    this.#heardAtMs = Infinity;
    try {
      return await this.#take(events);
    } finally {
      this.#heardAtMs = performance.now();
    }
  }

  async #take(events: readonly ReceivedEventData[]): Promise<'read' | 'not ours'> {
    const [first, last] = [events[0], events.at(-1)];
    if (first === undefined || last === undefined) {
      await this.keep();
      return 'read';
    }
    await this.#seeGap(first);
    if (!(await this.#isOwn())) {
      this.#given = true;
      return 'not ours';
    }
    const durable = await this.#parts.records.take(
      events.map((event) => this.#record(event)),
      this.#ended.signal,
    );
    if (!durable) {
      this.#given = true;
      return 'read';
    }
    this.#position = last.sequenceNumber;
    this.#seeEnd();
    this.#unkept = last;
    if (performance.now() - this.#keptAtMs >= KEEP_EVERY_MS) await this.keep();
    return 'read';
  }

  /** A few times a second at most, when nothing comes, and at the end: what it covers is durable already. */
  async keep(): Promise<void> {
    const last = this.#unkept;
    if (last === undefined) return;
    this.#unkept = undefined;
    this.#keptAtMs = performance.now();
    try {
      await this.context.updateCheckpoint(last);
    } catch (error) {
      // The next position covers it; a crash before that reads this again.
      this.#parts.log.warn({ err: error, partition: this.partition }, 'a position could not be kept');
    }
  }

  /**
   * A process that slept past its ownership must not go on: another one reads. The service ends the older link, and the
   * client would open it again from where it was; so who woke up looks before it takes more.
   */
  async #isOwn(): Promise<boolean> {
    const { ownershipMs, checkpoints, id } = this.#parts;
    if (performance.now() - this.#ownedAtMs < ownershipMs / 2) return true;
    const owner = await checkpoints.ownerOf(this.context).catch(() => id);
    this.#ownedAtMs = performance.now();
    return owner === id;
  }

  #seeEnd(): void {
    const end = this.context.lastEnqueuedEventProperties?.sequenceNumber;
    if (end !== undefined) this.#lag = Math.max(0, end - this.#position);
  }

  /** Numbers are without holes: one says that records are gone; a lower one that the hub began anew. */
  async #seeGap(first: ReceivedEventData): Promise<void> {
    const { records, log, checkpoints } = this.#parts;
    const [position, next, partition] = [this.#position, first.sequenceNumber, this.partition];
    const missed = next - position - 1;
    if (position >= 0 && missed > 0) {
      records.counters.missed += missed;
      log.error(
        { partition, missed, position, next },
        'records are gone: the hub dropped them before they were read (see its retention)',
      );
    }
    // Where only our reader began further back (another process kept a later position meanwhile), the hub's end is ahead.
    const end = this.context.lastEnqueuedEventProperties?.sequenceNumber;
    if (next <= position && end !== undefined && end < position) {
      log.warn({ partition, position, next }, 'the hub counts anew');
      await checkpoints.restart(this.context);
    }
  }

  #record(event: ReceivedEventData): ArrivedRecord {
    const named: unknown = event.properties?.['content-type'] ?? event.properties?.['Content-Type'];
    return {
      bytes: bytesOf(event.body),
      contentType: event.contentType ?? (typeof named === 'string' ? named : undefined),
      position: `${this.#parts.source}/${this.partition}@${event.sequenceNumber}`,
      arrivedAtMs: event.enqueuedTimeUtc.getTime(),
    };
  }
}

/** A data section is bytes; other sections (of senders that are no Event Hubs client) are values. */
function bytesOf(body: EventData['body']): Uint8Array {
  if (body instanceof Uint8Array) return body;
  if (typeof body === 'string') return Buffer.from(body);
  if (body === undefined || body === null) return new Uint8Array(0);
  return Buffer.from(JSON.stringify(body) ?? '');
}
