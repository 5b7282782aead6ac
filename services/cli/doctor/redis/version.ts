/** Whether Redis is new enough for our scripts and for BullMQ. */
import type { RedisFacts } from '../../../runtime/redis/facts.js';
import { type Check, ok, problem } from '../finding.js';

const CHECK = 'redis version';
/** `ZADD GT` and what BullMQ recommends. */
const [LEAST_MAJOR, LEAST_MINOR] = [6, 2];

export function versionCheck({ node, version }: Pick<RedisFacts, 'node' | 'version'>): Check {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > LEAST_MAJOR || (major === LEAST_MAJOR && minor >= LEAST_MINOR)
    ? ok(CHECK, version)
    : problem(CHECK, `${node} is ${version}`, `upgrade to ${LEAST_MAJOR}.${LEAST_MINOR} or newer`);
}
