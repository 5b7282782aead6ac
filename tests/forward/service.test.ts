import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { DeadLetter } from '../../schemas/deadletter.js';
import { createForward, type Forward, type ForwardOptions } from '../../services/forward/service.js';
import { WallClock } from '../../services/runtime/clock.js';
import { loadConfig } from '../../services/runtime/config.js';
import { type Drivers, openDrivers } from '../../services/runtime/drivers.js';
import { silentLog } from '../../services/runtime/log.js';
import { incident } from './incident.js';
import { Receiver } from './receiver.js';

/** On a busy machine the default second is short. */
const eventually = <T>(check: () => T | Promise<T>): Promise<T> => vi.waitFor(check, { timeout: 15_000 });

describe('forward', () => {
  let folder = '';
  let drivers: Drivers;
  let receiver: Receiver;
  let forward: Forward | undefined;
  const open = () => openDrivers(loadConfig({ env: {}, overrides: { dataDir: folder } }), silentLog(), new WallClock());

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'stepdown-forward-'));
    drivers = await open();
    receiver = await Receiver.start();
  });
  afterEach(async () => {
    await forward?.stop();
    forward = undefined;
    await drivers.close();
    await receiver.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function start(options: Partial<ForwardOptions>): Promise<Forward> {
    forward = createForward({
      drivers,
      log: silentLog(),
      version: '0',
      random: () => 0.5,
      limits: { baseMs: 20, capMs: 40 },
      quickRetry: { baseMs: 1, capMs: 1, deadlineMs: 0 },
      sinks: [{ type: 'webhook', name: 'hook', url: receiver.url, timeoutMs: 500 }],
      ...options,
    });
    await forward.start();
    return forward;
  }
  const append = (...incidents: ReturnType<typeof incident>[]) =>
    drivers.stream.append(incidents.map((value) => ({ topic: 'incidents' as const, key: value.id, value })));
  const ids = () => receiver.received.map(({ id }) => id);

  it('brings an incident to every sink', async () => {
    const lines: string[] = [];
    const out = new Writable({ write: (chunk, _encoding, done) => (lines.push(String(chunk)), done()) });
    const path = join(folder, 'out.ndjson');
    await start({
      sinks: [{ type: 'file', path }, { type: 'console' }, { type: 'webhook', url: receiver.url }],
      console: out,
    });
    await append(incident('a', 1, { title: 'red \u001b[31m title' }));
    await eventually(() => expect(ids()).toEqual(['a:1']));
    await eventually(() => expect(readFileSync(path, 'utf8')).toContain('"uid":"a:1"'));
    await eventually(() => expect(lines.join('')).toContain('incident a v1'));
    expect(lines.join('')).not.toContain('\u001b');
  });

  it('holds up no other incident and no other sink while one receiver is down, and keeps the order of each incident', async () => {
    const path = join(folder, 'out.ndjson');
    receiver.always = { status: 503 };
    const running = await start({
      sinks: [
        { type: 'webhook', name: 'hook', url: receiver.url },
        { type: 'file', name: 'file', path },
      ],
    });
    await append(incident('a', 1), incident('b', 1));
    await eventually(() => expect(readFileSync(path, 'utf8').trim().split('\n')).toHaveLength(2));
    await eventually(() =>
      expect(running.status().find(({ sink }) => sink === 'hook')).toMatchObject({
        waiting: 2,
        lastError: 'the receiver answered 503',
      }),
    );
    await append(incident('a', 2));
    await eventually(() => expect(readFileSync(path, 'utf8').trim().split('\n')).toHaveLength(3));
    receiver.always = undefined;
    await eventually(() => expect(ids().sort()).toEqual(['a:2', 'b:1']));
    await eventually(() =>
      expect(running.status().find(({ sink }) => sink === 'hook')).toMatchObject({ waiting: 0, oldestAgeMs: 0 }),
    );
  });

  it('goes on behind a restart: what waited is sent, what was sent is not sent again', async () => {
    const first = await start({});
    await append(incident('a', 1));
    await eventually(() => expect(ids()).toEqual(['a:1']));
    receiver.always = 'reset';
    await append(incident('b', 1));
    await eventually(() => expect(first.status()[0]).toMatchObject({ waiting: 1 }));
    await first.stop();
    await drivers.close();
    receiver.always = undefined;
    drivers = await open();
    await start({});
    await eventually(() => expect(ids()).toEqual(['a:1', 'b:1']));
  });

  it('sets an incident aside that the receiver refuses for good, as a dead letter, and sends the others', async () => {
    receiver.behaviours = [{ status: 422 }];
    await start({});
    await append(incident('a', 1));
    await eventually(() => expect(receiver.requests).toBe(1));
    await append(incident('b', 1));
    await eventually(() => expect(ids()).toEqual(['b:1']));
    const letters = await drivers.stream.read('deadletter', { from: 0, limit: 10 });
    expect(letters.map(({ value }): Partial<DeadLetter> => value)).toMatchObject([
      {
        source: 'forward:hook',
        format: 'incident',
        payload: { id: 'a' },
        reason: { text: 'the receiver answered 422' },
      },
    ]);
  });

  it('sends an incident that was refused once more when a person asks for it', async () => {
    receiver.behaviours = [{ status: 422 }];
    const running = await start({});
    await append(incident('a', 1));
    await eventually(async () =>
      expect(await drivers.stream.read('deadletter', { from: 0, limit: 1 })).toHaveLength(1),
    );
    const [letter] = await drivers.stream.read('deadletter', { from: 0, limit: 1 });
    if (letter === undefined) throw new Error('there must be a dead letter');
    await eventually(() => expect(running.status()[0]).toMatchObject({ waiting: 0 }));
    expect(await running.retry(letter.value)).toEqual({ ok: true, message: 'queued for hook' });
    await eventually(() => expect(ids()).toEqual(['a:1']));
    expect(await running.retry({ ...letter.value, payload: { id: 'a' } })).toMatchObject({ ok: false });
    expect(await running.retry({ ...letter.value, source: 'forward:gone' })).toMatchObject({ ok: false });
  });

  it('gives up what waited too long, and says so', async () => {
    receiver.always = { status: 500 };
    let nowMs = 1_000;
    const running = await start({ now: () => nowMs, limits: { baseMs: 5, capMs: 5, maxAgeMs: 60_000 } });
    await append(incident('a', 1));
    await eventually(() => expect(running.status()[0]).toMatchObject({ waiting: 1 }));
    nowMs += 61_000;
    await eventually(() => expect(running.status()[0]).toMatchObject({ waiting: 0 }));
    const letters = await drivers.stream.read('deadletter', { from: 0, limit: 10 });
    expect(letters[0]?.value.reason.text).toMatch(/waited too long; last error: the receiver answered 500/);
  });

  it('refuses two sinks of one name', async () => {
    await expect(
      start({
        sinks: [
          { type: 'console', name: 'x' },
          { type: 'file', name: 'x', path: join(folder, 'x') },
        ],
      }),
    ).rejects.toThrow(/two sinks are called "x"/);
    forward = undefined;
  });
});
