/** A record that is too large for Kafka, with less of its content where something can be spared. */
import type { Log } from '../../log.js';
import { smaller } from '../smaller.js';
import { type Prepared, prepare } from './record.js';

/** @param most bytes; what cannot be brought under it comes back as it is */
export function fitted(prepared: Prepared, most: number, log: Pick<Log, 'warn'>): Prepared {
  if (prepared.bytes <= most) return prepared;
  const { source, partition, bytes } = prepared;
  let less: Prepared | undefined;
  smaller(source, (record) => {
    less = prepare(record, partition);
    return less.bytes <= most;
  });
  if (less === undefined || less.bytes > most) return prepared;
  log.warn({ topic: source.topic, bytes, most }, 'a record is too large; its texts are cut');
  return { ...less, source };
}
