/** Whether our topics are there. */
import type { TopicStanding } from '../../../runtime/stream/kafka/topics.js';
import { invocation } from '../../invocation.js';
import { type Check, ok, problem } from '../finding.js';

const CHECK = 'kafka topics';

export function topicsCheck(topics: readonly TopicStanding[]): Check {
  const missing = topics.filter(({ partitions }) => partitions === undefined).map(({ name }) => name);
  return missing.length === 0
    ? ok(CHECK, `all ${topics.length} are there`)
    : problem(CHECK, `not there, or not shown to us: ${missing.join(', ')}`, `run \`${invocation()} topics create\``);
}
