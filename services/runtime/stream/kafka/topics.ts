/**
 * The topics in Kafka: what they are called, how many partitions they have and what the broker is told of them.
 *
 * The number of partitions of a topic is fixed for the life of its keys' states: another number sends keys elsewhere.
 * `stepdown topics resize` changes it when nothing is under way.
 */
import kafkajs, { type Admin } from 'kafkajs';
import { type Topic, TOPICS } from '../../../../schemas/topics.js';
import type { Config } from '../../config.js';
import { StepdownError } from '../../errors.js';
import type { Log } from '../../log.js';
import { kafkaFault } from './faults.js';
import { patiently } from './patience.js';
import { type KafkaSettings, maxRecordBytes } from './settings.js';

// Node does not find this name of the client's by itself; it stands on the module as a whole.
const { ConfigResourceTypes } = kafkajs;

/** Few records, or read by one reader at a time: one partition, so that they have one order. */
const ONE_PARTITION: ReadonlySet<Topic> = new Set(['incidents', 'approvals', 'audit', 'deadletter']);
/** Room for keys, headers and the batch around the largest record. */
const OVERHEAD_BYTES = 64 * 1024;

export function topicName(settings: Pick<KafkaSettings, 'prefix'>, topic: Topic): string {
  return `${settings.prefix}${topic}`;
}

export interface TopicPlan {
  topic: Topic;
  name: string;
  partitions: number;
  replicas: number;
  config: Record<string, string>;
}

/** What a topic is to be, as the configuration says. */
export function topicPlan(config: Pick<Config, 'stream' | 'retention'>): TopicPlan[] {
  const { kafka } = config.stream;
  return TOPICS.map((topic) => ({
    topic,
    name: topicName(kafka, topic),
    partitions: ONE_PARTITION.has(topic) ? 1 : kafka.partitions,
    replicas: kafka.replicas,
    config: {
      // Said also where it is what brokers do by themselves: an operator may have told them otherwise for all topics.
      'cleanup.policy': 'delete',
      'retention.ms': String(retentionMs(config.retention, topic)),
      'retention.bytes': '-1',
      'max.message.bytes': String(maxRecordBytes(kafka) + OVERHEAD_BYTES),
      'min.insync.replicas': String(kafka.replicas >= 3 ? 2 : 1),
      // By the broker's clock: of a writer whose clock is ahead it takes nothing else, and what one that is behind writes
      // would be dropped too soon.
      'message.timestamp.type': 'LogAppendTime',
      // A broker that lost what others have must not lead: contractions are records here.
      'unclean.leader.election.enable': 'false',
    },
  }));
}

function retentionMs(retention: Config['retention'], topic: Topic): number {
  return retention[`${topic}Ms`];
}

export interface TopicStanding {
  topic: Topic;
  name: string;
  wanted: number;
  /** Absent: the topic is not there. */
  partitions?: number;
  replicas?: number;
  /** Replicas that are in sync, of the partition that has the fewest. */
  inSync?: number;
  config?: Record<string, string>;
}

/** What is there, for people and for the doctor. */
export async function describeTopics(
  admin: Admin,
  config: Pick<Config, 'stream' | 'retention'>,
): Promise<TopicStanding[]> {
  const plan = topicPlan(config);
  const known = await partitionsByTopic(
    admin,
    plan.map(({ name }) => name),
  );
  const present = plan.filter(({ name }) => known.has(name));
  const settings = new Map<string, Record<string, string>>();
  if (present.length > 0 && config.stream.kafka.preset !== 'event-hubs') {
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: present.map(({ name, config: wanted }) => ({
        type: ConfigResourceTypes.TOPIC,
        name,
        configNames: Object.keys(wanted),
      })),
    });
    for (const { resourceName, configEntries } of resources)
      settings.set(
        resourceName,
        Object.fromEntries(configEntries.map(({ configName, configValue }) => [configName, configValue])),
      );
  }
  return plan.map(({ topic, name, partitions }) => {
    const there = known.get(name);
    const own = settings.get(name);
    return {
      topic,
      name,
      wanted: partitions,
      ...(there === undefined
        ? {}
        : {
            partitions: there.length,
            replicas: Math.min(...there.map(({ replicas }) => replicas)),
            inSync: Math.min(...there.map(({ inSync }) => inSync)),
          }),
      ...(own === undefined ? {} : { config: own }),
    };
  });
}

/** Partitions of the topics that are there. */
export async function partitionsByTopic(
  admin: Admin,
  names: readonly string[],
): Promise<Map<string, { replicas: number; inSync: number }[]>> {
  // Asking for a name that is not there fails for all, so what is there is asked first.
  const all = new Set(await patiently(async () => admin.listTopics()));
  const present = names.filter((name) => all.has(name));
  if (present.length === 0) return new Map();
  const { topics } = await patiently(async () => admin.fetchTopicMetadata({ topics: present }));
  return new Map(
    topics.map(({ name, partitions }) => [
      name,
      partitions.map(({ replicas, isr }) => ({ replicas: replicas.length, inSync: isr.length })),
    ]),
  );
}

/**
 * How many partitions each topic has. What is there decides: sending by another number would part what belongs together.
 * @throws StepdownError `not-found` where a topic is missing
 */
export async function partitionCounts(
  admin: Admin,
  config: Pick<Config, 'stream' | 'retention'>,
  log: Pick<Log, 'warn'>,
): Promise<Map<Topic, number>> {
  const plan = topicPlan(config);
  const known = await partitionsByTopic(
    admin,
    plan.map(({ name }) => name),
  );
  return new Map(
    plan.map(({ topic, name, partitions }) => {
      const there = known.get(name)?.length;
      if (there === undefined)
        throw new StepdownError('not-found', `Kafka has no topic ${name}`, { mend: 'run `stepdown topics create`' });
      if (there !== partitions)
        log.warn(
          { topic: name, there, configured: partitions },
          'a topic has another number of partitions; see `stepdown topics`',
        );
      return [topic, there];
    }),
  );
}

/** Makes what is not there; what is there stays as it is. Resolves with the names it made. */
export async function createTopics(admin: Admin, config: Pick<Config, 'stream' | 'retention'>): Promise<string[]> {
  const plan = topicPlan(config);
  const known = new Set(await patiently(async () => admin.listTopics()));
  const missing = plan.filter(({ name }) => !known.has(name));
  if (missing.length === 0) return [];
  if (config.stream.kafka.preset === 'event-hubs')
    throw new StepdownError('not-found', `Event Hubs lacks ${missing.map(({ name }) => name).join(', ')}`, {
      mend: 'create these event hubs in the namespace, e.g. with infra/: its Kafka endpoint cannot',
    });
  try {
    await admin.createTopics({
      waitForLeaders: false,
      topics: missing.map(({ name, partitions, replicas, config: entries }) => ({
        topic: name,
        numPartitions: partitions,
        replicationFactor: replicas,
        configEntries: Object.entries(entries).map(([key, value]) => ({ name: key, value })),
      })),
    });
    const names = missing.map(({ name }) => name);
    // Brokers hear of a new topic a moment after the controller made it.
    await patiently(async () => {
      const { topics } = await admin.fetchTopicMetadata({ topics: names });
      for (const { name } of topics) await admin.fetchTopicOffsets(name);
    });
    return names;
  } catch (error) {
    throw kafkaFault(error, 'create topics');
  }
}
