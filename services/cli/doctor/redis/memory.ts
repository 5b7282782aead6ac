/** Whether there is memory left. */
import { formatSize } from '../../../runtime/config.js';
import type { RedisFacts } from '../../../runtime/redis/facts.js';
import { type Check, ok, problem, warning } from '../finding.js';

const CHECK = 'redis memory';
/** Rewriting the append-only file copies pages that change meanwhile. */
const TIGHT = 0.75;
const FULL = 0.95;

export function memoryCheck(facts: RedisFacts): Check {
  const { node, usedMemoryBytes, maxMemoryBytes, systemMemoryBytes } = facts;
  const limit = maxMemoryBytes > 0 ? maxMemoryBytes : systemMemoryBytes;
  const used = `${formatSize(usedMemoryBytes)} of ${formatSize(limit)}`;
  const mend = 'raise `maxmemory`, give the machine more, or lower retention; docs/redis.md says what agents need';
  if (limit > 0 && usedMemoryBytes > FULL * limit)
    return problem(CHECK, `${node} uses ${used}: writes are refused when none is left`, mend);
  if (limit > 0 && usedMemoryBytes > TIGHT * limit) return warning(CHECK, `${node} uses ${used}`, mend);
  return ok(CHECK, `${used} used`);
}
