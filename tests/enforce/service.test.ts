/** The enforce service with response, a database and an enforcement point over https. */
import { afterEach, describe, expect, it } from 'vitest';
import { createEnforce } from '../../services/enforce/service.js';
import { silentLog } from '../../services/runtime/log.js';
import { Bench, until } from './rig.js';

let bench: Bench;
afterEach(() => bench.close());
const is = (wanted: unknown) => (value: unknown) => value === wanted;

describe('what is contracted is enforced outside', () => {
  it('and taken back when it ends, before the contraction counts as ended', async () => {
    bench = await Bench.open();
    await bench.contain('c1');
    await until(() => bench.outside('c1'), is('applied'));
    const applied = await bench.contraction('c1');
    expect(applied?.effects.map(({ point, state }) => [point, state])).toEqual([
      ['decision-point', 'applied'],
      ['out-there', 'applied'],
    ]);
    expect(applied?.effects[1]?.effectiveByMs).toBeGreaterThan(Date.now());
    expect(bench.peer.world.inForce(Date.now())).toEqual(['c1/0/out-there']);
    bench.peer.slowMs = 150;
    await bench.lift('c1');
    expect(await bench.contraction('c1')).toMatchObject({ state: 'ending', endReason: 'lifted' });
    await until(async () => (await bench.contraction('c1'))?.state, is('ended'));
    expect(bench.peer.world.inForce(Date.now())).toEqual([]);
    expect(
      await until(
        () => bench.journal(),
        ({ length }) => length === 0,
      ),
    ).toEqual([]);
  });

  it('not in observe mode: no request at all', async () => {
    bench = await Bench.open();
    await bench.find('a1');
    await until(
      () => bench.peer.world.held.size,
      (size) => size === 2,
    );
    const ids = bench.peer.requests.flatMap(({ ids: each }) => each);
    const contractions = (
      await bench.fixture.drivers.store.scan<{ id: string; mode: string }>('contraction/live/')
    ).map(({ value }) => value);
    expect(contractions.map(({ mode }) => mode).sort()).toEqual(['enforce', 'observe']);
    const shadow = contractions.find(({ mode }) => mode === 'observe')!;
    expect(ids.filter((id) => id.startsWith(shadow.id))).toEqual([]);
  });

  it('a hung action holds up nothing else, and is asked again', async () => {
    bench = await Bench.open();
    bench.peer.troubles.push('hang');
    await bench.contain('slow');
    await until(
      () => bench.peer.requests.length,
      (count) => count > 0,
    );
    await bench.contain('quick');
    await until(() => bench.outside('quick'), is('applied'));
    expect(await bench.outside('slow')).toBe('pending');
    await until(() => bench.outside('slow'), is('applied'));
  });

  it('a revert that fails is raised as an incident, tried on, and closed when it is done', async () => {
    bench = await Bench.open();
    await bench.contain('c1');
    await until(() => bench.outside('c1'), is('applied'));
    for (let i = 0; i < 30; i += 1) bench.peer.troubles.push('404');
    await bench.lift('c1');
    await until(() => bench.outside('c1'), is('revert_failed'));
    const [raised] = await bench.incidents();
    expect(raised).toMatchObject({ severity: 'high', status: 'new' });
    expect(raised?.timeline.at(-1)?.text).toContain('could not be taken back at out-there: no such thing here');
    expect((await bench.contraction('c1'))?.state).toBe('ending');
    await bench.enforce.stop();
    bench.enforce = bench.newEnforce();
    await bench.enforce.start();
    bench.peer.troubles.length = 0;
    await until(() => bench.outside('c1'), is('reverted'));
    await until(async () => (await bench.contraction('c1'))?.state, is('ended'));
    expect((await bench.incidents())[0]?.status).toBe('closed');
  });

  it('what a person changes is left alone and raised', async () => {
    bench = await Bench.open();
    await bench.contain('c1');
    await until(() => bench.outside('c1'), is('applied'));
    bench.peer.world.edit('c1/0/out-there');
    await until(() => bench.outside('c1'), is('drifted'));
    const before = bench.peer.world.acts.apply;
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(bench.peer.world.acts.apply).toBe(before);
    expect((await bench.incidents())[0]?.timeline.at(-1)?.text).toContain('was changed by a person');
    await bench.lift('c1');
    await until(async () => (await bench.contraction('c1'))?.state, is('ended'));
    expect(bench.peer.world.held.has('c1/0/out-there'), 'it stays as the person left it').toBe(true);
    expect(await bench.outside('c1')).toBe('drifted');
  });

  it('what the point forgets is applied again; what is said to be done and is not, is noticed', async () => {
    bench = await Bench.open();
    bench.peer.world.moods.push('lie');
    await bench.contain('c1');
    await until(() => bench.peer.world.held.size, is(1));
    await until(() => bench.outside('c1'), is('applied'));
    bench.peer.world.forget('c1/0/out-there');
    await until(() => bench.peer.world.held.size, is(1));
    bench.peer.world.moods.push('lie');
    await bench.lift('c1');
    await until(async () => (await bench.contraction('c1'))?.state, is('ended'));
    expect(bench.peer.world.held.size).toBe(0);
  });

  it('an answer that is lost does nothing twice, and a late request is met', async () => {
    bench = await Bench.open();
    bench.peer.world.moods.push('late');
    await bench.contain('c1');
    await until(() => bench.peer.world.late.length, is(1));
    await bench.lift('c1');
    setTimeout(() => bench.peer.world.land(Date.now()), 100);
    await until(async () => (await bench.contraction('c1'))?.state, is('ended'));
    expect(bench.peer.world.inForce(Date.now())).toEqual([]);
  });

  it('a point that is configured no more is told of, never forgotten, and mended when it is back', async () => {
    bench = await Bench.open();
    await bench.contain('c1');
    await until(() => bench.outside('c1'), is('applied'));
    await bench.enforce.stop();
    bench.enforce = bench.newEnforce([]);
    await bench.enforce.start();
    await bench.lift('c1');
    await until(() => bench.outside('c1'), is('revert_failed'));
    expect((await bench.incidents())[0]?.timeline.at(-1)?.text).toContain('no such enforcement point is configured');
    await bench.enforce.stop();
    bench.enforce = bench.newEnforce();
    await bench.enforce.start();
    await until(async () => (await bench.contraction('c1'))?.state, is('ended'));
    expect(bench.peer.world.held.size).toBe(0);
  });

  it('one process acts at a time: another waits until the lease is free', async () => {
    bench = await Bench.open();
    const { drivers } = bench.fixture;
    const second = createEnforce({
      points: [bench.point()],
      drivers: { ...drivers, checkpoint: { ...drivers.checkpoint, atomic: false } },
      clock: bench.clock,
      log: silentLog(),
    });
    await second.start();
    expect(second.unready()).toBeUndefined();
    expect(second.facts?.()).toMatchObject({ leads: false });
    await bench.contain('c1');
    await until(() => bench.outside('c1'), is('applied'));
    expect(second.entries()).toEqual([]);
    await second.stop();
  });

  it('says in its health what waits, what is where, and what went wrong last', async () => {
    bench = await Bench.open();
    bench.peer.troubles.push('404');
    await bench.contain('c1');
    await until(() => bench.outside('c1'), is('failed'));
    expect(bench.enforce.facts?.()).toMatchObject({
      leads: true,
      points: [{ point: 'out-there', effects: { failed: 1 }, lastError: 'no such thing here' }],
    });
  });
});
