/** Forward against the workspace peer: each fault the service knows, and what must hold through it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createForward, type Forward, type ForwardOptions } from '../../../services/forward/service.js';
import type { SentinelConfig } from '../../../services/forward/sentinel/config.js';
import { WallClock } from '../../../services/runtime/clock.js';
import { loadConfig } from '../../../services/runtime/config.js';
import { type Drivers, openDrivers } from '../../../services/runtime/drivers.js';
import { silentLog } from '../../../services/runtime/log.js';
import type { Misbehaviour } from '../../peers/https-peer.js';
import { incident } from '../incident.js';
import { contraction, decision, finding } from './records.js';
import { type Workspace, workspace } from './workspace.js';

const eventually = <T>(check: () => T | Promise<T>): Promise<T> => vi.waitFor(check, { timeout: 15_000, interval: 10 });

describe('forwarding to Sentinel', () => {
  let space: Workspace;
  let folder = '';
  let drivers: Drivers;
  let forward: Forward | undefined;
  const open = () => openDrivers(loadConfig({ env: {}, overrides: { dataDir: folder } }), silentLog(), new WallClock());

  beforeAll(async () => {
    space = await workspace();
  });
  afterAll(() => space.stop());
  beforeEach(async () => {
    const { logs } = space;
    logs.rows.clear();
    logs.refusals.length = 0;
    logs.bodies.length = 0;
    logs.allowed = true;
    logs.callsPerMinute = Infinity;
    logs.limitBytes = 1_048_576;
    logs.faulty = () => false;
    logs.peer.requests.length = 0;
    logs.peer.misbehaviours = [];
    logs.peer.always = undefined;
    folder = mkdtempSync(join(tmpdir(), 'stepdown-sentinel-engine-'));
    drivers = await open();
  });
  afterEach(async () => {
    await forward?.stop();
    forward = undefined;
    await drivers.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function start(changes: Record<string, unknown> = {}, options: Partial<ForwardOptions> = {}): Promise<Forward> {
    forward = createForward({
      drivers,
      log: silentLog(),
      version: '0',
      random: () => 0.5,
      limits: { baseMs: 10, capMs: 40 },
      quickRetry: { baseMs: 1, capMs: 1, deadlineMs: 0 },
      sinks: [space.sink(changes)],
      ...options,
    });
    await forward.start();
    return forward;
  }
  const append = (...incidents: ReturnType<typeof incident>[]) =>
    drivers.stream.append(incidents.map((value) => ({ topic: 'incidents' as const, key: value.id, value })));
  const ids = (table = 'Incidents') => space.logs.table(`Stepdown${table}_CL`).map(({ RowId }) => RowId as string);
  const waiting = (name = 'sentinel') => forward?.status().find(({ sink }) => sink === name)?.waiting;

  it('sends each noun to its table, with a federated identity and no secret', async () => {
    await start();
    await append(incident('a'));
    await drivers.stream.append([
      { topic: 'signals', key: 'k', value: { kind: 'finding', tenant: 'default', timeMs: 1, finding: finding('f1') } },
      {
        topic: 'signals',
        key: 'k',
        value: { kind: 'finding', tenant: 'default', timeMs: 1, finding: finding('copy', { primary: false }) },
      },
      { topic: 'contractions', key: 'c1', value: { kind: 'contraction', contraction: contraction('c1') } },
      { topic: 'decisions', key: 'd1', value: decision('d1') },
      { topic: 'decisions', key: 'd2', value: decision('d2', 'allow') },
      { topic: 'decisions', key: 'd3', value: decision('d3', 'needs_approval') },
    ]);
    await eventually(() => {
      expect(ids()).toEqual(['a:1']);
      expect(ids('Findings')).toEqual(['f1']);
      expect(ids('Contractions')).toEqual(['c1:1']);
      expect(ids('Decisions').sort()).toEqual(['d1', 'd3']);
    });
    expect(space.logs.refusals).toEqual([]);
    expect(space.logs.authority.assertions).toContain('a-federated-token');
    expect(space.logs.peer.requests.every(({ headers }) => headers['content-encoding'] === 'gzip')).toBe(true);
  });

  it('tells of a contraction when it changes, not when its lease is renewed', async () => {
    await start({ tables: ['contractions'] });
    const tell = (...each: ReturnType<typeof contraction>[]) =>
      drivers.stream.append(
        each.map((value) => ({
          topic: 'contractions' as const,
          key: value.id,
          value: { kind: 'contraction' as const, contraction: value },
        })),
      );
    await tell(contraction('c1'));
    await eventually(() => expect(ids('Contractions')).toEqual(['c1:1']));
    await tell(contraction('c1', 2), contraction('c1', 3));
    await tell(contraction('c1', 4, { state: 'ended', endedAtMs: 1_700_000_900_000, endReason: 'quiet' }));
    await eventually(() => expect(ids('Contractions')).toEqual(['c1:1', 'c1:4']));
  });

  const FAULTS: [string, Misbehaviour][] = [
    ['429 with Retry-After', { status: 429, headers: { 'retry-after': '0' } }],
    ['429 without Retry-After', { status: 429 }],
    ['503', { status: 503 }],
    ['500', { status: 500 }],
    ['403', { status: 403 }],
    ['404', { status: 404 }],
    ['400 that is not the row’s fault', { status: 400, body: { error: { code: 'InvalidStream' } } }],
    ['a success that is none', { status: 200 }],
    ['a redirect', { status: 307, headers: { location: 'https://127.0.0.1:1/' } }],
    ['a reset', 'reset'],
    ['a lost answer', 'reset-afterwards'],
    ['a half-open connection', 'silent'],
    ['a lost answer over a half-open connection', 'silent-afterwards'],
  ];
  it.each(FAULTS)('loses nothing through %s, and keeps each incident in order', async (_name, fault) => {
    space.logs.peer.misbehaviours = [fault, fault];
    await start({ tables: ['incidents'], timeout: '150ms' });
    await append(incident('a', 1), incident('b', 1));
    await eventually(() => expect(space.logs.peer.requests.length).toBeGreaterThan(0));
    await append(incident('a', 2));
    await eventually(() => {
      expect(new Set(ids())).toContain('b:1');
      expect(ids().at(-1)).toBeDefined();
      expect(
        ids()
          .filter((id) => id.startsWith('a:'))
          .at(-1),
      ).toBe('a:2');
    });
    const versions = ids().filter((id) => id.startsWith('a:'));
    expect(versions).toEqual([...versions].sort());
    await eventually(() => expect(waiting()).toBe(0));
    expect(await drivers.stream.read('deadletter', { from: 0, limit: 1 })).toEqual([]);
  });

  it('comes back when the service asked for, not before', async () => {
    space.logs.peer.misbehaviours = [{ status: 429, headers: { 'retry-after': '1' } }];
    await start({ tables: ['incidents'] });
    const at = performance.now();
    await append(incident('a'));
    await eventually(() => expect(ids()).toEqual(['a:1']));
    expect(performance.now() - at).toBeGreaterThanOrEqual(990);
    expect(space.logs.peer.requests).toHaveLength(2);
  });

  it('keeps to what the rule takes a minute: what is beyond it waits, and nothing is lost', async () => {
    space.logs.callsPerMinute = space.logs.callsOfLastMinute() + 2;
    await start({ tables: ['incidents'] });
    for (const id of ['a', 'b', 'c', 'd']) {
      await append(incident(id));
      await eventually(() => expect(ids().includes(`${id}:1`) || space.logs.refusals.length > 0).toBe(true));
    }
    await eventually(() => expect(space.logs.refusals.map(({ status }) => status)).toContain(429));
    expect(ids()).toEqual(['a:1', 'b:1']);
    space.logs.callsPerMinute = Infinity;
    await eventually(() => expect(ids()).toEqual(['a:1', 'b:1', 'c:1', 'd:1']));
  });

  it('has a new token before the old one runs out', async () => {
    // Clients renew a token some minutes before its end; one that lives shorter is never used twice.
    space.logs.authority.lifetimeSeconds = 1;
    space.logs.authority.revokeAll();
    await start({ tables: ['incidents'] });
    await append(incident('a'));
    await eventually(() => expect(ids()).toEqual(['a:1']));
    await new Promise((resolve) => setTimeout(resolve, 1_050));
    await append(incident('b'));
    await eventually(() => expect(ids()).toEqual(['a:1', 'b:1']));
    space.logs.authority.lifetimeSeconds = 3_600;
  });

  it('asks for a new token when the old one is no longer taken', async () => {
    await start({ tables: ['incidents'] });
    await append(incident('a'));
    await eventually(() => expect(ids()).toEqual(['a:1']));
    const before = space.logs.authority.issued;
    space.logs.authority.revokeAll();
    await append(incident('b'));
    await eventually(() => expect(ids()).toEqual(['a:1', 'b:1']));
    expect(space.logs.authority.issued).toBeGreaterThan(before);
  });

  it('waits where no token can be had, and says so', async () => {
    // Refused for good, as far as the identity client knows: it tries no more by itself.
    space.logs.authority.peer.always = () => ({ status: 400, body: { error: 'unauthorized_client' } });
    space.logs.authority.revokeAll();
    const running = await start({ tables: ['incidents'], timeout: '400ms' });
    await append(incident('a'));
    await eventually(() => expect(running.status()[0]?.lastError).toMatch(/no token|no answer/));
    expect(running.status()[0]).toMatchObject({ waiting: 1 });
    expect(running.oldestWaitingMs()).toBeGreaterThan(0);
    space.logs.authority.peer.always = undefined;
    await eventually(() => expect(ids()).toEqual(['a:1']));
    await eventually(() => expect(running.oldestWaitingMs()).toBe(0));
  });

  it('halves what is too large for the service, and cuts a row that is too large by itself', async () => {
    space.logs.limitBytes = 6_000;
    const long = { timeline: [{ atMs: 1, kind: 'note' as const, text: 'x'.repeat(50_000) }] };
    await start({ tables: ['incidents'] });
    await append(incident('a', 1, long), incident('b', 1), incident('c', 1));
    await eventually(() => expect(new Set(ids())).toEqual(new Set(['a:1', 'b:1', 'c:1'])));
    const cut = space.logs.table('StepdownIncidents_CL').find(({ RowId }) => RowId === 'a:1');
    expect(cut?.['Truncated']).toEqual(['Timeline']);
    expect(await drivers.stream.read('deadletter', { from: 0, limit: 1 })).toEqual([]);
  });

  it('sets one row aside that the service will never take, once another proves that it is the row', async () => {
    space.logs.faulty = ({ RowId }) => RowId === 'bad:1';
    await start({ tables: ['incidents'] });
    await append(incident('bad'));
    await eventually(() => expect(space.logs.refusals.length).toBeGreaterThan(1));
    expect(waiting()).toBe(1);
    await append(incident('good'));
    await eventually(() => expect(new Set(ids())).toEqual(new Set(['good:1'])));
    await eventually(() => expect(waiting()).toBe(0));
    const [letter] = await drivers.stream.read('deadletter', { from: 0, limit: 10 });
    expect(letter?.value).toMatchObject({ source: 'forward:sentinel', format: 'incident', payload: { id: 'bad' } });
    space.logs.faulty = () => false;
    if (letter === undefined) throw new Error('there must be a letter');
    expect(await forward?.retry(letter.value)).toMatchObject({ ok: true });
    await eventually(() => expect(ids()).toContain('bad:1'));
  });

  it('brings a day’s outage over afterwards: nothing is lost, calls are full and below the limit', async () => {
    let behindMs = 86_400_000;
    space.logs.peer.always = () => 'reset';
    const running = await start({}, { now: () => Date.now() - behindMs, limits: { baseMs: 5, capMs: 20 } });
    const COUNT = 1_500;
    for (let at = 0; at < COUNT; at += 500)
      await append(...Array.from({ length: 500 }, (_, index) => incident(`i${at + index}`)));
    await drivers.stream.append(
      Array.from({ length: 300 }, (_, index) => ({
        topic: 'decisions' as const,
        key: 'k',
        value: decision(`d${index}`),
      })),
    );
    await eventually(() => expect(waiting()).toBe(COUNT));
    behindMs = 0;
    const begun = space.logs.peer.requests.length;
    await eventually(() => expect(space.logs.peer.requests.length).toBeGreaterThan(begun + 3));
    expect(running.oldestWaitingMs()).toBeGreaterThanOrEqual(86_000_000);
    space.logs.peer.always = undefined;
    await eventually(() => {
      expect(waiting()).toBe(0);
      expect(waiting('sentinel/decisions')).toBe(0);
    });
    expect(new Set(ids()).size).toBe(COUNT);
    expect(new Set(ids('Decisions')).size).toBe(300);
    expect(Math.max(...space.logs.bodies)).toBeLessThanOrEqual(1_000_000);
    // Sent now, though it happened a day ago: rules look back by TimeGenerated.
    const [row] = space.logs.table('StepdownIncidents_CL');
    expect(Date.parse(row?.TimeGenerated ?? '')).toBeGreaterThan(Date.now() - 60_000);
    expect(row?.['EventTime']).toBe(new Date(1_000_001).toISOString());
    expect(running.oldestWaitingMs()).toBe(0);
  });

  it('gives up the oldest beyond its bound, counts them, and keeps the rest', async () => {
    space.logs.peer.always = () => ({ status: 503 });
    const running = await start({ tables: ['incidents'], maxRows: 100 });
    await append(...Array.from({ length: 130 }, (_, index) => incident(`i${index}`)));
    await eventually(() => expect(running.status()[0]).toMatchObject({ waiting: 100, lost: 30 }));
    const letters = await drivers.stream.read('deadletter', { from: 0, limit: 100 });
    expect(letters.map(({ value }) => (value.payload as { id: string }).id)).toEqual(
      Array.from({ length: 30 }, (_, index) => `i${index}`),
    );
    space.logs.peer.always = undefined;
    await eventually(() => expect(new Set(ids()).size).toBe(100));
  });

  it('alerts once for an incident, again when it grows graver, and never for its closing', async () => {
    await start({ tables: ['incidents'] });
    const reasons = () =>
      space.logs.table('StepdownIncidents_CL').map(({ RowId, AlertReason }) => [RowId, AlertReason ?? '']);
    const step = async (version: number, changes: Parameters<typeof incident>[2]) => {
      await append(incident('a', version, changes));
      await eventually(() => expect(ids().at(-1)).toBe(`a:${version}`));
    };
    await step(1, { severity: 'medium' });
    await step(2, { severity: 'medium' });
    await step(3, { severity: 'high' });
    await step(4, { severity: 'high', status: 'closed', closedAtMs: 5 });
    expect(reasons()).toEqual([
      ['a:1', 'first'],
      ['a:2', ''],
      ['a:3', 'severity'],
      ['a:4', ''],
    ]);
  });

  it('still alerts where the first version was replaced while the service was out of reach', async () => {
    space.logs.peer.always = () => 'reset';
    await start({ tables: ['incidents'] });
    await append(incident('a', 1));
    await eventually(() => expect(space.logs.peer.requests.length).toBeGreaterThan(0));
    await append(incident('a', 2), incident('a', 3, { status: 'closed', closedAtMs: 9 }));
    await eventually(async () =>
      expect(await drivers.stream.state('incidents', 'forward')).toMatchObject([{ committed: 2 }]),
    );
    // Whatever was under way with the first version has failed once another call has begun.
    const begun = space.logs.peer.requests.length;
    await eventually(() => expect(space.logs.peer.requests.length).toBeGreaterThan(begun + 1));
    space.logs.peer.always = undefined;
    await eventually(() => expect(ids()).toEqual(['a:3']));
    expect(space.logs.table('StepdownIncidents_CL')[0]).toMatchObject({ AlertReason: 'first', AlertId: 'a:High' });
  });

  it('does not stop at a topic that no sink wants any more', async () => {
    await start();
    await drivers.stream.append([{ topic: 'decisions', key: 'd1', value: decision('d1') }]);
    await eventually(() => expect(ids('Decisions')).toEqual(['d1']));
    await forward?.stop();
    const sinks: SentinelConfig[] = [space.sink({ tables: ['incidents'] })];
    await start({}, { sinks });
    await drivers.stream.append([{ topic: 'decisions', key: 'd2', value: decision('d2') }]);
    await eventually(async () => {
      const [state] = await drivers.stream.state('decisions', 'forward');
      expect(state?.committed).toBe((state?.end ?? 0) - 1);
    });
    expect(ids('Decisions')).toEqual(['d1']);
  });
});
