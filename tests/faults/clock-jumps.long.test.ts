/** The clock of the process that keeps leases is set a day ahead and a day back while they live: each is made once and ends, once. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { liveKeys } from '../../services/respond/keys.js';
import { KafkaPeer } from '../peers/kafka.js';
import { redisMissing, redisPeer } from '../peers/redis.js';
import { describeWithPeer } from '../peers/with-peer.js';
import { finding } from '../respond/rig.js';
import { distributedDrivers } from '../runtime/kafka/distributed.js';
import { Cluster } from '../scenarios/cluster.js';
import { SHORT_PLAYBOOK } from './short-playbook.js';

const DAY_MS = 86_400_000;

describeWithPeer('a clock that is set by a day', (await KafkaPeer.missing()) ?? redisMissing(), () => {
  it('ends every lease, each once', { timeout: 600_000 }, async () => {
    const dir = mkdtempSync(join(tmpdir(), 'stepdown-clock-jumps-'));
    const file = join(dir, 'short.yaml');
    writeFileSync(file, SHORT_PLAYBOOK);
    const [kafka, redis] = [await KafkaPeer.start(), await redisPeer()];
    const cluster = await Cluster.create(distributedDrivers(kafka, redis, { partitions: 1 }), '', ['respond'], {
      respond: { playbooks: [file] },
    });
    try {
      await cluster.startAll();
      const { stream, store } = await cluster.drivers();
      const told: string[] = [];
      const live = async (): Promise<number> => (await store.scan(liveKeys, { limit: 100 })).length;
      const contract = async (): Promise<void> => {
        const session = `s${told.length}`;
        const made = finding({ id: `f-${session}`, session, timeMs: Date.now() });
        told.push(session);
        await stream.append([
          {
            ...{ topic: 'signals', key: session },
            value: { kind: 'finding', tenant: 'default', timeMs: made.timeMs, finding: made },
          },
        ]);
        await vi.waitFor(async () => expect(await live()).toBe(1), { timeout: 60_000, interval: 20 });
      };
      const ends = async (): Promise<void> =>
        vi.waitFor(async () => expect(await live()).toBe(0), { timeout: 60_000, interval: 100 });
      // Ahead and back while a lease lives, and leases that are made after each.
      for (const aheadMs of [0, DAY_MS, 0, -DAY_MS, 0]) {
        await contract();
        cluster.setClock(0, aheadMs);
        await ends();
        await contract();
        await ends();
      }
      const ended: string[] = [];
      for (const { value } of await stream.read('contractions', { from: 0, limit: 10_000 }))
        if (value.kind === 'contraction' && value.contraction.state === 'ended')
          ended.push(value.contraction.target.id);
      expect(ended.sort()).toEqual([...told].sort());
      expect(await cluster.unready()).toEqual([]);
      expect(cluster.fallen).toEqual([]);
    } finally {
      await cluster.remove();
      await redis.remove();
      await kafka.stop();
      rmSync(dir, { recursive: true });
    }
  });
});
