/** Whether topics keep records as long as configured, and take records as large. */
import { topicPlan, type TopicStanding } from '../../../runtime/stream/kafka/topics.js';
import { formatDuration } from '../../../runtime/config.js';
import { type Check, ok, problem, warning } from '../finding.js';
import type { KafkaConfigured } from './configured.js';

const CHECK = 'kafka settings';

export function retentionCheck(topics: readonly TopicStanding[], config: KafkaConfigured): Check[] {
  const wanted = new Map(topicPlan(config).map(({ name, config: entries }) => [name, entries]));
  const known = topics.filter(({ config: entries }) => entries !== undefined);
  if (known.length === 0) return [];
  const findings: Check[] = [];
  for (const { name, topic, config: entries = {} } of known) {
    const plan = wanted.get(name) ?? {};
    const [keeps, should] = [Number(entries['retention.ms']), Number(plan['retention.ms'])];
    // -1: for ever.
    if (keeps >= 0 && keeps < should)
      findings.push(
        (topic === 'contractions' ? problem : warning)(
          CHECK,
          `${name} keeps records for ${formatDuration(keeps)}, not ${formatDuration(should)}`,
          `set \`retention.ms=${should}\` on it, or lower \`retention.${topic}\``,
        ),
      );
    if (Number(entries['max.message.bytes']) < Number(plan['max.message.bytes']))
      findings.push(
        warning(
          CHECK,
          `${name} refuses records above ${entries['max.message.bytes']} bytes`,
          `set \`max.message.bytes=${plan['max.message.bytes']}\` on it, or lower \`stream.kafka.maxRecord\``,
        ),
      );
    if (entries['unclean.leader.election.enable'] === 'true')
      findings.push(
        problem(
          CHECK,
          `${name} lets a broker lead that has lost records`,
          'set `unclean.leader.election.enable=false` on it',
        ),
      );
  }
  return findings.length > 0 ? findings : [ok(CHECK, 'retention and record sizes as configured')];
}
