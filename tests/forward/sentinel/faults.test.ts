/**
 * Faults of the way to Sentinel, each with what must hold through it; those that an answer's status tells stand in
 * delivery.test.ts, sizes in limits.test.ts, the process killed from outside in crash.test.ts.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createForward, type Forward, type ForwardOptions } from '../../../services/forward/service.js';
import { WallClock } from '../../../services/runtime/clock.js';
import { loadConfig } from '../../../services/runtime/config.js';
import { type Drivers, openDrivers } from '../../../services/runtime/drivers.js';
import { StepdownError } from '../../../services/runtime/errors.js';
import { silentLog } from '../../../services/runtime/log.js';
import { selfSigned } from '../../peers/certificate.js';
import { HttpsPeer, type Misbehaviour } from '../../peers/https-peer.js';
import { incident } from '../incident.js';
import { decision } from './records.js';
import { type Workspace, workspace } from './workspace.js';

const eventually = <T>(check: () => T | Promise<T>): Promise<T> => vi.waitFor(check, { timeout: 15_000, interval: 10 });
const DAY_MS = 86_400_000;

describe('faults on the way to Sentinel', () => {
  let space: Workspace;
  let folder = '';
  let drivers: Drivers;
  const running: Forward[] = [];
  const open = () => openDrivers(loadConfig({ env: {}, overrides: { dataDir: folder } }), silentLog(), new WallClock());

  beforeAll(async () => {
    space = await workspace();
  });
  afterAll(() => space.stop());
  beforeEach(async () => {
    space.logs.rows.clear();
    space.logs.refusals.length = 0;
    space.logs.limitBytes = 1_048_576;
    space.logs.peer.requests.length = 0;
    space.logs.peer.misbehaviours = [];
    space.logs.peer.always = undefined;
    folder = mkdtempSync(join(tmpdir(), 'stepdown-sentinel-faults-'));
    drivers = await open();
  });
  afterEach(async () => {
    for (const forward of running.splice(0)) await forward.stop();
    await drivers.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function start(changes: Record<string, unknown> = {}, options: Partial<ForwardOptions> = {}): Promise<Forward> {
    const forward = createForward({
      drivers,
      log: silentLog(),
      version: '0',
      random: () => 0.5,
      limits: { baseMs: 10, capMs: 40 },
      quickRetry: { baseMs: 1, capMs: 1, deadlineMs: 0 },
      sinks: [space.sink({ tables: ['incidents'], ...changes })],
      ...options,
    });
    running.push(forward);
    await forward.start();
    return forward;
  }
  const append = (...incidents: ReturnType<typeof incident>[]) =>
    drivers.stream.append(incidents.map((value) => ({ topic: 'incidents' as const, key: value.id, value })));
  const ids = (table = 'Incidents') => space.logs.table(`Stepdown${table}_CL`).map(({ RowId }) => String(RowId));
  const letters = () => drivers.stream.read('deadletter', { from: 0, limit: 100 });

  const ANSWERS: [string, Misbehaviour][] = [
    [
      'an answer that drips in, a byte at a time, for longer than a call may take',
      { raw: `HTTP/1.1 204 No Content\r\nx-padding: ${'x'.repeat(200)}\r\n\r\n`, dripMs: 5, done: true },
    ],
    ['a 204 that breaks off in its first line', { raw: 'HTTP/1.1 204 No Con', done: true }],
    ['a 204 that breaks off in its headers', { raw: 'HTTP/1.1 204 No Content\r\ncontent-le', done: true }],
    ['an answer that breaks off in its body', { raw: 'HTTP/1.1 503 Busy\r\ncontent-length: 500\r\n\r\n{"error":' }],
    [
      'an answer whose gzip is none',
      { raw: 'HTTP/1.1 503 Busy\r\ncontent-encoding: gzip\r\ncontent-length: 9\r\n\r\nnot gzip!' },
    ],
    ['an answer that is no HTTP', { raw: 'SSH-2.0-OpenSSH_9.6\r\n' }],
    ['a proxy’s page with 200', { raw: 'HTTP/1.1 200 OK\r\ncontent-length: 13\r\n\r\n<html></html>' }],
    ['400 because the gzip did not arrive whole', { status: 400, body: { error: { code: 'InvalidContentEncoding' } } }],
    ['415', { status: 415 }],
    ['408', { status: 408 }],
    ['a Retry-After that is none', { status: 429, headers: { 'retry-after': 'soon' } }],
    [
      'a Retry-After of a time that has passed',
      { status: 503, headers: { 'retry-after': 'Mon, 01 Jan 2024 00:00:00 GMT' } },
    ],
  ];
  it.each(ANSWERS)('%s: nothing is lost, the order holds, nothing is set aside', async (_name, fault) => {
    space.logs.peer.misbehaviours = [fault, fault];
    await start({ timeout: '300ms' });
    await append(incident('a', 1), incident('b', 1));
    await eventually(() => expect(space.logs.peer.requests.length).toBeGreaterThan(0));
    await append(incident('a', 2));
    await eventually(() => expect(ids()).toContain('a:2'));
    await eventually(() => expect(running[0]?.status()[0]).toMatchObject({ waiting: 0, lost: 0 }));
    const versions = ids().filter((id) => id.startsWith('a:'));
    expect(versions).toEqual([...versions].sort());
    expect(versions.at(-1)).toBe('a:2');
    expect(ids()).toContain('b:1');
    expect(await letters()).toEqual([]);
  });

  it('a 413 whose body cannot be read is a 413 all the same', async () => {
    space.logs.peer.always = ({ body }) =>
      body.length > 700
        ? { raw: 'HTTP/1.1 413 Too Large\r\ncontent-encoding: gzip\r\ncontent-length: 9\r\n\r\nnot gzip!' }
        : undefined;
    await start();
    await append(...['a', 'b', 'c'].map((id) => incident(id)));
    await eventually(() => expect(new Set(ids())).toEqual(new Set(['a:1', 'b:1', 'c:1'])));
  });

  describe('where nobody is reached', () => {
    let plain: Server;
    let stranger: HttpsPeer;
    let misnamed: HttpsPeer;
    let expired: HttpsPeer;
    beforeAll(async () => {
      plain = createServer((socket) => {
        socket.on('error', () => undefined).end('HTTP/1.1 400 Bad Request\r\n\r\n', () => socket.destroy());
      });
      await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve));
      const taking = () => ({ status: 204 });
      stranger = await HttpsPeer.start(taking, selfSigned());
      misnamed = await HttpsPeer.start(taking, selfSigned({ host: 'another.example', ip: [192, 0, 2, 1] }));
      expired = await HttpsPeer.start(taking, selfSigned({ host: 'expired.example', untilMs: Date.now() - 60_000 }));
      const trusted = [space.logs.ca, misnamed.certificate.cert, expired.certificate.cert];
      writeFileSync(join(space.folder, 'trusted.pem'), trusted.join(''));
    });
    afterAll(async () => {
      for (const peer of [stranger, misnamed, expired]) await peer.stop();
      await new Promise((resolve) => plain.close(resolve));
    });
    const port = (server: Server) => (server.address() as AddressInfo).port;

    it.each([
      ['a name that does not resolve', () => 'https://no-such-workspace.invalid', /ENOTFOUND|EAI_AGAIN/],
      ['a port that nobody listens on', () => 'https://127.0.0.1:1', /ECONNREFUSED/],
      ['a server that speaks no TLS', () => `https://127.0.0.1:${port(plain)}`, /EPROTO|SSL|packet|socket hang up/i],
      ['a certificate that nobody vouches for', () => stranger.url, /certificate|self.signed/i],
      ['a certificate for another name', () => misnamed.url, /altnames|does not match/i],
      ['a certificate whose time is over', () => expired.url, /expired/],
    ])('%s: it waits, says why, and is sent once that is mended', async (_name, endpoint, said) => {
      const forward = await start({ endpoint: endpoint(), ca: join(space.folder, 'trusted.pem'), timeout: '2s' });
      await append(incident('a'));
      await eventually(() =>
        expect(forward.status()[0]).toMatchObject({ waiting: 1, lastError: expect.stringMatching(said) as string }),
      );
      expect([stranger, misnamed, expired].flatMap(({ requests }) => requests)).toEqual([]);
      await forward.stop();
      running.length = 0;
      await start();
      await eventually(() => expect(ids()).toEqual(['a:1']));
    });
  });

  describe('where our own store fails', () => {
    /** Drivers of which every call beyond `good` fails, for `bad` calls. */
    const failing = (good: number, bad: number, error: () => Error) => {
      let calls = 0;
      const guarded = <T extends object>(target: T, names: readonly string[]): T =>
        new Proxy(target, {
          get(object, name) {
            const value = Reflect.get(object, name) as unknown;
            if (typeof value !== 'function') return value;
            const own = (value as (...args: unknown[]) => unknown).bind(object);
            if (!names.includes(String(name))) return own;
            return (...args: unknown[]) => {
              const call = calls++;
              return call >= good && call < good + bad ? Promise.reject(error()) : own(...args);
            };
          },
        });
      return {
        calls: () => calls,
        drivers: {
          stream: guarded(drivers.stream, ['append']),
          store: guarded(drivers.store, ['get', 'write']),
          checkpoint: guarded(drivers.checkpoint, ['commit']),
        },
      };
    };
    const story = async (of = '') => {
      await append(incident(`a${of}`, 1, { severity: 'low' }), incident(`b${of}`, 1));
      await append(incident(`a${of}`, 2, { severity: 'high' }));
    };
    const told = (of = '') => {
      const rows = space.logs.table('StepdownIncidents_CL');
      const own = rows.filter(({ IncidentId }) => IncidentId === `a${of}`);
      const versions = own.map(({ RecordVersion }) => Number(RecordVersion));
      expect(versions).toEqual([...versions].sort());
      expect(versions.at(-1)).toBe(2);
      expect(ids()).toContain(`b${of}:1`);
      // Whatever was repeated, people are called once for each severity: alerts of one id are one.
      const alerts = own.filter(({ AlertReason }) => AlertReason !== undefined).map(({ AlertId }) => String(AlertId));
      expect(alerts).toContain(`a${of}:High`);
      expect([...new Set(alerts)].every((id) => [`a${of}:Low`, `a${of}:High`].includes(id))).toBe(true);
    };

    it('ended at every step, the next process brings everything, in order, and alerts once', async () => {
      let ended = 0;
      for (let step = 0; ; step += 1) {
        const of = `-${step}`;
        const dying = failing(step, Infinity, () => new StepdownError('stream-closed', 'the process is gone'));
        const first = await start({}, { drivers: dying.drivers }).catch(() => undefined);
        await story(of);
        await eventually(() => expect(dying.calls() > step || ids().includes(`a${of}:2`)).toBe(true));
        // What is under way beyond the dead step comes to its end, as packets of a killed process do.
        await new Promise((resolve) => setTimeout(resolve, 5));
        await first?.stop();
        running.length = 0;
        const died = dying.calls() > step;
        const next = await start();
        await eventually(() => {
          expect(next.status()[0]?.waiting).toBe(0);
          told(of);
        });
        await next.stop();
        running.length = 0;
        if (!died) break;
        ended += 1;
        expect(ended).toBeLessThan(60);
      }
      expect(ended).toBeGreaterThan(5);
    });

    it.each([0, 1, 3, 5])(
      'full for a while from call %i on: nothing is lost, and it goes on by itself',
      async (from) => {
        const full = failing(from + 1, 3, () => new StepdownError('store-full', 'the disk is full'));
        const forward = await start({}, { drivers: full.drivers });
        await story();
        await eventually(() => {
          expect(forward.status()[0]).toMatchObject({ waiting: 0, lost: 0 });
          told();
        });
      },
    );
  });

  describe('where the clock is set', () => {
    it('a month ahead: what waits is tried before it is given up', async () => {
      let aheadMs = 0;
      const forward = await start({}, { now: () => Date.now() + aheadMs, limits: { baseMs: 20_000, capMs: 40_000 } });
      space.logs.peer.misbehaviours = ['reset'];
      await append(incident('a'));
      await eventually(() => expect(forward.status()[0]).toMatchObject({ waiting: 1 }));
      await forward.stop();
      running.length = 0;
      aheadMs = 40 * DAY_MS;
      const next = await start({}, { now: () => Date.now() + aheadMs });
      await eventually(() => expect(ids()).toEqual(['a:1']));
      // The row is there before its answer is.
      await eventually(() => expect(next.status()[0]).toMatchObject({ lost: 0, waiting: 0 }));
    });

    it('back after a restart: what came in meanwhile does not wait until then', async () => {
      const year = 365 * DAY_MS;
      space.logs.peer.always = () => 'reset';
      const ahead = await start({}, { now: () => Date.now() + year, limits: { baseMs: 20_000, capMs: 40_000 } });
      await append(incident('a'));
      await eventually(() => expect(ahead.status()[0]?.lastError).toBeDefined());
      await ahead.stop();
      running.length = 0;
      space.logs.peer.always = undefined;
      const next = await start();
      await eventually(() => expect(ids()).toEqual(['a:1']));
      // The row is there before its answer is.
      await eventually(() => expect(next.oldestWaitingMs()).toBe(0));
    });

    it('ahead or back, the table shows when it was sent as the service allows, and EventTime as it was', async () => {
      await start({}, { now: () => Date.now() + 10 * DAY_MS });
      await append(incident('a'));
      await eventually(() => expect(ids()).toEqual(['a:1']));
      const [row] = space.logs.table('StepdownIncidents_CL');
      expect(Math.abs(Date.parse(row?.TimeGenerated ?? '') - Date.now())).toBeLessThan(60_000);
      expect(row?.['EventTime']).toBe(new Date(1_000_001).toISOString());
    });
  });

  it('a table that is refused for ever holds up no other, and what waits for it is bounded in memory', async () => {
    space.logs.peer.always = ({ path }) => (path.includes('Incidents') ? { status: 403 } : undefined);
    const forward = await start({ tables: ['incidents', 'decisions'], maxRows: 100 });
    await append(...Array.from({ length: 130 }, (_, at) => incident(`i${at}`)));
    await drivers.stream.append(
      Array.from({ length: 20 }, (_, at) => ({ topic: 'decisions' as const, key: 'k', value: decision(`d${at}`) })),
    );
    await eventually(() => expect(new Set(ids('Decisions')).size).toBe(20));
    await eventually(() =>
      expect(forward.status().find(({ sink }) => sink === 'sentinel')).toMatchObject({ waiting: 100, lost: 30 }),
    );
    await eventually(() =>
      expect(forward.status().find(({ sink }) => sink === 'sentinel')?.lastError).toMatch(
        /Monitoring Metrics Publisher/,
      ),
    );
  });
});
