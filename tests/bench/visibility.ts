/**
 * From a finding to its contraction at a gateway, through Kafka and Redis, while detection works off telemetry at a steady
 * rate: findings are handed to response's topic and their contractions waited for as a gateway hears of them.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Finding } from '../../schemas/finding.js';
import { packageRoot } from '../../services/runtime/package-root.js';
import { type KafkaPeer, plainClient } from '../peers/kafka.js';
import type { RedisPeer } from '../peers/redis.js';
import { distributedDrivers } from '../runtime/kafka/distributed.js';
import { Cluster } from '../scenarios/cluster.js';
import { enforceAll } from '../scenarios/enforce-all.js';
import { distribution, inMs } from './distribution.js';
import type { Telemetry } from './kafka.js';

const RATE = 5_000;
const FINDINGS = 300;
const EVERY_MS = 40;
const HOP = 'bare-hop';

const findingOf = (index: number): Finding => ({
  schemaVersion: 1,
  id: `bench-finding-${index}`,
  tenant: 'default',
  detector: 'injection',
  codeVersion: '1',
  type: 'injection.indirect',
  title: 'Something is wrong',
  entity: { tenant: 'default', type: 'session', id: `bench-session-${index}` },
  primary: true,
  eventId: `bench-event-${index}`,
  agentId: `bench-agent-${index}`,
  sessionId: `bench-session-${index}`,
  userId: 'u1',
  trust: 'authenticated',
  timeMs: Date.now(),
  confidence: 0.95,
  severity: 'high',
  evidence: { observed: 'x', eventIds: [`bench-event-${index}`] },
  atlas: ['AML.T0051.001'],
  owasp: ['ASI01'],
  pillar: 'applications',
});

/** So many seconds of the load are over before the first finding: processes that were just started are no measure. */
const WARM_MS = 6_000;
const EVENTS = 20_000;

/** The load, until it is asked to end; then events a second. */
async function steadyLoad(dir: string, events: readonly Telemetry[]): Promise<() => Promise<number>> {
  const file = join(dir, 'events.jsonl');
  writeFileSync(
    file,
    events
      .slice(0, EVENTS)
      .map((event) => JSON.stringify(event))
      .join('\n'),
  );
  const script = join(packageRoot(), 'dist', 'tests', 'bench', 'steady-load.js');
  const child = fork(script, [join(dir, 'stepdown.yaml'), file, String(RATE)]);
  await once(child, 'message');
  return async () => {
    const answered = once(child, 'message');
    child.send('enough');
    const [rate] = (await answered) as [number];
    return rate;
  };
}

/** What the broker alone takes, beside the same load: a bare client's message until a bare client has it, in milliseconds. */
async function bareHop(kafka: KafkaPeer): Promise<{ send(): void; end(): Promise<number[]> }> {
  const client = plainClient(kafka.brokers);
  const admin = client.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic: HOP, numPartitions: 1 }] });
  await admin.disconnect();
  const [producer, consumer] = [client.producer(), client.consumer({ groupId: HOP, maxWaitTimeInMs: 250 })];
  const took: number[] = [];
  await Promise.all([producer.connect(), consumer.connect()]);
  await consumer.subscribe({ topic: HOP, fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachBatch: async ({ batch }) => {
      const at = performance.now();
      for (const { value } of batch.messages) took.push(at - Number(value?.toString()));
    },
  });
  return {
    send: () =>
      void producer
        .send({ topic: HOP, acks: -1, messages: [{ value: String(performance.now()) }] })
        .catch(() => undefined),
    end: async () => {
      await Promise.all([producer.disconnect(), consumer.disconnect()]);
      return took;
    },
  };
}

export async function benchVisibility(
  servers: { kafka: KafkaPeer; redis: RedisPeer },
  events: readonly Telemetry[],
): Promise<void> {
  const drivers = distributedDrivers(servers.kafka, servers.redis, { partitions: 4, sessionTimeout: '10s' });
  const cluster = await Cluster.create(drivers, enforceAll(), ['respond', 'detect']);
  try {
    await cluster.startAll();
    const { stream } = await cluster.drivers();
    const sentAt = new Map<string, number>();
    const seen = new Map<string, number>();
    // As a gateway follows them: all partitions, nothing committed.
    const following = await stream.subscribe({
      topic: 'contractions',
      group: 'bench-gateway',
      from: 'latest',
      each: { sinceMs: 0 },
      handler: async (records) => {
        const at = performance.now();
        for (const { value } of records) {
          if (value.kind !== 'contraction') continue;
          for (const id of value.contraction.findingIds) if (!seen.has(id)) seen.set(id, at);
        }
      },
    });
    const hop = await bareHop(servers.kafka);
    const endLoad = await steadyLoad(cluster.dir, events);
    const pause = async (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
    await pause(WARM_MS);
    for (let index = 0; index < FINDINGS; index++) {
      const finding = findingOf(index);
      sentAt.set(finding.id, performance.now());
      await stream.append([
        {
          topic: 'signals',
          key: finding.sessionId,
          value: { kind: 'finding', tenant: 'default', timeMs: Date.now(), finding },
        },
      ]);
      await pause(EVERY_MS / 2);
      hop.send();
      await pause(EVERY_MS / 2);
    }
    for (const until = Date.now() + 20_000; seen.size < FINDINGS && Date.now() < until;) await pause(20);
    const rate = await endLoad();
    const hops = await hop.end();
    const lag = (await stream.state('telemetry', 'detect')).reduce(
      (sum, { end, start, committed }) => sum + Math.max(0, end - Math.max(start, committed + 1)),
      0,
    );
    const took = [...sentAt].flatMap(([id, sent]) => {
      const heard = seen.get(id);
      return heard === undefined ? [] : [heard - sent];
    });
    console.log(
      `                finding → contraction at a gateway, beside ${Math.round(rate).toLocaleString('en')} events/s (aim p99 ≤ 50 ms), ${lag} records behind at the end, ${FINDINGS - took.length} not heard of`,
    );
    console.log(`                ${inMs(distribution(took))}`);
    console.log(
      '                beside it one bare message from a client over the broker to a client; a finding takes two such ways',
    );
    console.log(`                ${inMs(distribution(hops))}`);
    await following.stop();
  } finally {
    await cluster.remove();
  }
}
