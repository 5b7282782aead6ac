/** Whether topics have as many partitions as the configuration says: another number sends keys to other states. */
import type { TopicStanding } from '../../../runtime/stream/kafka/topics.js';
import { invocation } from '../../invocation.js';
import { type Check, ok, problem } from '../finding.js';

const CHECK = 'kafka partitions';

export function partitionsCheck(topics: readonly TopicStanding[]): Check[] {
  const there = topics.filter(({ partitions }) => partitions !== undefined);
  if (there.length === 0) return [];
  const other = there.filter(({ partitions, wanted }) => partitions !== wanted);
  return [
    other.length === 0
      ? ok(CHECK, `as configured, ${Math.max(...there.map(({ wanted }) => wanted))} where work is shared`)
      : problem(
          CHECK,
          other.map(({ name, partitions, wanted }) => `${name} has ${partitions}, not ${wanted}`).join('; '),
          `set \`stream.kafka.partitions\` to what is there, or change the topics with \`${invocation()} topics resize\``,
        ),
  ];
}
