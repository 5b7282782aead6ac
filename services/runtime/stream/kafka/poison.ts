/** What stands in a topic and is no record, or stood there and is gone unread: as the dead letter that is kept of it. */
import type { Topic } from '../../../../schemas/topics.js';
import { letterOf } from '../../dead-letter.js';
import { shortHash } from '../../hash.js';
import type { Outgoing } from '../types.js';

export interface Poison {
  topic: Topic;
  partition: number;
  offset: number;
  code: string;
  reason: string;
  /** As it stands in the topic. */
  value: Buffer | null;
  /** Whose matter alone it is; absent: it is the same to everyone who reads. */
  reader?: string;
}

export interface PoisonKeeping {
  tenant: string;
  atMs: number;
  /** What the topic is called in Kafka. */
  name: string;
  /** Whether what arrived is kept with it. */
  keep: boolean;
}

/** Read again it has the same id, so that it counts once. */
export function poisonLetter(
  { topic, partition, offset, code, reason, value, reader }: Poison,
  { tenant, atMs, name, keep }: PoisonKeeping,
): Outgoing<'deadletter'> {
  const source = `${topic}/${partition}@${offset}`;
  return letterOf({
    id: shortHash('deadletter', 'kafka', name, source, ...(reader === undefined ? [] : [reader, code])),
    tenant,
    atMs,
    source,
    reason: { code, text: reason },
    format: `stepdown/${topic}`,
    ...(keep && value !== null ? { payload: value.toString('utf8') } : {}),
    redacted: !keep,
  });
}
