/** Whether what Redis answered survives its crash. */
import type { RedisFacts } from '../../../runtime/redis/facts.js';
import { type Check, ok, problem, warning } from '../finding.js';

const CHECK = 'redis persistence';

export function persistenceCheck(facts: RedisFacts): Check {
  const { node, appendOnly, appendFsync, appendOnlyHealthy, snapshotHealthy } = facts;
  if (!appendOnly)
    return problem(
      CHECK,
      `${node} keeps no append-only file: a crash loses what was written since the last snapshot`,
      'set `appendonly yes` and `appendfsync always`',
    );
  if (!appendOnlyHealthy || !snapshotHealthy)
    return problem(
      CHECK,
      `${node} could not write its ${appendOnlyHealthy ? 'snapshot' : 'append-only file'}`,
      'look at its log, and make room on its disk',
    );
  if (appendFsync === undefined)
    return warning(
      CHECK,
      `${node} keeps an append-only file, and does not let us ask how often it is flushed`,
      'look in its own settings for `appendfsync always`, or allow this user `config|get`',
    );
  if (appendFsync !== 'always')
    return warning(
      CHECK,
      `${node} flushes its append-only file ${appendFsync === 'no' ? 'when the system likes' : 'every second'}: a crash loses up to that much of what was answered`,
      'set `appendfsync always`; the contractions topic is the record in any case',
    );
  return ok(CHECK, 'append-only file, flushed with every write');
}
