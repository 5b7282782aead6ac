/** Whether a broker may be lost without losing records, and without standing still. */
import type { TopicStanding } from '../../../runtime/stream/kafka/topics.js';
import { type Check, ok, problem, warning } from '../finding.js';

const CHECK = 'kafka replication';
const MIN_ISR = 'min.insync.replicas';

export function replicationCheck(topics: readonly TopicStanding[], wanted: number, brokers: number): Check[] {
  const there = topics.filter((each): each is TopicStanding & { replicas: number } => each.replicas !== undefined);
  if (there.length === 0) return [];
  const names = (some: readonly TopicStanding[]): string => some.map(({ name }) => name).join(', ');
  const minOf = ({ config }: TopicStanding): number => Number(config?.[MIN_ISR] ?? 1);
  const findings: Check[] = [];
  const behind = there.filter(({ replicas, inSync = 0 }) => inSync < replicas);
  if (behind.length > 0)
    findings.push(
      problem(
        CHECK,
        `copies are missing or behind: ${names(behind)}`,
        'bring the missing broker back, and look at its log',
      ),
    );
  const stuck = there.filter((each) => minOf(each) > each.replicas);
  if (stuck.length > 0)
    findings.push(
      problem(
        CHECK,
        `no record can be written: ${MIN_ISR} is above the copies there are: ${names(stuck)}`,
        `lower \`${MIN_ISR}\`, or add replicas`,
      ),
    );
  const brittle = there.filter((each) => each.replicas > 1 && minOf(each) === each.replicas);
  if (brittle.length > 0)
    findings.push(
      warning(
        CHECK,
        `writing stops when one broker is away: ${MIN_ISR} equals the copies of ${names(brittle)}`,
        `lower \`${MIN_ISR}\` by one`,
      ),
    );
  const few = there.filter(({ replicas }) => replicas < wanted);
  if (few.length > 0)
    findings.push(
      problem(
        CHECK,
        `fewer copies than the ${wanted} configured: ${names(few)}`,
        'reassign partitions with kafka-reassign-partitions',
      ),
    );
  const unsafe = there.filter((each) => each.replicas >= 3 && minOf(each) < 2);
  if (unsafe.length > 0)
    findings.push(
      problem(
        CHECK,
        `a record counts as durable on one broker alone: ${names(unsafe)}`,
        `set \`${MIN_ISR}=2\` on them`,
      ),
    );
  if (brokers >= 3 && there.every(({ replicas }) => replicas < 3) && wanted < 3)
    findings.push(
      warning(CHECK, `${brokers} brokers, and each record on ${wanted}`, 'set `stream.kafka.replicas: 3` and reassign'),
    );
  if (findings.length > 0) return findings;
  const least = Math.min(...there.map(({ replicas }) => replicas));
  return [
    least === 1
      ? warning(
          CHECK,
          'each record stands on one broker: its disk is the only copy',
          'three brokers and `stream.kafka.replicas: 3` survive the loss of one',
        )
      : ok(CHECK, `${least} copies, in sync; a record counts once ${Math.min(...there.map(minOf))} have it`),
  ];
}
