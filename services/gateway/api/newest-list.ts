/** A list of a topic's records, newest first. */
import type { Topic } from '../../../schemas/topics.js';
import { StepdownError } from '../../runtime/errors.js';
import type { StreamRecord } from '../../runtime/stream/types.js';
import type { Engine } from '../engine.js';
import { ok, type Reply } from '../http/message.js';
import type { Call } from '../http/router.js';
import { limitOf } from '../pages.js';
import { newestRecords, readMark, writeMark } from '../records/newest.js';

export function newestList<K extends Topic>(
  engine: Engine,
  topic: K,
  fits: (call: Call) => (record: StreamRecord<K>) => boolean,
): (call: Call) => Promise<Reply> {
  return async (call) => {
    const cursor = call.query.get('cursor');
    const before = cursor === null ? undefined : readMark(cursor);
    if (cursor !== null && before === undefined)
      throw new StepdownError('input-malformed', 'The query parameter `cursor` is none that was given out here', {
        place: { pointer: '?cursor' },
      });
    const { records, next } = await newestRecords(engine.drivers.stream, topic, {
      before,
      limit: limitOf(call.query),
      fits: fits(call),
    });
    return ok({
      items: records.map(({ value }) => value),
      ...(next === undefined ? {} : { nextCursor: writeMark(next) }),
    });
  };
}
