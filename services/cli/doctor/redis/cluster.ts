/** Whether a cluster serves all its slots. */
import type { RedisFacts } from '../../../runtime/redis/facts.js';
import { type Check, ok, problem } from '../finding.js';

const CHECK = 'redis cluster';

export function clusterCheck({ node, clusterState }: Pick<RedisFacts, 'node' | 'clusterState'>): Check {
  if (clusterState === undefined) return ok(CHECK, 'none: one server');
  return clusterState === 'ok'
    ? ok(CHECK, 'serves all slots')
    : problem(
        CHECK,
        `${node} says the cluster is in state ${clusterState}`,
        'run `redis-cli --cluster check`, then `--cluster fix`',
      );
}
