/** What every checkpoint guarantees (see services/runtime/checkpoint/types.ts). */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Checkpoint, Unit } from '../../services/runtime/checkpoint/types.js';
import type { Drivers } from '../../services/runtime/drivers.js';
import { outgoing, timesOf } from './records.js';
import type { DriverUnderTest, Fixture } from './types.js';

/** @param checkpointOf the checkpoint under test, over the drivers; default: their own */
export function checkpointConformance(
  { name, open }: DriverUnderTest,
  checkpointOf: (drivers: Drivers) => Checkpoint = (drivers) => drivers.checkpoint,
): void {
  describe(`checkpoint: ${name}`, () => {
    let fixture: Fixture;
    let drivers: Drivers;
    let checkpoint: Checkpoint;
    beforeEach(async () => {
      fixture = await open();
      drivers = fixture.drivers;
      checkpoint = checkpointOf(drivers);
    });
    afterEach(async () => {
      await fixture.remove();
    });
    const unit = (parts: Partial<Unit>): Unit => ({
      outputs: [],
      writes: [],
      timers: { set: [], cancel: [], done: [] },
      ...parts,
    });
    const timer = (id: string, dueMs: number) => ({ owner: 'o', id, dueMs });
    const position = (offset: number) => ({ group: 'g', topic: 'telemetry' as const, partition: 0, offset });
    const everything = async () => ({
      outputs: timesOf(await drivers.stream.read('signals', { from: 0, limit: 100 })),
      documents: (await drivers.store.scan(''))
        .filter(({ key }) => !key.startsWith('checkpoint/'))
        .map(({ key, value }) => [key, value]),
      timers: (await drivers.schedule.due('o', Infinity, 100)).map(({ id, dueMs }) => [id, dueMs]),
      position: (await drivers.stream.state('telemetry', 'g'))[0]?.committed,
    });

    it('makes outputs, states, timers and position durable', async () => {
      await drivers.schedule.set([timer('handled', 1), timer('cancelled', 2), timer('kept', 3)]);
      const outcome = await checkpoint.commit(
        unit({
          outputs: [outgoing(1), outgoing(2)],
          writes: [{ key: 'a', value: 1, expectVersion: 0, seen: { epoch: 1, partition: 0, offset: 7 } }],
          timers: { set: [timer('new', 9)], cancel: [timer('cancelled', 2)], done: [timer('handled', 1)] },
          position: position(7),
        }),
      );
      expect(outcome).toEqual({ ok: true });
      drivers = await fixture.reopen();
      expect(await everything()).toEqual({
        outputs: [1, 2],
        documents: [['a', 1]],
        timers: [
          ['kept', 3],
          ['new', 9],
        ],
        position: 7,
      });
    });

    it('does not move the position when a state was written by another, and names it', async () => {
      await drivers.store.write([{ key: 'a', value: 'theirs' }]);
      const outcome = await checkpoint.commit(
        unit({
          outputs: [outgoing(1)],
          writes: [
            { key: 'a', value: 'ours', expectVersion: 0 },
            { key: 'b', value: 'ours', expectVersion: 0 },
          ],
          timers: { set: [timer('new', 9)], cancel: [], done: [] },
          position: position(7),
        }),
      );
      expect(outcome).toEqual({ ok: false, lost: ['a'] });
      const left = await everything();
      expect(left.position).toBe(-1);
      expect(left.documents).toContainEqual(['a', 'theirs']);
      if (checkpoint.atomic)
        expect(left).toEqual({ outputs: [], documents: [['a', 'theirs']], timers: [], position: -1 });
    });

    it('refuses a state that has seen as much already', async () => {
      const seen = { epoch: 1, partition: 0, offset: 7 };
      await drivers.store.write([{ key: 'a', value: 'theirs', seen }]);
      expect(
        await checkpoint.commit(
          unit({ writes: [{ key: 'a', value: 'ours', expectVersion: 1, seen }], position: position(7) }),
        ),
      ).toEqual({ ok: false, lost: ['a'] });
    });

    it('keeps a timer that is done and set in one unit', async () => {
      await drivers.schedule.set([timer('a', 5), timer('b', 5)]);
      await checkpoint.commit(
        unit({ timers: { set: [timer('a', 8)], cancel: [], done: [timer('a', 5), timer('b', 5)] } }),
      );
      expect((await everything()).timers).toEqual([['a', 8]]);
    });

    it('takes values as they are when it is called', async () => {
      const state = { n: 1 };
      const committed = checkpoint.commit(unit({ writes: [{ key: 'a', value: state }] }));
      state.n = 2;
      await committed;
      expect((await everything()).documents).toEqual([['a', { n: 1 }]]);
    });

    it('commits many units at once, each whole, in their order', async () => {
      await Promise.all(
        Array.from({ length: 30 }, async (_, index) =>
          checkpoint.commit(
            unit({
              outputs: [outgoing(index)],
              writes: [{ key: `k${String(index).padStart(2, '0')}`, value: index }],
              position: position(index),
            }),
          ),
        ),
      );
      const left = await everything();
      expect(left.outputs).toEqual(Array.from({ length: 30 }, (_, index) => index));
      expect(left.documents).toHaveLength(30);
      expect(left.position).toBe(29);
    });

    it('keeps a timer that is done and set anew at the same time', async () => {
      await drivers.schedule.set([timer('a', 5)]);
      await checkpoint.commit(unit({ timers: { set: [timer('a', 5)], cancel: [], done: [timer('a', 5)] } }));
      expect((await everything()).timers).toEqual([['a', 5]]);
    });

    it('does nothing with an empty unit', async () => {
      expect(await checkpoint.commit(unit({}))).toEqual({ ok: true });
    });

    it('takes a unit that deletes, also when it is repeated after a crash before the position', async () => {
      const seen = { epoch: 1, partition: 0, offset: 7 };
      await drivers.store.write([{ key: 'a', value: 1, seen: { ...seen, offset: 3 } }]);
      const [before] = await drivers.store.get(['a']);
      await drivers.store.write([{ key: 'a', value: undefined, expectVersion: before?.version ?? 0, seen }]);
      const outcome = await checkpoint.commit(
        unit({ writes: [{ key: 'a', value: undefined, expectVersion: 0, seen }], position: position(7) }),
      );
      if (!checkpoint.atomic) expect(outcome).toEqual({ ok: true });
      expect(await drivers.store.get(['a'])).toEqual([undefined]);
    });
  });
}
