/**
 * From a finding to its contraction at a gateway, through Kafka and Redis, while detection works off telemetry at a steady
 * rate: findings are handed to response's topic and their contractions waited for as a gateway hears of them.
 */
import type { Finding } from '../../schemas/finding.js';
import type { KafkaPeer } from '../peers/kafka.js';
import type { RedisPeer } from '../peers/redis.js';
import { distributedDrivers } from '../runtime/kafka/distributed.js';
import { Cluster } from '../scenarios/cluster.js';
import { enforceAll } from '../scenarios/enforce-all.js';
import { distribution, inMs } from './distribution.js';
import type { Telemetry } from './kafka.js';

const RATE = 5_000;
const TICK_MS = 20;
const FINDINGS = 300;
const EVERY_MS = 40;

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
    let [at, told] = [0, 0];
    const load = setInterval(() => {
      const some = Array.from({ length: (RATE * TICK_MS) / 1_000 }, () => events[at++ % events.length] as Telemetry);
      told += some.length;
      // Each an event of its own: what is told twice is dropped early.
      stream
        .append(
          some.map((event, index) => ({ ...event, value: { ...event.value, id: `${event.value.id}-${at}-${index}` } })),
        )
        .catch(() => undefined);
    }, TICK_MS);
    const begun = performance.now();
    await new Promise((resolve) => setTimeout(resolve, 3_000));
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
      await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    }
    for (const until = Date.now() + 20_000; seen.size < FINDINGS && Date.now() < until;)
      await new Promise((resolve) => setTimeout(resolve, 20));
    clearInterval(load);
    const rate = told / ((performance.now() - begun) / 1_000);
    const lag = (await stream.state('telemetry', 'detect')).reduce(
      (sum, { end, start, committed }) => sum + Math.max(0, end - Math.max(start, committed + 1)),
      0,
    );
    const took = [...sentAt].flatMap(([id, sent]) => {
      const heard = seen.get(id);
      return heard === undefined ? [] : [heard - sent];
    });
    console.log(
      `                finding → contraction at a gateway, beside ${Math.round(rate).toLocaleString('en')} events/s (aim p99 ≤ 50 ms), ${lag} records behind at the end`,
    );
    console.log(`                ${inMs(distribution(took))}`);
    await following.stop();
  } finally {
    await cluster.remove();
  }
}
