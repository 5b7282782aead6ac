/** One record is larger than the stream takes. Whoever made it must do without it: to send it again is of no use. */
import { StepdownError } from '../errors.js';
import type { AnyOutgoing } from './types.js';

export class RecordTooLarge extends StepdownError {
  /** The very object that was given to `append`. */
  readonly record: AnyOutgoing;

  /** @param bytes of the record as it would stand in the stream; @param most that are allowed, where that is known */
  constructor(record: AnyOutgoing, bytes: number, most: number | undefined, cause?: unknown) {
    const allowed = most === undefined ? 'the broker takes no such record' : `${most} are allowed`;
    super('input-too-large', `a record for ${record.topic} has ${bytes} bytes; ${allowed}`, {
      mend: 'raise `stream.kafka.maxRecord` and the topic’s `max.message.bytes`',
      ...(cause === undefined ? {} : { cause }),
    });
    this.record = record;
  }
}
