/** Whether the clocks of this machine and of Redis agree: marks of deletions are kept by Redis's, alarms set by ours. */
import type { RedisFacts } from '../../../runtime/redis/facts.js';
import { type Check, ok, problem, warning } from '../finding.js';

const CHECK = 'redis clock';
/** Beyond these, in milliseconds. */
const NOTICED = 1_000;
const HARMFUL = 60_000;

export function clockCheck({
  node,
  aheadMs,
  aheadDoubtMs,
}: Pick<RedisFacts, 'node' | 'aheadMs' | 'aheadDoubtMs'>): Check {
  const apart = Math.max(0, Math.abs(aheadMs) - aheadDoubtMs);
  const seconds = `${(Math.abs(aheadMs) / 1_000).toFixed(1)} s ${aheadMs > 0 ? 'ahead of' : 'behind'} this machine`;
  const mend = 'keep both right with NTP (chronyc tracking, timedatectl)';
  if (apart > HARMFUL) return problem(CHECK, `${node} is ${seconds}`, mend);
  if (apart > NOTICED) return warning(CHECK, `${node} is ${seconds}`, mend);
  return ok(CHECK, `within ${Math.ceil(Math.abs(aheadMs) + aheadDoubtMs)} ms of this machine's`);
}
