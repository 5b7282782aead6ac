import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Drivers } from '../../../services/runtime/drivers.js';
import { StepdownError } from '../../../services/runtime/errors.js';
import { EngineWatch, listenForHealth, measuredDrivers, METRICS, Metrics } from '../../../services/runtime/metrics.js';
import { metricsDocument } from '../../../services/runtime/metrics/document.js';
import type { Definition } from '../../../services/runtime/metrics/definitions.js';
import { outgoing } from '../../conformance/records.js';
import type { Fixture } from '../../conformance/types.js';
import { openFixture } from '../sqlite/fixture.js';

/** The value of a series, by its name and labels as they stand in the text. */
async function valueOf(metrics: Metrics, series: string): Promise<number | undefined> {
  const line = (await metrics.text()).split('\n').find((each) => each.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
}

describe('metrics', () => {
  it('have names, units, help and labels as Prometheus wants them', () => {
    const names = new Set<string>();
    for (const { name, type, help, labels } of Object.values<Definition>(METRICS)) {
      expect(names.has(name)).toBe(false);
      names.add(name);
      expect(name).toMatch(/^stepdown_[a-z_]+[a-z]$/);
      expect(name.endsWith('_total')).toBe(type === 'counter');
      if (type === 'histogram') expect(name).toMatch(/_seconds$/);
      expect(help).toMatch(/\.$/);
      // What comes from outside would make series without end.
      for (const label of labels)
        expect(['agent', 'session', 'user', 'tool', 'tenant', 'id', 'key']).not.toContain(label);
    }
  });

  it('say nothing of what a process does not have', async () => {
    const metrics = new Metrics();
    expect(await valueOf(metrics, 'stepdown_decision_point_stale_seconds')).toBeUndefined();
    metrics.set('staleSeconds', {}, 3);
    expect(await valueOf(metrics, 'stepdown_decision_point_stale_seconds')).toBe(3);
  });

  it('are what docs/metrics.md says (`npx vitest run tests/runtime/metrics -u` writes it)', async () => {
    await expect(metricsDocument()).toMatchFileSnapshot('../../../docs/metrics.md');
  });
});

describe('measured drivers', () => {
  let fixture: Fixture;
  let metrics: Metrics;
  let drivers: Drivers;
  beforeEach(async () => {
    fixture = await openFixture();
    metrics = new Metrics();
    drivers = measuredDrivers(fixture.drivers, metrics);
  });
  afterEach(async () => fixture.remove());

  it('count records where they become durable, and what was handled', async () => {
    await drivers.stream.append([outgoing(1), outgoing(2)]);
    await drivers.checkpoint.commit({
      outputs: [outgoing(3)],
      writes: [],
      timers: { set: [{ owner: 'respond/3', id: 'a', dueMs: 1 }], cancel: [], done: [] },
    });
    let got = 0;
    const subscription = await drivers.stream.subscribe({
      topic: 'signals',
      group: 'g',
      from: 'earliest',
      handler: async (records) => void (got += records.length),
    });
    while (got < 3) await new Promise((resolve) => setTimeout(resolve, 2));
    await subscription.stop();
    expect(await valueOf(metrics, 'stepdown_records_appended_total{topic="signals"}')).toBe(3);
    expect(await valueOf(metrics, 'stepdown_records_handled_total{topic="signals",group="g"}')).toBe(3);
    expect(await valueOf(metrics, 'stepdown_append_duration_seconds_count')).toBe(1);
    // Partitions of a worker are one series.
    expect(await valueOf(metrics, 'stepdown_checkpoints_total{group="respond",result="ok"}')).toBe(1);
  });

  it('count what is lost and what fails, by its code, and let it through unchanged', async () => {
    await drivers.store.write([{ key: 'a', value: 1 }]);
    const lost = await drivers.checkpoint.commit({
      outputs: [outgoing(1)],
      writes: [{ key: 'a', value: 2, expectVersion: 7 }],
      timers: { set: [], cancel: [], done: [] },
      position: { group: 'g', topic: 'telemetry', partition: 0, offset: 1 },
    });
    expect(lost).toEqual({ ok: false, lost: ['a'] });
    expect(await valueOf(metrics, 'stepdown_checkpoints_total{group="g",result="lost"}')).toBe(1);
    expect(await valueOf(metrics, 'stepdown_records_appended_total{topic="signals"}')).toBeUndefined();
    await fixture.drivers.close();
    await expect(drivers.stream.append([outgoing(1)])).rejects.toMatchObject({ code: 'stream-closed' });
    expect(await valueOf(metrics, 'stepdown_append_failures_total{code="stream-closed"}')).toBe(1);
  });
});

describe('the watch over the engines', () => {
  const opened: { stop(): Promise<void> }[] = [];
  afterEach(async () => {
    for (const each of opened.splice(0)) await each.stop();
  });

  it('says how far each reader is behind, and is not ready above the limit', async () => {
    const fixture = await openFixture();
    const metrics = new Metrics();
    const watch = new EngineWatch({
      drivers: fixture.drivers,
      metrics,
      readers: [{ topic: 'signals', group: 'respond' }],
      maxLag: 2,
      everyMs: 5,
    });
    opened.push(watch, { stop: () => fixture.remove() });
    await watch.start();
    expect(watch.unready()).toBeUndefined();
    const places = await fixture.drivers.stream.append([outgoing(1), outgoing(2), outgoing(3)]);
    while (watch.unready() === undefined) await new Promise((resolve) => setTimeout(resolve, 2));
    expect(watch.unready()).toBe('respond of signals is 3 records behind');
    expect(await valueOf(metrics, 'stepdown_stream_lag_records{topic="signals",partition="0",group="respond"}')).toBe(
      3,
    );
    await fixture.drivers.stream.commit({
      group: 'respond',
      topic: 'signals',
      ...(places[2] ?? { partition: 0, offset: 0 }),
    });
    while (watch.unready() !== undefined) await new Promise((resolve) => setTimeout(resolve, 2));
    expect(await valueOf(metrics, 'stepdown_stream_lag_records{topic="signals",partition="0",group="respond"}')).toBe(
      0,
    );
  });

  it('names the engine that does not answer, also one that says nothing at all', async () => {
    const fixture = await openFixture();
    const metrics = new Metrics();
    let silent = true;
    const { stream, schedule, store } = fixture.drivers;
    const watch = new EngineWatch({
      drivers: {
        stream: { ...stream, state: async () => Promise.reject(new StepdownError('driver-unavailable', 'no broker')) },
        schedule,
        store: { ...store, get: async (keys) => (silent ? new Promise(() => undefined) : store.get(keys)) },
      },
      metrics,
      readers: [{ topic: 'signals', group: 'respond' }],
      maxLag: 0,
      everyMs: 5,
      answersWithinMs: 20,
    });
    opened.push(watch, { stop: () => fixture.remove() });
    await watch.start();
    expect(watch.unready()).toContain('the stream does not answer: no broker');
    expect(watch.unready()).toContain('the store does not answer: nothing came within 20 ms');
    expect(await valueOf(metrics, 'stepdown_engine_up{engine="store"}')).toBe(0);
    expect(await valueOf(metrics, 'stepdown_engine_up{engine="schedule"}')).toBe(1);
    silent = false;
    while (watch.unready()?.includes('store') === true) await new Promise((resolve) => setTimeout(resolve, 2));
    expect(await valueOf(metrics, 'stepdown_engine_up{engine="store"}')).toBe(1);
  });
});

describe('the listener for health', () => {
  it('offers metrics, life and readiness, and nothing else', async () => {
    const metrics = new Metrics();
    let missing: string | undefined = 'respond: is catching up';
    const listener = await listenForHealth({ host: '127.0.0.1', port: 0, metrics, unready: () => missing });
    const get = async (path: string, method = 'GET') => {
      const response = await fetch(`http://127.0.0.1:${listener.port}${path}`, { method });
      return { status: response.status, type: response.headers.get('content-type'), text: await response.text() };
    };
    try {
      const read = await get('/metrics');
      expect(read.type).toContain('text/plain; version=0.0.4');
      expect(read.text).toContain('# HELP stepdown_build_info');
      expect(read.text).toMatch(/nodejs_eventloop_lag_p99_seconds \S+/);
      expect(await get('/healthz')).toMatchObject({ status: 200, text: '{"status":"ok"}' });
      expect(await get('/readyz')).toMatchObject({
        status: 503,
        text: '{"status":"not-ready","missing":"respond: is catching up"}',
      });
      missing = undefined;
      expect(await get('/readyz?verbose')).toMatchObject({ status: 200 });
      expect((await get('/v1/agents')).status).toBe(404);
      expect((await get('/metrics', 'POST')).status).toBe(405);
      await expect(
        listenForHealth({ host: '127.0.0.1', port: listener.port, metrics, unready: () => undefined }),
      ).rejects.toMatchObject({ code: 'driver-unavailable' });
    } finally {
      await listener.close();
    }
  });
});
