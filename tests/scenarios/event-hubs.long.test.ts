/**
 * Two `stepdown run ingest` on Kafka and Redis that share an event hub; one is killed while it reads. Every record arrives,
 * in order per partition, and what arrives twice has the same id.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { EventOf } from '../../schemas/event.js';
import { loadConfig } from '../../services/runtime/config.js';
import { WallClock } from '../../services/runtime/clock.js';
import { openDrivers } from '../../services/runtime/drivers.js';
import { silentLog } from '../../services/runtime/log.js';
import { EventHubsPeer } from '../peers/event-hubs.js';
import { KafkaPeer } from '../peers/kafka.js';
import { redisMissing, redisPeer } from '../peers/redis.js';
import { describeWithPeer } from '../peers/with-peer.js';

const bin = join(import.meta.dirname, '..', '..', 'dist', 'services', 'cli', 'stepdown.js');
const PARTITIONS = 4;
const ROUNDS = 3;
const EACH = 100;

/** Whatever ended it: who is ended by a signal has no exit code. */
async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  await new Promise((resolve) => child.once('exit', resolve));
}

describeWithPeer('several ingest processes on one hub', (await KafkaPeer.missing()) ?? redisMissing(), () => {
  it('lose and double nothing when one is killed', { timeout: 180_000 }, async () => {
    const dir = mkdtempSync(join(tmpdir(), 'stepdown-hub-'));
    const hub = new EventHubsPeer({ partitions: PARTITIONS });
    await hub.start();
    const [kafka, redis] = [await KafkaPeer.start(), await redisPeer()];
    const children: ChildProcess[] = [];
    const ready: Promise<unknown>[] = [];
    const settings = {
      stream: { driver: 'kafka', kafka: { brokers: kafka.brokers, partitions: 2 } },
      store: { driver: 'redis', redis: { url: redis.url } },
      schedule: { driver: 'bullmq' },
      detect: { inspection: { models: 'fast' } },
      ingest: {
        otlp: { enabled: false },
        sources: [
          { type: 'eventhubs', connectionString: hub.connectionString, ownership: '2s', maxBatch: 20, prefetch: 20 },
        ],
      },
      log: { level: 'warn' },
      metrics: { port: 0 },
    };
    const start = (): void => {
      const file = join(dir, `${children.length}.yaml`);
      writeFileSync(file, JSON.stringify({ ...settings, dataDir: join(dir, `data-${children.length}`) }));
      const child = spawn(process.execPath, [bin, 'run', 'ingest', '--config', file], {
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      children.push(child);
      ready.push(once(child.stdout, 'data'));
    };
    const drivers = await openDrivers(
      loadConfig({ env: {}, overrides: { ...settings, dataDir: join(dir, 'reader') } }),
      silentLog(),
      new WallClock(),
    );
    const stored = async (): Promise<EventOf<'prompt'>[]> => {
      const partitions = await Promise.all(
        [0, 1].map((partition) => drivers.stream.read('telemetry', { partition, from: 0, limit: 100_000 })),
      );
      return partitions.flat().map(({ value }) => value as EventOf<'prompt'>);
    };
    try {
      start();
      start();
      for (let round = 0; round < ROUNDS; round++) {
        for (let partition = 0; partition < PARTITIONS; partition++)
          for (let index = 0; index < EACH; index++)
            hub.append(partition, {
              body: JSON.stringify({ kind: 'prompt', agent: { id: `a${partition}` }, text: `${round * EACH + index}` }),
            });
        for (const until = performance.now() + 60_000; ; await new Promise((resolve) => setTimeout(resolve, 100))) {
          // A broker that was just started answers that its coordinators are loading.
          const seen = new Set((await stored().catch(() => [])).map(({ id }) => id)).size;
          // The second round is cut: one dies with records in its hands, and another comes.
          if (round === 1 && seen > (round + 0.2) * EACH * PARTITIONS && children.length === 2) {
            children[0]?.kill('SIGKILL');
            start();
          }
          if (seen === (round + 1) * EACH * PARTITIONS && (round !== 1 || children.length === 3)) break;
          if (performance.now() > until) throw new Error(`${seen} events: ${JSON.stringify(hub.reading())}`);
        }
      }
      const events = await stored();
      for (let partition = 0; partition < PARTITIONS; partition++) {
        const first = new Map(
          events.filter(({ agent }) => agent.id === `a${partition}`).map(({ id, text }) => [id, text]),
        );
        expect([...first.values()]).toEqual(Array.from({ length: ROUNDS * EACH }, (_, index) => String(index)));
      }
      const survivors = children.slice(1);
      // Whoever is told to end before it has begun ends at once, by the signal.
      await Promise.all(ready);
      for (const child of survivors) child.kill('SIGTERM');
      await Promise.all(survivors.map(async (child) => ended(child)));
      expect(survivors.map(({ exitCode, signalCode }) => exitCode ?? signalCode)).toEqual([0, 0]);
    } finally {
      for (const child of children) child.kill('SIGKILL');
      await drivers.close();
      await Promise.all([hub.stop(), redis.remove(), kafka.stop()]);
      rmSync(dir, { recursive: true, force: true });
    }
  });
});
