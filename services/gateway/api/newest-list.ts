/** A list of a topic's records, newest first; its cursor is the offset from before which the next page goes on. */
import type { Topic } from '../../../schemas/topics.js';
import { StepdownError } from '../../runtime/errors.js';
import type { StreamRecord } from '../../runtime/stream/types.js';
import type { Engine } from '../engine.js';
import { ok, type Reply } from '../http/message.js';
import type { Call } from '../http/router.js';
import { limitOf } from '../pages.js';
import { newestRecords } from '../records/read.js';

export function newestList<K extends Topic>(
  engine: Engine,
  topic: K,
  fits: (call: Call) => (record: StreamRecord<K>) => boolean,
): (call: Call) => Promise<Reply> {
  return async (call) => {
    const before = call.query.get('cursor');
    if (before !== null && !/^\d{1,15}$/.test(before))
      throw new StepdownError('input-malformed', 'The query parameter `cursor` is none that was given out here', {
        place: { pointer: '?cursor' },
      });
    const { records, next } = await newestRecords(engine.drivers.stream, topic, {
      ...(before === null ? {} : { before: Number(before) }),
      limit: limitOf(call.query),
      fits: fits(call),
    });
    return ok({
      items: records.map(({ value }) => value),
      ...(next === undefined ? {} : { nextCursor: String(next) }),
    });
  };
}
