import { afterEach, describe, expect, it } from 'vitest';
import { OrderedCheckpoint } from '../../../services/runtime/checkpoint/ordered.js';
import type { Unit } from '../../../services/runtime/checkpoint/types.js';
import type { Drivers } from '../../../services/runtime/drivers.js';
import { outgoing } from '../../conformance/records.js';
import { openFixture, type SqliteFixture } from '../sqlite/fixture.js';

let fixture: SqliteFixture | undefined;
afterEach(async () => {
  await fixture?.remove();
  fixture = undefined;
});

/** The real drivers, cut off before or after the n-th durable act, as a crash would. */
function cutAt(drivers: Drivers, cut: number, after: boolean) {
  let acts = 0;
  const guard =
    <A extends unknown[], R>(act: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      const mine = ++acts;
      if (mine === cut && !after) throw new Error('crash');
      const result = await act(...args);
      if (mine === cut) throw new Error('crash');
      return result;
    };
  const { stream, store, schedule } = drivers;
  return {
    parts: {
      stream: { append: guard(stream.append.bind(stream)), commit: guard(stream.commit.bind(stream)) },
      store: { get: store.get.bind(store), write: guard(store.write.bind(store)) },
      schedule: {
        set: guard(schedule.set.bind(schedule)),
        cancel: guard(schedule.cancel.bind(schedule)),
        done: guard(schedule.done.bind(schedule)),
      },
    },
    acts: () => acts,
  };
}

const seen = (offset: number) => ({ epoch: 1, partition: 0, offset });
const timer = (id: string, dueMs: number) => ({ owner: 'w', id, dueMs });
const UNIT: Unit = {
  outputs: [outgoing(1)],
  writes: [
    { key: 'a', value: 'new', expectVersion: 1, seen: seen(7) },
    { key: 'b', value: undefined, expectVersion: 1, seen: seen(7) },
    { key: 'c', value: 'blind', seen: seen(7) },
  ],
  timers: {
    set: [timer('replaced', 20), timer('new', 9)],
    cancel: [timer('cancelled', 2)],
    done: [timer('handled', 1), timer('replaced', 3)],
  },
  position: { group: 'w', topic: 'telemetry', partition: 0, offset: 7 },
};

async function begin(drivers: Drivers): Promise<void> {
  await drivers.store.write([
    { key: 'a', value: 'old', seen: seen(3) },
    { key: 'b', value: 'old', seen: seen(3) },
  ]);
  await drivers.schedule.set([timer('handled', 1), timer('cancelled', 2), timer('replaced', 3)]);
}

async function left(drivers: Drivers) {
  const documents = await drivers.store.scan('');
  return {
    documents: documents.filter(({ key }) => !key.startsWith('checkpoint/')).map(({ key, value }) => [key, value]),
    timers: (await drivers.schedule.due('w', Infinity, 10)).map(({ id, dueMs }) => [id, dueMs]),
    position: (await drivers.stream.state('telemetry', 'w'))[0]?.committed,
  };
}
const BEFORE = {
  documents: [
    ['a', 'old'],
    ['b', 'old'],
  ],
  timers: [
    ['handled', 1],
    ['cancelled', 2],
    ['replaced', 3],
  ],
  position: -1,
};
const AFTER = {
  documents: [
    ['a', 'new'],
    ['c', 'blind'],
  ],
  timers: [
    ['new', 9],
    ['replaced', 20],
  ],
  position: 7,
};

describe('a crash at any point of an ordered checkpoint', () => {
  it('leaves, once recovered, the unit whole or nothing of it but outputs', async () => {
    fixture = await openFixture();
    const whole = cutAt(fixture.drivers, Infinity, true);
    await begin(fixture.drivers);
    await new OrderedCheckpoint(whole.parts).commit(UNIT);
    expect(await left(fixture.drivers)).toEqual(AFTER);
    const acts = whole.acts();
    await fixture.remove();
    for (let cut = 1; cut <= acts; cut++) {
      for (const after of [false, true]) {
        fixture = await openFixture();
        await begin(fixture.drivers);
        await expect(new OrderedCheckpoint(cutAt(fixture.drivers, cut, after).parts).commit(UNIT)).rejects.toThrow(
          'crash',
        );
        const drivers = await fixture.reopen();
        const recovered = new OrderedCheckpoint(drivers);
        await recovered.claim('w');
        const state = await left(drivers);
        const logged = cut > 2 || (cut === 2 && after);
        expect(state, `cut ${cut}, ${after ? 'after' : 'before'} the act`).toEqual(logged ? AFTER : BEFORE);
        await recovered.claim('w');
        expect(await left(drivers)).toEqual(state);
        await fixture.remove();
      }
    }
  });

  it('does not move the position of a unit that another worker has overtaken', async () => {
    fixture = await openFixture();
    const { drivers } = fixture;
    await begin(drivers);
    // Cut off when the unit is logged, before its states.
    await expect(new OrderedCheckpoint(cutAt(drivers, 3, false).parts).commit(UNIT)).rejects.toThrow('crash');
    await drivers.store.write([{ key: 'a', value: 'theirs', seen: seen(9) }]);
    await new OrderedCheckpoint(drivers).claim('w');
    const state = await left(drivers);
    expect(state.position).toBe(-1);
    expect(state.documents).toContainEqual(['a', 'theirs']);
    expect(state.timers).toEqual(BEFORE.timers);
  });

  it('recovers nothing of a refused unit of timers, whose states name no position', async () => {
    fixture = await openFixture();
    const { drivers } = fixture;
    await begin(drivers);
    const checkpoint = new OrderedCheckpoint(drivers);
    const outcome = await checkpoint.commit({
      outputs: [],
      writes: [{ key: 'a', value: 'ours', expectVersion: 9 }],
      timers: { set: [timer('new', 9)], cancel: [], done: [timer('handled', 1)] },
    });
    expect(outcome).toEqual({ ok: false, lost: ['a'] });
    await checkpoint.claim('w');
    expect((await left(drivers)).timers).toEqual(BEFORE.timers);
  });

  it('recovers nothing of a unit that was refused', async () => {
    fixture = await openFixture();
    const { drivers } = fixture;
    await begin(drivers);
    await drivers.store.write([{ key: 'a', value: 'theirs' }]);
    const checkpoint = new OrderedCheckpoint(drivers);
    expect(await checkpoint.commit(UNIT)).toEqual({ ok: false, lost: ['a'] });
    await checkpoint.claim('w');
    expect(await left(drivers)).toMatchObject({ timers: BEFORE.timers, position: -1 });
  });
});

describe('a claim', () => {
  const unitAt = (offset: number, value: string, expectVersion: number): Unit => ({
    ...UNIT,
    outputs: [outgoing(offset)],
    writes: [{ key: 'a', value, expectVersion, seen: seen(offset) }],
    timers: { set: [timer(`t${offset}`, offset)], cancel: [], done: [] },
    position: { group: 'w', topic: 'telemetry', partition: 0, offset },
  });

  it('of a later owner refuses the earlier one’s units whole, and tells how far he came', async () => {
    fixture = await openFixture();
    const { drivers } = fixture;
    const checkpoint = new OrderedCheckpoint(drivers);
    const former = await checkpoint.claim('w');
    expect(former.position).toBeUndefined();
    expect(await checkpoint.commit({ ...unitAt(7, 'first', 0), claim: former })).toEqual({ ok: true });
    const latter = await new OrderedCheckpoint(drivers).claim('w');
    expect(latter.position?.offset).toBe(7);
    expect(await checkpoint.holds(former)).toBe(false);
    expect(await checkpoint.commit({ ...unitAt(8, 'late', 1), claim: former })).toMatchObject({
      ok: false,
      fenced: true,
    });
    const { documents, timers, position } = await left(drivers);
    expect(documents).toEqual([['a', 'first']]);
    expect(timers).toEqual([['t7', 7]]);
    expect(position).toBe(7);
    expect(await checkpoint.commit({ ...unitAt(8, 'second', 1), claim: latter })).toEqual({ ok: true });
    expect(await checkpoint.holds(latter)).toBe(true);
  });

  it('does not do a finished unit again', async () => {
    fixture = await openFixture();
    const { drivers } = fixture;
    const checkpoint = new OrderedCheckpoint(drivers);
    const claim = await checkpoint.claim('w');
    await checkpoint.commit({ ...unitAt(7, 'first', 0), claim });
    await checkpoint.claim('w');
    await drivers.schedule.cancel('w', ['t7']);
    await checkpoint.claim('w');
    expect((await left(drivers)).timers).toEqual([]);
  });

  it('keeps the hands of a former owner, who was stopped in between, off the timers', async () => {
    fixture = await openFixture();
    const { drivers } = fixture;
    let elapsedMs = 0;
    const slow = new OrderedCheckpoint(
      {
        ...drivers,
        store: {
          get: drivers.store.get.bind(drivers.store),
          write: async (writes) => {
            const outcomes = await drivers.store.write(writes);
            if (writes.some(({ key }) => key === 'a')) {
              // Stopped right here for a minute; meanwhile another takes over, and the timer it set was done.
              elapsedMs += 60_000;
              await new OrderedCheckpoint(drivers).claim('w');
              await drivers.schedule.cancel('w', ['t7']);
            }
            return outcomes;
          },
        },
      },
      () => elapsedMs,
    );
    const claim = await slow.claim('w');
    expect(await slow.commit({ ...unitAt(7, 'first', 0), claim })).toMatchObject({ ok: false, fenced: true });
    expect((await left(drivers)).timers).toEqual([]);
  });

  it('lets what is announced leave after the states, also when it is the next owner who writes them', async () => {
    fixture = await openFixture();
    const { drivers } = fixture;
    await begin(drivers);
    const barrier = {
      topic: 'signals' as const,
      key: 'k',
      value: { kind: 'barrier' as const, tenant: 't', timeMs: 2, eventId: 'e', replyTo: 'r' },
    };
    const unit = { ...UNIT, outputs: [barrier, outgoing(1)] };
    const kinds = async () =>
      (await drivers.stream.read('signals', { from: 0, limit: 10 })).map(({ value }) => value.kind);
    await expect(new OrderedCheckpoint(cutAt(drivers, 3, false).parts).commit(unit)).rejects.toThrow('crash');
    expect(await kinds()).toEqual(['tick']);
    await new OrderedCheckpoint(drivers).claim('w');
    expect(await kinds()).toEqual(['tick', 'barrier']);
    expect((await left(drivers)).documents).toContainEqual(['a', 'new']);
  });

  it('begins a new epoch where offsets begin anew', async () => {
    fixture = await openFixture();
    const checkpoint = new OrderedCheckpoint(fixture.drivers);
    const claim = await checkpoint.claim('w');
    await checkpoint.commit({ ...unitAt(7, 'first', 0), claim });
    await checkpoint.beginEpoch(claim);
    expect(claim).toMatchObject({ epoch: 2, position: undefined });
    expect(await checkpoint.claim('w')).toMatchObject({ epoch: 2, position: undefined });
  });
});

describe('a position that may follow', () => {
  it.each([true, false])(
    '(%s) reaches its group behind the unit or with it, and the next claim knows it',
    async (positionMayFollow) => {
      fixture = await openFixture();
      const { drivers } = fixture;
      await begin(drivers);
      let taken: () => void = () => undefined;
      const broker = new Promise<void>((resolve) => (taken = resolve));
      const { stream, store, schedule } = drivers;
      const commit = async (position: NonNullable<Unit['position']>): Promise<void> => {
        await broker;
        await stream.commit(position);
      };
      const checkpoint = new OrderedCheckpoint({
        stream: { append: stream.append.bind(stream), commit },
        store,
        schedule,
      });
      const claim = await checkpoint.claim('w');
      let resolved = false;
      const committed = checkpoint.commit({ ...UNIT, claim, positionMayFollow }).then((outcome) => {
        resolved = true;
        return outcome;
      });
      await expect.poll(async () => (await left(drivers)).documents).toContainEqual(['c', 'blind']);
      if (positionMayFollow) {
        expect(await committed).toEqual({ ok: true });
        expect((await new OrderedCheckpoint({ stream, store, schedule }).claim('w')).position).toEqual(UNIT.position);
      } else {
        await new Promise((resolve) => setTimeout(resolve, 50));
        expect(resolved).toBe(false);
      }
      taken();
      expect(await committed).toEqual({ ok: true });
      await checkpoint.idle();
      expect((await stream.state('telemetry', 'w'))[0]?.committed).toBe(7);
    },
  );
});
