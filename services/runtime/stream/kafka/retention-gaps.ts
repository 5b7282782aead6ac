/**
 * Records that were dropped before they were read: the group's position lies before the oldest record that is left, or beyond
 * the newest where a log was cut short or made anew. kafkajs 2.2.4 goes on where `fromBeginning` says, takes the group's
 * position away, and names no numbers. Here reading goes on with the oldest record that is left, whoever reads is told the
 * gap, and the position is taken away only where it lies beyond the end: there it means nothing any more.
 */
import ConsumerGroup, { type ConsumerGroupInternals } from 'kafkajs/src/consumer/consumerGroup.js';

export interface RetentionGap {
  topic: string;
  partition: number;
  /** What was to be read next. */
  wanted: number;
  /** Where reading goes on; lower than `wanted` where the log was cut short or begins anew. */
  next: number;
}

const listeners = new Map<string, (gap: RetentionGap) => void>();
let mended = false;

/** Once per process; does nothing where the client is built otherwise. */
export function mendRetentionGaps(): void {
  if (mended) return;
  mended = true;
  const { recoverFromOffsetOutOfRange } = ConsumerGroup.prototype;
  if (typeof recoverFromOffsetOutOfRange !== 'function') return;
  ConsumerGroup.prototype.recoverFromOffsetOutOfRange = async function (this: ConsumerGroupInternals, error) {
    const { topic, partition } = error;
    const wanted = Number(this.offsetManager.nextOffset(topic, partition));
    const [found] = await this.cluster.fetchTopicsOffset([{ topic, fromBeginning: true, partitions: [{ partition }] }]);
    const next = Number(found?.partitions.find((each) => each.partition === partition)?.offset ?? NaN);
    // Asked again by the next fetch.
    if (!Number.isFinite(next)) return;
    if (next < wanted) await recoverFromOffsetOutOfRange.call(this, error);
    else this.offsetManager.resolveOffset({ topic, partition, offset: String(next - 1) });
    listeners.get(this.memberId ?? '')?.({ topic, partition, wanted, next });
  };
}

/**
 * @param memberId of the reader, as the group's coordinator calls it
 * @returns takes the listener away
 */
export function hearRetentionGaps(memberId: string, listener: (gap: RetentionGap) => void): () => void {
  listeners.set(memberId, listener);
  return () => listeners.delete(memberId);
}
