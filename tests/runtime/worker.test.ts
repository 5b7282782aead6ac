import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { Signal } from '../../schemas/signal.js';
import { OrderedCheckpoint } from '../../services/runtime/checkpoint/ordered.js';
import type { Checkpoint, Unit } from '../../services/runtime/checkpoint/types.js';
import { EventClock, WallClock } from '../../services/runtime/clock.js';
import { silentLog } from '../../services/runtime/log.js';
import type { Machine, StepContext } from '../../services/runtime/machine.js';
import { Stepper } from '../../services/runtime/stepper.js';
import type { AnyOutgoing } from '../../services/runtime/stream/types.js';
import { Worker } from '../../services/runtime/worker.js';
import type { WorkerOptions } from '../../services/runtime/worker/options.js';
import { outgoing, tick } from '../conformance/records.js';
import { COUNT_MACHINE } from './crash/count-machine.js';
import { openFixture, type SqliteFixture } from './sqlite/fixture.js';

let fixture: SqliteFixture | undefined;
let workers: Worker<Signal>[] = [];
afterEach(async () => {
  for (const worker of workers) await worker.stop();
  workers = [];
  await fixture?.remove();
  fixture = undefined;
});

/** A machine of which a test says only what it is about. */
function machineOf(parts: Partial<Machine<Signal>>): Machine<Signal> {
  return {
    name: 'm',
    keys: () => [],
    step: () => undefined,
    timerKeys: () => [],
    onTimer: () => undefined,
    timeOf: (input) => input.timeMs,
    ...parts,
  };
}
const note = (text: string): AnyOutgoing => ({ topic: 'audit', key: text, value: { text } as never });

async function begin(machine: Machine<Signal>, options: Partial<WorkerOptions<Signal>> = {}) {
  fixture ??= await openFixture();
  const { drivers } = fixture;
  const worker = new Worker<Signal>({
    machine,
    topic: 'signals',
    drivers,
    clock: new EventClock(),
    log: silentLog(),
    ...options,
  });
  workers.push(worker);
  const notes = async () =>
    (await drivers.stream.read('audit', { from: 0, limit: 10_000 })).map(
      ({ value }) => (value as unknown as { text: string }).text,
    );
  const feed = async (...times: number[]) => {
    await drivers.stream.append(times.map((time) => outgoing(time)));
    await worker.settled();
  };
  return { worker, drivers, notes, feed };
}
const list = (context: StepContext, key: string): unknown[] => (context.states.get(key) as unknown[] | undefined) ?? [];

describe('in event time', () => {
  it('fires what is due before each record, in order, at its time', async () => {
    const { worker, notes, feed } = await begin(
      machineOf({
        step: (input, context) => {
          context.emit(note(`step ${input.timeMs} at ${context.nowMs}`));
          if (input.timeMs === 1)
            for (const [id, due] of [
              ['c', 8],
              ['b', 5],
              ['a', 5],
              ['never', 99],
            ] as const)
              context.setTimer(id, due, { due });
        },
        onTimer: ({ id, dueMs, payload }, { nowMs, emit, setTimer }) => {
          emit(note(`${id} due ${dueMs} at ${nowMs} ${JSON.stringify(payload)}`));
          if (id === 'a') setTimer('again', 7);
        },
      }),
    );
    await worker.start();
    await feed(1, 8, 6);
    expect(await notes()).toEqual([
      'step 1 at 1',
      'a due 5 at 5 {"due":5}',
      'b due 5 at 5 {"due":5}',
      'again due 7 at 7 undefined',
      'c due 8 at 8 {"due":8}',
      'step 8 at 8',
      'step 6 at 8',
    ]);
  });

  it('leaves nothing of a timer that was replaced and fired in one batch', async () => {
    const { worker, notes, feed, drivers } = await begin(
      machineOf({
        step: ({ timeMs }, { setTimer }) => {
          if (timeMs < 3) setTimer('t', timeMs * 10);
        },
        onTimer: ({ dueMs }, { emit }) => emit(note(`due ${dueMs}`)),
      }),
    );
    await worker.start();
    await feed(1);
    await feed(2, 30);
    expect(await notes()).toEqual(['due 20']);
    expect(await drivers.schedule.nextDueMs('m')).toBeUndefined();
  });

  it('goes on at the same time after a restart', async () => {
    const machine = machineOf({ step: ({ timeMs }, { nowMs, emit }) => emit(note(`${timeMs} at ${nowMs}`)) });
    const first = await begin(machine);
    await first.worker.start();
    await first.feed(100);
    await first.worker.stop();
    await fixture?.reopen();
    const second = await begin(machine);
    await second.worker.start();
    await second.feed(50);
    expect(await second.notes()).toEqual(['100 at 100', '50 at 100']);
  });

  it('tells the shared clock how far it is', async () => {
    const clock = new EventClock();
    const { worker, feed } = await begin(machineOf({}), { clock });
    await worker.start();
    await feed(70);
    expect(clock.now()).toBe(70);
  });

  it('tells a new shared clock after a restart, before anything is read', async () => {
    const first = await begin(machineOf({}));
    await first.worker.start();
    await first.feed(70);
    await first.worker.stop();
    await fixture?.reopen();
    const clock = new EventClock();
    const second = await begin(machineOf({}), { clock });
    await second.worker.start();
    expect(clock.now()).toBe(70);
  });

  it('gives what a stepper gives, wherever batches end and whatever is in memory', async () => {
    const times = fc.array(fc.integer({ min: 0, max: 200 }), { minLength: 1, maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(
        times,
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 4 }),
        async (inputs, maxBatch, maxCached) => {
          const { worker, drivers } = await begin(COUNT_MACHINE, { maxBatch, maxCached, maxOutputs: 3 });
          await drivers.stream.append(inputs.map((time) => outgoing(time)));
          await worker.start();
          await worker.settled();
          await worker.stop();
          const stepper = new Stepper({ machine: COUNT_MACHINE });
          const wanted = inputs.flatMap((time) => stepper.feed(tick(time)));
          const got = await drivers.stream.read('incidents', { from: 0, limit: 10_000 });
          expect(got.map(({ key, value }) => ({ topic: 'incidents', key, value }))).toEqual(wanted);
          const documents = [...(await drivers.store.scan('count/')), ...(await drivers.store.scan('seen/'))];
          const snapshot = stepper.snapshot();
          expect(new Map(documents.map(({ key, value }) => [key, value]))).toEqual(new Map(snapshot.states));
          expect(
            new Set((await drivers.schedule.due('count', Infinity, 100)).map(({ id, dueMs }) => `${id}@${dueMs}`)),
          ).toEqual(new Set(snapshot.timers.map(({ id, dueMs }) => `${id}@${dueMs}`)));
          await fixture?.remove();
          fixture = undefined;
        },
      ),
      { numRuns: 15 },
    );
  });
});

describe('in wall time', () => {
  const machine = machineOf({
    step: (input, { setTimer }) => setTimer('t', Date.now() + 30, input.timeMs),
    timerKeys: () => ['fired'],
    onTimer: ({ payload }, context) => context.states.set('fired', [...list(context, 'fired'), payload]),
  });
  const fired = async (): Promise<unknown> => (await fixture?.drivers.store.get(['fired']))?.[0]?.value;
  const until = async (done: () => Promise<boolean>): Promise<void> => {
    for (const end = Date.now() + 5_000; !(await done());) {
      if (Date.now() > end) throw new Error('it did not happen');
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };

  it('fires timers when they fall due, once', async () => {
    const { worker, feed, drivers } = await begin(machine, { clock: new WallClock() });
    await worker.start();
    await feed(1);
    expect(await fired()).toBeUndefined();
    await until(async () => (await fired()) !== undefined);
    await feed(2);
    await until(async () => ((await fired()) as unknown[]).length === 2);
    expect(await fired()).toEqual([1, 2]);
    expect(await drivers.schedule.nextDueMs('m')).toBeUndefined();
  });

  it('fires after a restart what fell due in between', async () => {
    fixture = await openFixture();
    await fixture.drivers.schedule.set([{ owner: 'm', id: 't', dueMs: 5, payload: 'old' }]);
    const { worker } = await begin(machine, { clock: new WallClock() });
    await worker.start();
    await until(async () => (await fired()) !== undefined);
    expect(await fired()).toEqual(['old']);
  });

  it('fires nothing after it was stopped', async () => {
    const { worker, feed } = await begin(machine, { clock: new WallClock() });
    await worker.start();
    await feed(1);
    await worker.stop();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await fired()).toBeUndefined();
  });

  it('waits for timers that are months away without firing them', async () => {
    fixture = await openFixture();
    await fixture.drivers.schedule.set([{ owner: 'm', id: 't', dueMs: Date.now() + 90 * 86_400_000 }]);
    const { worker } = await begin(machine, { clock: new WallClock() });
    await worker.start();
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(await fired()).toBeUndefined();
  });
});

describe('states', () => {
  it('of timers that fall due together are read together, as far as they depend on each other', async () => {
    fixture = await openFixture();
    const { drivers } = fixture;
    const ids = Array.from({ length: 40 }, (_, at) => `t${String(at).padStart(2, '0')}`);
    await drivers.store.write(
      ids.flatMap((id) => [
        { key: id, value: `${id}/more` },
        { key: `${id}/more`, value: 1 },
      ]),
    );
    await drivers.schedule.set(ids.map((id) => ({ owner: 'm', id, dueMs: 5 })));
    let reads = 0;
    const store = Object.create(drivers.store, {
      get: { value: async (keys: readonly string[]) => ((reads += 1), drivers.store.get(keys)) },
    }) as typeof drivers.store;
    const machine = machineOf({
      timerKeys: ({ id }, states) => [id, ...(states.get(id) === undefined ? [] : [states.get(id) as string])],
      onTimer: ({ id }, { states, emit }) => emit(note(`${id} ${String(states.get(`${id}/more`))}`)),
    });
    const { worker, notes } = await begin(machine, { clock: new WallClock(), drivers: { ...drivers, store } });
    await worker.start();
    for (const until = Date.now() + 5_000; (await notes()).length < ids.length && Date.now() < until;)
      await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await notes()).toEqual(ids.map((id) => `${id} 1`));
    // One for what the timers name, one for what that names, one for the clock.
    expect(reads).toBeLessThanOrEqual(4);
  });

  it('are loaded as far as they depend on each other', async () => {
    const machine = machineOf({
      keys: (_, states) => {
        const next = states.get('a') as string | undefined;
        return next === undefined ? ['a'] : ['a', next];
      },
      step: (_, { states, emit }) => emit(note(String(states.get(states.get('a') as string)))),
    });
    fixture = await openFixture();
    await fixture.drivers.store.write([
      { key: 'a', value: 'b' },
      { key: 'b', value: 'found' },
    ]);
    const { worker, feed, notes } = await begin(machine);
    await worker.start();
    await feed(1);
    expect(await notes()).toEqual(['found']);
  });

  it('can be looked at, warm or not', async () => {
    fixture = await openFixture();
    await fixture.drivers.store.write([{ key: 'a', value: { n: 1 } }]);
    const { worker, feed } = await begin(
      machineOf({
        keys: () => ['a'],
        step: (_, { states }) => {
          const state = states.get('a') as { n: number };
          state.n++;
          states.set('a', state);
        },
      }),
    );
    expect(worker.states.get('a')).toBeUndefined();
    await worker.warm(['a', 'nothing']);
    expect(worker.states.get('a')).toEqual({ n: 1 });
    expect(worker.states.get('nothing')).toBeUndefined();
    await worker.start();
    await feed(1);
    expect(worker.states.get('a')).toEqual({ n: 2 });
  });

  it('are warmed for an input as a step would need them', async () => {
    fixture = await openFixture();
    await fixture.drivers.store.write([
      { key: 'a', value: 'b' },
      { key: 'b', value: 'found' },
    ]);
    const { worker } = await begin(
      machineOf({
        keys: (_, states) => [
          'a',
          ...((states.get('a') as string | undefined) === undefined ? [] : [states.get('a') as string]),
        ],
      }),
    );
    await worker.warmFor(tick(1));
    expect(worker.states.get('b')).toBe('found');
  });

  it('are written without being read where they are not named', async () => {
    const { worker, feed, drivers } = await begin(
      machineOf({ step: ({ timeMs }, { states }) => states.set('people/1', { timeMs }) }),
    );
    await worker.start();
    await feed(1);
    await feed(2);
    expect((await drivers.store.get(['people/1']))[0]).toMatchObject({ value: { timeMs: 2 }, version: 2 });
  });

  it('are deleted, and begin anew', async () => {
    const { worker, feed, drivers } = await begin(
      machineOf({
        keys: () => ['a'],
        step: ({ timeMs }, { states, emit }) => {
          emit(note(String(states.get('a'))));
          states.set('a', timeMs % 2 === 0 ? undefined : timeMs);
        },
      }),
    );
    await worker.start();
    await feed(1);
    await feed(2);
    await feed(3, 4, 5);
    expect((await drivers.store.get(['a']))[0]?.value).toBe(5);
  });
});

describe('a machine that throws', () => {
  it('loses that record only, and nothing of it remains', async () => {
    const { worker, feed, drivers, notes } = await begin(
      machineOf({
        keys: () => ['a'],
        step: ({ timeMs }, context) => {
          const all = list(context, 'a');
          all.push(timeMs);
          context.states.set('a', all);
          context.emit(note(`${timeMs}`));
          context.setTimer(`t${timeMs}`, 1_000);
          if (timeMs === 3) throw new Error('three is a bug');
        },
      }),
    );
    await worker.start();
    await feed(1, 2, 3, 4);
    expect((await drivers.store.get(['a']))[0]?.value).toEqual([1, 2, 4]);
    expect(await notes()).toEqual(['1', '2', '4']);
    expect((await drivers.schedule.due('m', Infinity, 10)).map(({ id }) => id)).toEqual(['t1', 't2', 't4']);
    const dead = await drivers.stream.read('deadletter', { from: 0, limit: 10 });
    expect(dead.map(({ value }) => value)).toMatchObject([
      {
        tenant: 't',
        source: 'signals/0@2',
        reason: { code: 'step-failed', text: 'm: three is a bug' },
        redacted: true,
      },
    ]);
    expect(dead[0]?.value.payload).toBeUndefined();
    expect(worker.unready()).toBeUndefined();
  });

  it('keeps the record in the dead letter where that is wanted', async () => {
    const fails = machineOf({
      step: () => {
        throw new Error('no');
      },
    });
    const { worker, feed, drivers } = await begin(fails, { deadletterContent: true });
    await worker.start();
    await feed(7);
    const [dead] = await drivers.stream.read('deadletter', { from: 0, limit: 10 });
    expect(dead?.value).toMatchObject({ payload: tick(7), redacted: false });
  });

  it.each([
    [
      'in keys',
      machineOf({
        keys: () => {
          throw new Error('bug');
        },
      }),
    ],
    [
      'in timeOf',
      machineOf({
        timeOf: () => {
          throw new Error('bug');
        },
      }),
    ],
    ['by reading what it did not name', machineOf({ step: (_, { states }) => void states.get('unnamed') })],
  ])('%s loses that record only', async (_, machine) => {
    const { worker, feed, drivers } = await begin(machine);
    await worker.start();
    await feed(1, 2);
    expect(await drivers.stream.read('deadletter', { from: 0, limit: 10 })).toHaveLength(2);
    expect(await worker.lag()).toBe(0);
  });

  it('in a timer loses that timer only', async () => {
    const { worker, feed, drivers, notes } = await begin(
      machineOf({
        step: ({ timeMs }, { setTimer }) => {
          if (timeMs === 1) for (const id of ['a', 'b', 'c']) setTimer(id, 5);
        },
        onTimer: ({ id }, { emit }) => {
          emit(note(id));
          if (id === 'b') throw new Error('b is a bug');
        },
      }),
    );
    await worker.start();
    await feed(1, 10);
    expect(await notes()).toEqual(['a', 'c']);
    expect(await drivers.schedule.nextDueMs('m')).toBeUndefined();
    expect((await drivers.stream.read('deadletter', { from: 0, limit: 10 })).map(({ value }) => value.source)).toEqual([
      'timer/b@5',
    ]);
  });
});

describe('a checkpoint that fails', () => {
  /** The real checkpoint, of which some commits go wrong. */
  const failing = (real: Checkpoint, goesWrong: (unit: Unit, nth: number) => Promise<void>): Checkpoint => {
    let nth = 0;
    return {
      atomic: real.atomic,
      commit: async (unit) => {
        await goesWrong(unit, ++nth);
        return real.commit(unit);
      },
    };
  };
  const counting = machineOf({
    keys: () => ['n'],
    step: (_, { states }) => states.set('n', ((states.get('n') as number | undefined) ?? 0) + 1),
  });

  it('is tried again until it is durable, and counts nothing twice', async () => {
    fixture = await openFixture();
    const troubles: (string | undefined)[] = [];
    const { drivers } = fixture;
    const { worker, feed } = await begin(counting, {
      drivers: {
        ...drivers,
        checkpoint: failing(drivers.checkpoint, async (_, nth) => {
          troubles.push(worker.unready());
          if (nth <= 2) throw new Error('disk says no');
        }),
      },
    });
    await worker.start();
    await feed(1, 2, 3);
    expect((await drivers.store.get(['n']))[0]?.value).toBe(3);
    expect(troubles).toEqual([undefined, 'disk says no', 'disk says no']);
    expect(worker.unready()).toBeUndefined();
  });

  it('repeats nothing of a batch whose first part was durable', async () => {
    fixture = await openFixture();
    const { drivers } = fixture;
    const { worker, feed, notes } = await begin(
      machineOf({ step: ({ timeMs }, { emit }) => emit(note(`${timeMs}`)) }),
      {
        maxOutputs: 2,
        drivers: {
          ...drivers,
          checkpoint: failing(drivers.checkpoint, async (_, nth) => {
            if (nth === 2) throw new Error('disk says no');
          }),
        },
      },
    );
    await worker.start();
    await feed(1, 2, 3, 4, 5);
    expect(await notes()).toEqual(['1', '2', '3', '4', '5']);
  });

  it('reads again what another has written', async () => {
    fixture = await openFixture();
    const { drivers } = fixture;
    const { worker, feed } = await begin(counting, {
      drivers: {
        ...drivers,
        checkpoint: failing(drivers.checkpoint, async (_, nth) => {
          if (nth === 2) await drivers.store.write([{ key: 'n', value: 100 }]);
        }),
      },
    });
    await worker.start();
    await feed(1);
    await feed(2);
    expect((await drivers.store.get(['n']))[0]?.value).toBe(101);
  });

  it('lets go when it is stopped, and the next goes on', async () => {
    fixture = await openFixture();
    const { drivers } = fixture;
    const stuck = await begin(counting, {
      drivers: {
        ...drivers,
        checkpoint: failing(drivers.checkpoint, async () => {
          throw new Error('never');
        }),
      },
    });
    await stuck.worker.start();
    await drivers.stream.append([outgoing(1)]);
    while (stuck.worker.unready() === undefined) await new Promise((resolve) => setTimeout(resolve, 2));
    await stuck.worker.stop();
    const next = await begin(counting);
    await next.worker.start();
    await next.worker.settled();
    expect((await drivers.store.get(['n']))[0]?.value).toBe(1);
  });
});

describe('a worker', () => {
  it('cuts a batch whose outputs grow large, and repeats none', async () => {
    const sizes: number[] = [];
    const { worker, feed, notes } = await begin(
      machineOf({
        step: ({ timeMs }, { emit }) => {
          for (let n = 0; n < 4; n++) emit(note(`${timeMs}.${n}`));
        },
      }),
      { maxOutputs: 8, onOutputs: (outputs) => sizes.push(outputs.length) },
    );
    await worker.start();
    await feed(1, 2, 3, 4, 5);
    expect(await notes()).toHaveLength(20);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(8);
  });

  it('says how far it is behind', async () => {
    const { worker, drivers } = await begin(machineOf({}));
    await drivers.stream.append([outgoing(1), outgoing(2)]);
    expect(await worker.lag()).toBe(2);
    expect(worker.unready()).toBe('not started');
    await worker.start();
    await worker.settled();
    expect(await worker.lag()).toBe(0);
  });

  it('is started once', async () => {
    const { worker } = await begin(machineOf({}));
    await worker.start();
    await expect(worker.start()).rejects.toMatchObject({ code: 'already-running' });
  });

  it('starts again behind what it has done', async () => {
    const { worker, feed, notes } = await begin(machineOf({ step: ({ timeMs }, { emit }) => emit(note(`${timeMs}`)) }));
    await worker.start();
    await feed(1);
    await worker.stop();
    expect(worker.unready()).toBe('stopped');
    await worker.start();
    await feed(2);
    expect(await notes()).toEqual(['1', '2']);
  });
});

describe('where the schedule is an engine of its own', () => {
  it('fires a timer that another process has set, and one that is due when it begins to watch', async () => {
    fixture = await openFixture();
    const { drivers } = fixture;
    const checkpoint = new OrderedCheckpoint(drivers);
    const { worker, notes } = await begin(machineOf({ onTimer: ({ id }, { emit }) => emit(note(`fired ${id}`)) }), {
      clock: new WallClock(),
      drivers: { ...drivers, checkpoint },
    });
    await drivers.schedule.set([{ owner: 'm', id: 'before', dueMs: Date.now() - 1 }]);
    await worker.start();
    await drivers.schedule.set([{ owner: 'm', id: 'foreign', dueMs: Date.now() + 50 }]);
    const until = Date.now() + 10_000;
    while ((await notes()).length < 2 && Date.now() < until) await new Promise((resolve) => setTimeout(resolve, 5));
    expect((await notes()).sort()).toEqual(['fired before', 'fired foreign']);
    await worker.stop();
    await drivers.schedule.set([{ owner: 'm', id: 'after', dueMs: Date.now() }]);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await notes()).toHaveLength(2);
    expect(await drivers.schedule.nextDueMs('m')).toBeDefined();
  });
});
