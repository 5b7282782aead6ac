/** A Redis that goes back behind what it has answered, as one does whose replica takes over: its writer puts it right. */
import { afterEach, expect, it } from 'vitest';
import { OrderedCheckpoint } from '../../../services/runtime/checkpoint/ordered.js';
import type { Claim, Unit } from '../../../services/runtime/checkpoint/types.js';
import type { Write } from '../../../services/runtime/store/types.js';
import { redisMissing, type RedisPeer, redisPeer } from '../../peers/redis.js';
import { describeWithPeer } from '../../peers/with-peer.js';
import { openFixture } from '../sqlite/fixture.js';
import { openRedisDrivers } from './fixture.js';

const COPY = `
local from, to = ARGV[1], ARGV[2]
for _, key in ipairs(redis.call("KEYS", to .. ":*")) do redis.call("DEL", key) end
for _, key in ipairs(redis.call("KEYS", from .. ":*")) do redis.call("COPY", key, to .. string.sub(key, #from + 1)) end
return 1`;

describeWithPeer('a store that goes back', redisMissing(), () => {
  const cleaning: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const clean of cleaning.splice(0).reverse()) await clean();
  });

  async function open() {
    const peer: RedisPeer = await redisPeer();
    cleaning.push(async () => peer.remove());
    const drivers = await openRedisDrivers({ url: peer.url });
    const { store, schedule } = drivers;
    cleaning.push(async () => drivers.close());
    const fixture = await openFixture();
    cleaning.push(async () => fixture.remove());
    let interruptedAtMs: number | undefined;
    const parts = { stream: fixture.drivers.stream, store, schedule, interruptedAtMs: () => interruptedAtMs };
    const copy = async (from: string, to: string): Promise<void> => void (await peer.cli('eval', COPY, '0', from, to));
    return {
      store,
      schedule,
      checkpoint: new OrderedCheckpoint(parts),
      another: new OrderedCheckpoint(parts),
      keep: async () => copy('stepdown', 'kept'),
      goBack: async (said = true) => {
        await copy('kept', 'stepdown');
        if (said) interruptedAtMs = performance.now();
      },
    };
  }

  const unit = (claim: Claim, offset: number, writes: Write[], timers: Partial<Unit['timers']> = {}): Unit => ({
    outputs: [],
    writes: writes.map((write) => ({ ...write, seen: { epoch: 1, partition: 0, offset } })),
    timers: { set: [], cancel: [], done: [], ...timers },
    position: { group: 'w', topic: 'telemetry', partition: 0, offset },
    claim,
  });

  /** Two units, of which the second is answered and then lost. */
  async function lose(said = true) {
    const world = await open();
    const { checkpoint, store, schedule } = world;
    const claim = await checkpoint.claim('w');
    const set = (id: string) => ({ owner: 'w', id, dueMs: 5 });
    await checkpoint.commit(
      unit(
        claim,
        1,
        [
          { key: 'a', value: 1, expectVersion: 0 },
          { key: 'gone', value: 1, expectVersion: 0 },
        ],
        {
          set: [set('done'), set('stays')],
        },
      ),
    );
    await world.keep();
    await checkpoint.commit(
      unit(
        claim,
        2,
        [
          { key: 'a', value: 2, expectVersion: 1 },
          { key: 'new', value: 2, expectVersion: 0 },
          { key: 'gone', value: undefined, expectVersion: 1 },
        ],
        { set: [set('new')], done: [set('done')] },
      ),
    );
    await world.goBack(said);
    const is = async () => ({
      documents: (await store.scan(''))
        .filter(({ key }) => !key.startsWith('checkpoint/'))
        .map(({ key, value, seen }) => [key, value, seen?.offset]),
      timers: (await schedule.due('w', 10, 10)).map(({ id }) => id),
    });
    return { ...world, claim, is };
  }
  const WHOLE = {
    documents: [
      ['a', 2, 2],
      ['new', 2, 2],
    ],
    timers: ['new', 'stays'],
  };

  it('has again what was lost, timers too, when it is looked for', async () => {
    const { checkpoint, claim, is } = await lose();
    expect([...(await checkpoint.putBack(claim))].sort()).toEqual([
      ['a', 2],
      ['gone', 0],
      ['new', 1],
    ]);
    expect(await is()).toEqual(WHOLE);
    expect(await checkpoint.putBack(claim)).toEqual(new Map());
    expect(await checkpoint.claim('w')).toMatchObject({ position: { offset: 2 } });
  });

  it('has it again with the next unit, which is written once, and says the versions that documents have now', async () => {
    const { checkpoint, claim, is } = await lose();
    const outcome = await checkpoint.commit(unit(claim, 3, [{ key: 'a', value: 3, expectVersion: 2 }]));
    expect(outcome).toEqual({
      ok: true,
      versions: new Map([
        ['a', 2],
        ['gone', 0],
        ['new', 1],
      ]),
    });
    expect(await is()).toEqual({
      ...WHOLE,
      documents: [
        ['a', 3, 3],
        ['new', 2, 2],
      ],
    });
    expect(await checkpoint.commit(unit(claim, 4, [{ key: 'a', value: 4, expectVersion: 2 }]))).toEqual({ ok: true });
  });

  it('has it again when its owner claims anew, at the position he had reached', async () => {
    const { checkpoint, is } = await lose();
    expect(await checkpoint.claim('w')).toMatchObject({ position: { offset: 2 } });
    expect(await is()).toEqual(WHOLE);
  });

  it('is left as it is by whoever was replaced meanwhile', async () => {
    const { checkpoint, another, claim, is } = await lose();
    // A claim is higher than what the former owner wrote last.
    for (let times = 0; times < 3; times++) await another.claim('w');
    const before = await is();
    expect(await checkpoint.putBack(claim)).toEqual(new Map());
    expect(await checkpoint.commit(unit(claim, 3, [{ key: 'a', value: 3, expectVersion: 2 }]))).toMatchObject({
      ok: false,
      fenced: true,
    });
    expect(await is()).toEqual(before);
  });

  it('that was never away has not gone back: what is lower there was taken away by somebody', async () => {
    const { checkpoint, claim, store } = await lose(false);
    const [log] = await store.get(['checkpoint/w']);
    expect(log?.version).toBeLessThan(claim.version);
    expect(await checkpoint.commit(unit(claim, 3, [{ key: 'a', value: 3, expectVersion: 2 }]))).toMatchObject({
      ok: false,
    });
  });
});
