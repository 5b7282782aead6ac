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
        await recovered.recover('w');
        const state = await left(drivers);
        const logged = cut > 2 || (cut === 2 && after);
        expect(state, `cut ${cut}, ${after ? 'after' : 'before'} the act`).toEqual(logged ? AFTER : BEFORE);
        await recovered.recover('w');
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
    await new OrderedCheckpoint(drivers).recover('w');
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
    await checkpoint.recover('w');
    expect((await left(drivers)).timers).toEqual(BEFORE.timers);
  });

  it('recovers nothing of a unit that was refused', async () => {
    fixture = await openFixture();
    const { drivers } = fixture;
    await begin(drivers);
    await drivers.store.write([{ key: 'a', value: 'theirs' }]);
    const checkpoint = new OrderedCheckpoint(drivers);
    expect(await checkpoint.commit(UNIT)).toEqual({ ok: false, lost: ['a'] });
    await checkpoint.recover('w');
    expect(await left(drivers)).toMatchObject({ timers: BEFORE.timers, position: -1 });
  });
});
