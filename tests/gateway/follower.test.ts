import { afterEach, describe, expect, it, vi } from 'vitest';
import { Follower } from '../../services/gateway/records/follower.js';
import { DecisionPoint } from '../../services/gateway/decision-point.js';
import { asks, contraction, type Evaluated, Rig } from './rig.js';

let rig: Rig | undefined;
afterEach(async () => {
  await rig?.end();
  rig = undefined;
});

const blocks = async (of: Rig) =>
  (await of.call<Evaluated>('POST', '/access/v1/evaluation', asks('send_money'))).body.context.contractions;

describe('following contractions', () => {
  it('knows at start what was contracted, renewed and ended while it was away', async () => {
    rig = await Rig.start();
    const [kept, ended, renewed] = [
      contraction([{ control: 'tool.block' }]),
      contraction([{ control: 'tool.block' }]),
      contraction([{ control: 'tool.block' }]),
    ];
    await rig.contract(kept, ended, renewed);
    await rig.knows(renewed.id, 1);
    const away = rig.gateway;
    await away.stop();
    await rig.contract({ ...ended, version: 2, state: 'ended', endReason: 'quiet' }, { ...renewed, version: 2 });
    await rig.drivers.store.write([{ key: `contraction/live/default/${ended.id}`, value: undefined }]);
    const made = contraction([{ control: 'tool.block' }]);
    await rig.contract(made);
    await away.start();
    expect((await blocks(rig)).sort()).toEqual([kept.id, renewed.id, made.id].sort());
    expect(away.decisionPoint.contractions.get(renewed.id)?.contraction.version).toBe(2);
  });

  it('misses nothing that is contracted between the snapshot and the topic, and doubles nothing', async () => {
    rig = await Rig.start();
    const before = contraction([{ control: 'tool.block' }]);
    const between = contraction([{ control: 'tool.block' }]);
    await rig.contract(before);
    const point = new DecisionPoint({ tenant: 'default', point: 'second' });
    const { stream, store } = rig.drivers;
    const started = rig;
    let scans = 0;
    const follower = new Follower({
      stream,
      group: 'decision-point/second',
      store: {
        // A page is read, and only then is the next contraction made and the first one renewed.
        texts: async (prefix: string, options?: { after?: string; limit?: number }) => {
          const page = await store.texts(prefix, options);
          scans += 1;
          await started.contract(between, { ...before, version: 2 });
          return page;
        },
      },
      take: (record) => point.apply(record, Date.now()),
      restore: (head, text) => point.restore(head, text, Date.now()),
      takeText: (head, text) => point.restore(head, text, Date.now()),
      caughtUp: () => point.fresh(Date.now()),
      onError: (error) => {
        throw error;
      },
    });
    await follower.start();
    await expect.poll(() => point.contractions.get(between.id)?.contraction.version).toBe(1);
    expect(scans).toBe(1);
    expect(point.contractions.size).toBe(2);
    expect(point.contractions.get(before.id)?.contraction.version).toBe(2);
    await follower.stop();
  });

  /** A follower of which a test holds the records back, and hears what becomes of it. */
  const held = (of: Rig, take: () => void = () => undefined) => {
    const { stream, store } = of.drivers;
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    const [caughtUp, onError] = [vi.fn(), vi.fn()];
    const follower = new Follower({
      stream: {
        append: async (records) => stream.append(records),
        commit: async (position) => stream.commit(position),
        read: async (topic, options) => stream.read(topic, options),
        state: async (topic, group) => stream.state(topic, group),
        close: async () => stream.close(),
        subscribe: async (options) =>
          stream.subscribe({
            ...options,
            handler: async (records) => {
              await released;
              await options.handler(records);
            },
          }),
      },
      ...{ store, group: 'decision-point/held', take, takeText: take, restore: () => undefined, caughtUp, onError },
    });
    return { follower, release, caughtUp, onError };
  };

  it('is ready only when it has taken what stood in the topic when it began', async () => {
    rig = await Rig.start();
    await rig.contract(contraction([{ control: 'tool.block' }]));
    const { follower, release, caughtUp } = held(rig);
    let ready = false;
    const started = follower.start().then(() => (ready = true));
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect([ready, caughtUp.mock.calls.length]).toEqual([false, 0]);
    await follower.check();
    expect(caughtUp).not.toHaveBeenCalled();
    release();
    await started;
    expect(caughtUp).toHaveBeenCalledOnce();
    await follower.stop();
  });

  it('does not start on what it cannot take, and says what fails later', async () => {
    rig = await Rig.start();
    await rig.contract(contraction([{ control: 'tool.block' }]));
    const fails = (): void => {
      throw new Error('cannot');
    };
    const first = held(rig, fails);
    first.release();
    await expect(first.follower.start()).rejects.toThrow('cannot');
    await first.follower.stop();
    // Everything there is was committed by another start, so this one waits for nothing.
    const idle = held(rig);
    idle.release();
    await idle.follower.start();
    await idle.follower.stop();
    const later = held(rig, fails);
    later.release();
    await later.follower.start();
    await rig.contract(contraction([{ control: 'tool.block' }]));
    await expect.poll(() => later.onError.mock.calls.length).toBe(1);
    expect(String(later.follower.failure)).toContain('cannot');
    await later.follower.stop();
  });

  it('says how old its knowledge is', async () => {
    const point = new DecisionPoint({ tenant: 'default', point: 'p' });
    expect(point.staleMs(5_000)).toBe(5_000);
    point.fresh(4_000);
    expect(point.staleMs(5_000)).toBe(1_000);
    point.apply({ kind: 'barrier', tenant: 'default', eventId: 'e', replyTo: 'r' }, 4_500);
    expect(point.staleMs(5_000)).toBe(500);
  });
});
