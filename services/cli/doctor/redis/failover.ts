/** Whether a copy can take over, and what that may cost. */
import type { RedisFacts } from '../../../runtime/redis/facts.js';
import { type Check, ok, warning } from '../finding.js';

const CHECK = 'redis role';

export function failoverCheck({ node, role, replicas }: Pick<RedisFacts, 'node' | 'role' | 'replicas'>): Check {
  if (role !== 'master')
    return warning(
      CHECK,
      `${node} is a replica and takes no writes`,
      'give the address of the primary, or of the cluster',
    );
  return ok(
    CHECK,
    replicas === 0
      ? 'primary without replicas'
      : `primary with ${replicas} ${replicas === 1 ? 'replica' : 'replicas'}; a failover may lose the last writes (docs/redis.md)`,
  );
}
