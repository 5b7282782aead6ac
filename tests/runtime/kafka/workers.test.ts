import { expect, it, vi } from 'vitest';
import type { AuditEntry } from '../../../schemas/audit.js';
import { SCHEMA_VERSION } from '../../../schemas/common.js';
import type { Signal } from '../../../schemas/signal.js';
import { OrderedCheckpoint } from '../../../services/runtime/checkpoint/ordered.js';
import { WallClock } from '../../../services/runtime/clock.js';
import { type Drivers, openDrivers } from '../../../services/runtime/drivers.js';
import { silentLog } from '../../../services/runtime/log.js';
import { StepdownError } from '../../../services/runtime/errors.js';
import type { Machine } from '../../../services/runtime/machine.js';
import { Worker } from '../../../services/runtime/worker.js';
import { outgoing } from '../../conformance/records.js';
import { KafkaPeer } from '../../peers/kafka.js';
import { redisMissing } from '../../peers/redis.js';
import { suiteKafkaAndRedis } from '../../peers/suite-peers.js';
import { describeWithPeer } from '../../peers/with-peer.js';
import { distributedConfig } from './distributed.js';

/** Remembers the order in which a tenant's records came, says each once, and fires a timer a moment later. */
const REMEMBER: Machine<Signal> = {
  name: 'remember',
  timeOf: ({ timeMs }) => timeMs,
  keys: ({ tenant }) => [`seen/${tenant}`],
  step({ tenant, timeMs }, { states, emit, setTimer, nowMs }) {
    const seen = (states.get(`seen/${tenant}`) as number[] | undefined) ?? [];
    states.set(`seen/${tenant}`, [...seen, timeMs]);
    const said = { by: 'remember', act: 'remember', subject: tenant, reason: '', outcome: '' };
    const value: AuditEntry = {
      schemaVersion: SCHEMA_VERSION,
      id: `${tenant}/${timeMs}`,
      tenant,
      atMs: timeMs,
      ...said,
    };
    emit({ topic: 'audit', key: tenant, value });
    setTimer(`t/${tenant}/${timeMs}`, nowMs + 20, { tenant, timeMs });
  },
  timerKeys: (timer) => [`fired/${(timer.payload as { tenant: string }).tenant}`],
  onTimer(timer, { states }) {
    const { tenant, timeMs } = timer.payload as { tenant: string; timeMs: number };
    const fired = (states.get(`fired/${tenant}`) as number[] | undefined) ?? [];
    states.set(`fired/${tenant}`, [...fired, timeMs]);
  },
};

const missing = (await KafkaPeer.missing()) ?? redisMissing();
describeWithPeer('several workers on one topic', missing, () => {
  const peers = suiteKafkaAndRedis();

  it(
    'share it by partition, and whoever comes and goes, each record counts once and in order',
    { timeout: 120_000 },
    async () => {
      const config = distributedConfig(peers.kafka(), peers.redis(), { partitions: 6 });
      const opened: Drivers[] = [];
      const begin = async () => {
        const drivers = await openDrivers(config, silentLog(), new WallClock());
        opened.push(drivers);
        const worker = new Worker<Signal>({
          machine: REMEMBER,
          topic: 'signals',
          drivers,
          clock: new WallClock(),
          log: silentLog(),
          maxBatch: 7,
          maxTimers: 5,
        });
        await worker.start();
        return worker;
      };
      const tenants = Array.from({ length: 12 }, (_, index) => `tenant-${index}`);
      let sent = 0;
      const send = async (rounds: number) => {
        const { stream } = opened[0] as Drivers;
        for (let round = 0; round < rounds; round++, sent++)
          await stream.append(tenants.map((tenant) => outgoing(sent, tenant, tenant)));
      };
      const first = await begin();
      await send(10);
      const second = await begin();
      await send(10);
      const third = await begin();
      await send(10);
      await first.stop();
      await send(10);
      // The group deals partitions out anew after it noticed.
      const shared = () => new Set([...second.partitions, ...third.partitions]).size;
      for (const until = Date.now() + 20_000; shared() < 6 && Date.now() < until;)
        await new Promise((resolve) => setTimeout(resolve, 20));
      expect(shared()).toBe(6);
      await third.stop();
      await send(10);
      await second.settled();
      const { store, stream } = opened[1] as Drivers;
      const wanted = Array.from({ length: sent }, (_, index) => index);
      for (const tenant of tenants) expect((await store.get([`seen/${tenant}`]))[0]?.value).toEqual(wanted);
      // Timers belong to the partition, so the last owner fires what others have set.
      const fired = async () =>
        (await store.get<number[]>(tenants.map((tenant) => `fired/${tenant}`))).map(
          (document) => document?.value ?? [],
        );
      for (const until = Date.now() + 20_000; (await fired()).flat().length < sent * tenants.length;) {
        if (Date.now() > until) throw new Error('timers were lost');
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      for (const each of await fired()) expect([...each].sort((a, b) => a - b)).toEqual(wanted);
      const told = await stream.read('audit', { from: 0, limit: 100_000 });
      expect(new Set(told.map(({ value }) => value.id)).size).toBe(sent * tenants.length);
      await second.stop();
      for (const drivers of opened) await drivers.close();
    },
  );

  it('move a position up that a rebalance refused, though nothing more comes', { timeout: 60_000 }, async () => {
    const config = distributedConfig(peers.kafka(), peers.redis(), { partitions: 1 });
    const drivers = await openDrivers(config, silentLog(), new WallClock());
    const { stream, store, schedule } = drivers;
    let refuses = true;
    const checkpoint = new OrderedCheckpoint({
      store,
      schedule,
      stream: {
        append: async (records) => stream.append(records),
        commit: async (position) => {
          if (refuses) throw new StepdownError('not-owner', 'the group deals out anew');
          await stream.commit(position);
        },
      },
    });
    const options = { machine: REMEMBER, topic: 'signals', clock: new WallClock(), log: silentLog() } as const;
    const worker = new Worker<Signal>({ ...options, drivers: { ...drivers, checkpoint } });
    await worker.start();
    await stream.append([outgoing(0, 'k', 't'), outgoing(1, 'k', 't')]);
    const seen = async () => (await store.get(['seen/t']))[0]?.value;
    await vi.waitFor(async () => expect(await seen()).toEqual([0, 1]), 20_000);
    refuses = false;
    // Somebody joins and leaves again: the same worker has the same partition, and is given what it has worked off.
    const { prefix } = config.stream.kafka;
    const guest = peers
      .kafka()
      .client()
      .consumer({ groupId: `${prefix}remember`, rebalanceTimeout: 6_000, maxWaitTimeInMs: 50 });
    const joined = new Promise<void>((resolve) => guest.on(guest.events.GROUP_JOIN, () => resolve()));
    await guest.subscribe({ topic: `${prefix}signals` });
    await guest.run({ autoCommit: false, eachBatch: async () => undefined });
    await joined;
    await guest.disconnect();
    const committed = async () => (await stream.state('signals', 'remember'))[0]?.committed;
    await vi.waitFor(async () => expect(await committed()).toBe(1), 20_000);
    await worker.settled();
    expect(await seen()).toEqual([0, 1]);
    await worker.stop();
    await drivers.close();
  });
});
