/** Whether the broker treats our topics as the engine relies on: what it keeps and for how long, what it takes, who may lead. */
import { topicPlan, type TopicStanding } from '../../../runtime/stream/kafka/topics.js';
import { formatDuration, formatSize } from '../../../runtime/config.js';
import type { Topic } from '../../../../schemas/topics.js';
import { type Check, ok, problem, warning } from '../finding.js';
import type { KafkaConfigured } from './configured.js';

const CHECK = 'kafka settings';

/** One setting of one topic that is not as it should be. */
interface Deviation {
  grave: boolean;
  detail: string;
  /** What to give `--add-config`; and what else would do. */
  set: string;
  otherwise?: string;
}

interface Topical {
  topic: Topic;
  is: string;
  should: string;
}

/** What each setting is to us; `undefined`: it is as it should be. */
const SETTINGS: Readonly<Record<string, (topical: Topical) => Omit<Deviation, 'set'> | undefined>> = {
  // Nothing of a contraction is in force, and none can be rebuilt, once its records are gone.
  'retention.ms': ({ topic, is, should }) =>
    isBelow(is, should)
      ? {
          grave: topic === 'contractions',
          detail: `keeps records for ${formatDuration(Number(is))}, not ${formatDuration(Number(should))}`,
          otherwise: `lower \`retention.${topic}\``,
        }
      : undefined,
  'retention.bytes': ({ topic, is, should }) =>
    isBelow(is, should)
      ? {
          grave: topic === 'contractions',
          detail: `drops records beyond ${formatSize(Number(is))} in a partition, however new they are`,
        }
      : undefined,
  // Records of one key are no versions of one thing: compaction would drop all events of a service but the last.
  'cleanup.policy': ({ is }) =>
    is.split(',').includes('compact')
      ? { grave: true, detail: 'drops all records of a key but the newest (it is compacted)' }
      : undefined,
  'max.message.bytes': ({ is, should }) =>
    Number(is) < Number(should)
      ? { grave: false, detail: `refuses records above ${is} bytes`, otherwise: 'lower `stream.kafka.maxRecord`' }
      : undefined,
  'message.timestamp.type': ({ is, should }) =>
    is === should
      ? undefined
      : {
          grave: false,
          detail:
            'believes the clocks of those who write: it refuses records of a machine that is far ahead, and drops those of one that is behind too soon',
        },
  'unclean.leader.election.enable': ({ is }) =>
    is === 'true' ? { grave: true, detail: 'lets a broker lead that has lost records' } : undefined,
};

export function topicSettingsCheck(topics: readonly TopicStanding[], config: KafkaConfigured): Check[] {
  const wanted = new Map(topicPlan(config).map(({ name, config: entries }) => [name, entries]));
  const known = topics.filter(({ config: entries }) => entries !== undefined);
  if (known.length === 0) return [];
  const findings = known.flatMap(({ name, topic, config: entries = {} }) =>
    Object.entries(SETTINGS).flatMap(([setting, look]): Check[] => {
      const [is, should] = [entries[setting], wanted.get(name)?.[setting]];
      // Brokers that are not Apache's do not know every setting.
      const found = is === undefined || should === undefined ? undefined : look({ topic, is, should });
      if (found === undefined) return [];
      const { grave, detail, otherwise } = found;
      const set = `kafka-configs.sh --bootstrap-server ${config.stream.kafka.brokers[0] ?? '…'} --alter --entity-type topics --entity-name ${name} --add-config ${setting}=${should}`;
      const mend = otherwise === undefined ? `run \`${set}\`` : `run \`${set}\`, or ${otherwise}`;
      return [(grave ? problem : warning)(CHECK, `${name} ${detail}`, mend)];
    }),
  );
  return findings.length > 0
    ? findings
    : [ok(CHECK, 'retention, cleanup, timestamps and record sizes as configured; no broker leads that lost records')];
}

/** -1: without a limit. */
function isBelow(is: string, should: string): boolean {
  return Number(is) >= 0 && (Number(should) < 0 || Number(is) < Number(should));
}
