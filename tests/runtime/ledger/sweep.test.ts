/**
 * A lease ends although the schedule lost it: response's own ledger is swept. Over SQLite, and over a real Redis whose
 * timers and BullMQ jobs are deleted.
 */
import { afterEach, describe, expect, it } from 'vitest';
import type { Contraction } from '../../../schemas/contraction.js';
import type { Signal } from '../../../schemas/signal.js';
import { createRespondMachine } from '../../../services/respond/machine.js';
import { liveKeys } from '../../../services/respond/keys.js';
import { OrderedCheckpoint } from '../../../services/runtime/checkpoint/ordered.js';
import { WallClock } from '../../../services/runtime/clock.js';
import type { Drivers } from '../../../services/runtime/drivers.js';
import { createLog, type Log } from '../../../services/runtime/log.js';
import { Worker } from '../../../services/runtime/worker.js';
import type { WorkerOptions } from '../../../services/runtime/worker/options.js';
import { redisMissing, type RedisPeer, redisPeer } from '../../peers/redis.js';
import { describeWithPeer } from '../../peers/with-peer.js';
import { finding, playbooksOf } from '../../respond/rig.js';
import { openRedisDrivers } from '../redis/fixture.js';
import { openFixture } from '../sqlite/fixture.js';

const MINUTES_LATER = 4 * 60_000;
/** Ends after three minutes; in observe mode nothing renews it in between. */
const shortLived = (mode: 'enforce' | 'observe') => `
id: short
title: Ends soon
version: 1
mode: ${mode}
trigger: {finding: injection.indirect}
target: session
contract: [{tool.block: {tools: [send_*]}}]
revert: {until: {quiet: {below: 30, for: 1m}}, max: 3m}
incident: {severity: high}
`;

/** What a test says of its engine: the parts, and how everything that would wake an owner is lost. */
interface Rig {
  drivers: Pick<Drivers, 'stream' | 'store' | 'schedule' | 'checkpoint'>;
  /** The process ends, and another opens the same. */
  reopen(): Promise<void>;
  lose(): Promise<void>;
  remove(): Promise<void>;
}

let rig: Rig | undefined;
let worker: Worker<Signal> | undefined;
let warnings: string[] = [];
afterEach(async () => {
  await worker?.stop();
  await rig?.remove();
  [rig, worker, warnings] = [undefined, undefined, []];
});

const listening = (): Log =>
  createLog(
    { log: { level: 'warn', format: 'json' }, timezone: 'UTC' },
    { destination: { write: (line) => void warnings.push((JSON.parse(line) as { msg: string }).msg) } },
  );

/** A clock that tests set forward, as if the time had passed. */
class JumpingClock extends WallClock {
  aheadMs = 0;
  override now(): number {
    return super.now() + this.aheadMs;
  }
}

async function begin(clock: WallClock, mode: 'enforce' | 'observe', more: Partial<WorkerOptions<Signal>> = {}) {
  const machine = createRespondMachine({
    playbooks: playbooksOf(shortLived(mode)),
    riskHalfLifeMs: 60_000,
    leaseMs: 60_000,
    incidentsPerPlaybookPerHour: 20,
  });
  const { drivers } = rig as Rig;
  worker = new Worker<Signal>({
    machine,
    topic: 'signals',
    drivers,
    clock,
    log: listening(),
    sweepEveryMs: 20,
    ...more,
  });
  await worker.start();
  return worker;
}

async function contract(clock: WallClock, session: string): Promise<void> {
  const made = finding({ timeMs: clock.now(), session });
  const { stream } = (rig as Rig).drivers;
  await stream.append([
    {
      topic: 'signals',
      key: session,
      value: { kind: 'finding', tenant: 'default', timeMs: clock.now(), finding: made },
    },
  ]);
  await worker?.settled();
}

const live = async (): Promise<Contraction[]> =>
  (await (rig as Rig).drivers.store.scan<Contraction>(liveKeys)).map(({ value }) => value);
const told = async (): Promise<Contraction[]> =>
  (await (rig as Rig).drivers.stream.read('contractions', { from: 0, limit: 10_000 })).flatMap(({ value }) =>
    value.kind === 'contraction' ? [value.contraction] : [],
  );
async function until(what: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 10_000; !(await what());) {
    if (Date.now() > end) throw new Error(`it does not come: ${warnings.join('; ')}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Each once, and nothing else was wrong. What stood in the last checkpoint is set anew by it, and so was not lost. */
const areMadeUpFor = (lines: readonly string[]): boolean =>
  lines.length >= 2 && lines.length <= 5 && lines.every((line) => line === 'a timer was lost and is made up for');

/** The cases are the same, whatever the schedule is. */
function sweeps(open: () => Promise<Rig>): void {
  for (const mode of ['enforce', 'observe'] as const) {
    it(`ends what the schedule has lost while nobody was there, once (${mode})`, async () => {
      rig = await open();
      const clock = new JumpingClock();
      await begin(clock, mode);
      for (const session of ['s1', 's2', 's3']) await contract(clock, session);
      expect(await live()).toHaveLength(3);
      await worker?.stop();
      await rig.reopen();
      await rig.lose();
      expect(await rig.drivers.schedule.due('respond', Number.MAX_VALUE, 10)).toEqual([]);
      clock.aheadMs += MINUTES_LATER;
      await begin(clock, mode);
      await until(async () => (await live()).length === 0);
      // A second sweep, and what else would end it, find nothing left to do.
      await new Promise((resolve) => setTimeout(resolve, 100));
      const ends = (await told()).filter(({ state }) => state === 'ended');
      expect(ends.map(({ target }) => target.id).sort()).toEqual(['s1', 's2', 's3']);
      expect(ends.flatMap(({ effects }) => effects).every(({ state }) => state === 'reverted')).toBe(true);
      expect(areMadeUpFor(warnings)).toBe(true);
    });
  }

  it('gives a lease its timer back before its time, and makes up for nothing that is there', async () => {
    rig = await open();
    const clock = new JumpingClock();
    await begin(clock, 'enforce', { maxTimers: 2 });
    for (const session of ['s1', 's2', 's3', 's4', 's5']) await contract(clock, session);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(warnings).toEqual([]);
    await worker?.stop();
    await rig.reopen();
    await rig.lose();
    await begin(clock, 'enforce');
    const { schedule } = rig.drivers;
    const timers = async () =>
      (await schedule.due('respond', Number.MAX_VALUE, 100)).filter(({ id }) => id.startsWith('contraction:'));
    await until(async () => (await timers()).length === 5);
    expect(await live()).toHaveLength(5);
    expect((await told()).some(({ state }) => state === 'ended')).toBe(false);
    expect(areMadeUpFor(warnings)).toBe(true);
  });
}

describe('the ledger’s sweep, embedded', () => {
  sweeps(async () => {
    const fixture = await openFixture();
    return {
      get drivers() {
        return fixture.drivers;
      },
      reopen: async () => void (await fixture.reopen()),
      lose: async () => {
        const { schedule } = fixture.drivers;
        const all = await schedule.due('respond', Number.MAX_VALUE, 1_000);
        await schedule.cancel(
          'respond',
          all.map(({ id }) => id),
        );
      },
      remove: async () => fixture.remove(),
    };
  });
});

describeWithPeer('the ledger’s sweep, with Redis', redisMissing(), () => {
  let peer: RedisPeer | undefined;
  afterEach(async () => {
    await peer?.remove();
    peer = undefined;
  });
  sweeps(async () => {
    const server = await redisPeer();
    peer = server;
    // The topics are embedded: what is lost here is Redis's.
    const fixture = await openFixture();
    const openParts = async () => {
      const redis = await openRedisDrivers({ url: server.url });
      const { stream } = fixture.drivers;
      const { store, schedule } = redis;
      return {
        redis,
        drivers: { stream, store, schedule, checkpoint: new OrderedCheckpoint({ stream, store, schedule }) },
      };
    };
    let parts = await openParts();
    return {
      get drivers() {
        return parts.drivers;
      },
      reopen: async () => {
        await parts.redis.close();
        parts = await openParts();
      },
      // The owner's timers, and every key of BullMQ.
      lose: async () => {
        const keys = (await server.cli('keys', '*')).split('\n');
        const gone = keys.filter((key) => key.includes('{alarms}') || /:(timers|payloads)$/.test(key));
        expect(gone.some((key) => key.includes('{alarms}'))).toBe(true);
        expect(gone.some((key) => key.endsWith(':timers'))).toBe(true);
        await server.cli('del', ...gone);
      },
      remove: async () => {
        await parts.redis.close();
        await fixture.remove();
      },
    };
  });
});
