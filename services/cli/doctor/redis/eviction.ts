/** Whether Redis drops what it was told when memory runs out: it would drop contractions. */
import type { RedisFacts } from '../../../runtime/redis/facts.js';
import { type Check, ok, problem } from '../finding.js';

const CHECK = 'redis eviction';

export function evictionCheck({ node, evictionPolicy, evictedKeys }: RedisFacts): Check {
  if (evictionPolicy !== 'noeviction')
    return problem(
      CHECK,
      `${node} may drop live contractions when memory runs out (maxmemory-policy ${evictionPolicy}${evictedKeys > 0 ? `; ${evictedKeys} keys were dropped already` : ''})`,
      'set `maxmemory-policy noeviction`',
    );
  return ok(CHECK, 'noeviction');
}
