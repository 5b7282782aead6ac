import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { retrying } from '../../services/forward/retry.js';
import { deliveryId } from '../../services/forward/sink.js';
import { retryAfterMs } from '../../services/forward/retry-after.js';
import { webhookSink } from '../../services/forward/sinks/webhook.js';
import { incident } from './incident.js';
import { Receiver, verify } from './receiver.js';

const SECRET = 'a secret of some length';
const NOW = 1_800_000_000_000;

describe('webhook sink', () => {
  let receiver: Receiver;
  beforeEach(async () => {
    receiver = await Receiver.start();
  });
  afterEach(() => receiver.stop());

  const sink = (url = receiver.url, timeoutMs = 10_000) =>
    webhookSink('hook', {
      url,
      secret: SECRET,
      format: 'ocsf',
      timeoutMs,
      now: () => NOW,
      product: { version: '0' },
    });
  const one = () => {
    const value = incident('a', 2);
    return [{ id: deliveryId(value), value }];
  };

  it('signs what it sends, so that a receiver can check id, time and body', async () => {
    expect(await sink().send(one())).toEqual({ kind: 'success' });
    const [got] = receiver.received;
    expect(got).toMatchObject({ id: 'a:2', timestamp: '1800000000' });
    expect(got && verify(SECRET, got)).toBe(true);
    expect(got && verify('another secret', got)).toBe(false);
    expect(got && verify(SECRET, { ...got, body: `${got.body} ` })).toBe(false);
  });

  it.each([
    [{ status: 500 }, { kind: 'retryable' }],
    [{ status: 401 }, { kind: 'retryable' }],
    [{ status: 404 }, { kind: 'retryable' }],
    [
      { status: 429, headers: { 'retry-after': '7' } },
      { kind: 'retryable', afterMs: 7_000 },
    ],
    [
      { status: 503, headers: { 'retry-after': new Date(NOW + 90_000).toUTCString() } },
      { kind: 'retryable', afterMs: 90_000 },
    ],
    [{ status: 400 }, { kind: 'failure' }],
    [{ status: 413 }, { kind: 'failure' }],
    [{ status: 422 }, { kind: 'failure' }],
    ['reset' as const, { kind: 'retryable' }],
    ['silent' as const, { kind: 'retryable', reason: 'no answer within 300 ms' }],
  ])('answers %j with %j', async (behaviour, wanted) => {
    receiver.behaviours = [behaviour];
    expect(await sink(receiver.url, behaviour === 'silent' ? 300 : undefined).send(one())).toMatchObject(wanted);
  });

  it('takes a 200 for a 200 though the body breaks off', async () => {
    receiver.behaviours = ['half-body'];
    expect((await sink().send(one())).kind).toMatch(/success|retryable/);
  });

  it('never follows a redirect', async () => {
    const other = await Receiver.start();
    receiver.behaviours = [{ status: 307, headers: { location: other.url } }];
    const outcome = await sink().send(one());
    await other.stop();
    expect(outcome).toMatchObject({
      kind: 'retryable',
      reason: expect.stringContaining('redirects are not followed') as string,
    });
    expect(other.requests).toBe(0);
  });

  it.each(['http://example.org/hook', 'ftp://127.0.0.1/', 'no url', 'http://127.0.0.1.example.org/'])(
    'refuses %s',
    (url) => {
      expect(() => sink(url)).toThrow(/webhook url/);
    },
  );

  it('says that nobody listens, and can be tried again', async () => {
    const { url } = receiver;
    await receiver.stop();
    expect(await sink(url).send(one())).toMatchObject({
      kind: 'retryable',
      reason: expect.stringContaining('ECONNREFUSED') as string,
    });
    receiver = await Receiver.start();
  });

  it.each([
    ['12', 12_000],
    ['-1', undefined],
    ['nonsense', undefined],
    [null, undefined],
    ['99999999999', 86_400_000],
  ])('reads Retry-After %j as %j ms', (header, wanted) => {
    expect(retryAfterMs(header, NOW)).toBe(wanted);
  });
});

describe('retry', () => {
  const clock = () => {
    let nowMs = 0;
    const waits: number[] = [];
    return {
      waits,
      options: {
        baseMs: 100,
        capMs: 1_000,
        deadlineMs: 2_000,
        now: () => nowMs,
        random: () => 0.5,
        stopped: () => false,
        sleep: async (ms: number) => void ((nowMs += ms), waits.push(ms)),
      },
    };
  };
  const scripted = (...outcomes: Awaited<ReturnType<ReturnType<typeof webhookSink>['send']>>[]) => ({
    name: 's',
    takes: 'incident' as const,
    maxBatch: 1,
    close: async () => undefined,
    send: async () => outcomes.shift() ?? { kind: 'success' as const },
  });

  it('comes back within its deadline', async () => {
    const { waits, options } = clock();
    expect(
      await retrying(
        scripted({ kind: 'retryable', reason: 'x' }, { kind: 'retryable', reason: 'x', afterMs: 500 }),
        options,
      ).send([]),
    ).toEqual({ kind: 'success' });
    expect(waits).toEqual([63, 500]);
  });

  it('hands a wait that is too long back, unslept', async () => {
    const { waits, options } = clock();
    expect(
      await retrying(scripted({ kind: 'retryable', reason: 'x', afterMs: 60_000 }), options).send([]),
    ).toMatchObject({ kind: 'retryable', afterMs: 60_000 });
    expect(waits).toEqual([]);
  });

  it('tries no failure again', async () => {
    const { waits, options } = clock();
    expect(await retrying(scripted({ kind: 'failure', reason: 'no' }), options).send([])).toEqual({
      kind: 'failure',
      reason: 'no',
    });
    expect(waits).toEqual([]);
  });
});
