import { describe, expect, it } from 'vitest';
import { Barriers } from '../../services/gateway/records/barriers.js';
import { Outbox, type OutboxOptions } from '../../services/gateway/records/outbox.js';
import { unwritable } from '../../services/gateway/records/unwritable.js';
import { StepdownError } from '../../services/runtime/errors.js';
import type { AnyOutgoing } from '../../services/runtime/stream/types.js';

const record = (id: string): AnyOutgoing => ({
  topic: 'audit',
  key: id,
  value: {
    schemaVersion: 1,
    id,
    tenant: 'default',
    atMs: 0,
    by: 'x',
    act: 'x',
    subject: 'x',
    reason: 'x',
    outcome: 'x',
  },
});

/** A stream that refuses as told; what the outbox makes of refusals is what is tested here, not a driver. */
function outboxOver(refuse: (attempt: number) => Error | undefined, options: Partial<OutboxOptions> = {}) {
  const written: string[][] = [];
  const losses: [number, string][] = [];
  let attempt = 0;
  const outbox = new Outbox({
    stream: {
      append: async (records) => {
        attempt += 1;
        const error = refuse(attempt);
        await new Promise((resolve) => setImmediate(resolve));
        if (error !== undefined) throw error;
        written.push(records.map(({ key }) => key));
        return records.map((_, offset) => ({ partition: 0, offset }));
      },
    },
    capacity: 10,
    giveUpAfterMs: 60_000,
    onLoss: (lost, reason) => losses.push([lost, reason]),
    ...options,
  });
  return { outbox, written, losses };
}
const full = new StepdownError('stream-full', 'full');

describe('the outbox', () => {
  it('keeps the order of what is offered and what is appended, and writes offers in company', async () => {
    const { outbox, written } = outboxOver(() => undefined);
    outbox.offer(record('a'));
    outbox.offer(record('b'));
    await outbox.append([record('c'), record('d')]);
    expect(written).toEqual([['a', 'b', 'c', 'd']]);
  });

  it('says of what is told when it is durable, also after refusals, and that it is lost once given up', async () => {
    const { outbox, written } = outboxOver((attempt) => (attempt < 3 ? full : undefined), { random: () => 0 });
    outbox.offer(record('a'));
    const told = outbox.tell([record('b'), record('c')]);
    expect(written).toEqual([]);
    expect(await told).toBe(true);
    expect(written).toEqual([['a', 'b', 'c']]);

    const late = outboxOver(() => full, { giveUpAfterMs: 0, random: () => 0 });
    expect(await late.outbox.tell([record('a')])).toBe(false);
    const crowded = outboxOver(() => undefined, { capacity: 1 });
    expect(await crowded.outbox.tell([record('a'), record('b')])).toBe(false);
    expect(crowded.losses).toEqual([[1, expect.stringContaining('waiting')]]);
  });

  it('writes offers by itself after a moment', async () => {
    const { outbox, written } = outboxOver(() => undefined, { lingerMs: 1 });
    outbox.offer(record('a'));
    expect(written).toEqual([]);
    await expect.poll(() => written).toEqual([['a']]);
  });

  it('tries offers again while the stream is full, in order, and tells an appender at once', async () => {
    const { outbox, written, losses } = outboxOver((attempt) => (attempt <= 2 ? full : undefined));
    outbox.offer(record('a'));
    outbox.offer(record('b'));
    await expect(outbox.append([record('c')])).rejects.toBe(full);
    await outbox.drained();
    expect(written.flat()).toEqual(['a', 'b']);
    expect(losses).toEqual([]);
  });

  it('gives up after its deadline, and says what was lost', async () => {
    let nowMs = 0;
    const { outbox, losses } = outboxOver(
      () => {
        nowMs += 50;
        return full;
      },
      { giveUpAfterMs: 100, nowMs: () => nowMs },
    );
    outbox.offer(record('a'));
    await outbox.drained();
    expect(losses).toEqual([[1, 'full']]);
    expect(outbox.lost).toBe(1);
  });

  it('drops what comes when too much waits, and says so; an appender is told', async () => {
    const { outbox, losses } = outboxOver(() => undefined, { capacity: 2 });
    for (const id of ['a', 'b', 'c', 'd']) outbox.offer(record(id));
    expect(losses).toEqual([
      [1, 'too many records are waiting'],
      [1, 'too many records are waiting'],
    ]);
    await expect(outbox.append([record('e')])).rejects.toMatchObject({ code: 'stream-full' });
    await outbox.drained();
    expect(outbox.waiting).toBe(0);
  });

  describe('with a record among others that can never be written', () => {
    const broken = (id: string): AnyOutgoing => {
      const cycle: Record<string, unknown> = { id };
      cycle['self'] = cycle;
      return { topic: 'decisions', key: id, value: cycle } as unknown as AnyOutgoing;
    };
    /** As drivers do it: all or nothing, a cycle as `JSON.stringify` says it, a large one as the broker does. */
    const strict = (options: Partial<OutboxOptions> = {}) => {
      const written: string[][] = [];
      const losses: [number, string][] = [];
      const outbox = new Outbox({
        stream: {
          append: async (records) => {
            for (const { value } of records)
              if ((JSON.stringify(value) as string | undefined) === undefined)
                throw new StepdownError('input-malformed', 'a record has no value');
            if (records.some(({ key }) => key.startsWith('large')))
              throw new StepdownError('input-too-large', 'a record has 2 MB');
            await new Promise((resolve) => setImmediate(resolve));
            written.push(records.map(({ key }) => key));
            return records.map((_, offset) => ({ partition: 0, offset }));
          },
        },
        capacity: 1_000,
        giveUpAfterMs: 60_000,
        onLoss: (lost, reason) => losses.push([lost, reason]),
        onUnwritable: (bad, reason) => unwritable(bad, reason, 5),
        ...options,
      });
      return { outbox, written, losses };
    };

    it.each([
      ['a cycle', broken('bad')],
      ['a BigInt', { topic: 'audit', key: 'bad', value: { id: 'bad', n: 1n } } as unknown as AnyOutgoing],
      ['no value', { topic: 'audit', key: 'bad', value: undefined } as unknown as AnyOutgoing],
      ['what is too large', record('large')],
    ])('sets %s aside, says it, and writes the rest at once, in order', async (_name, bad) => {
      const { outbox, written, losses } = strict();
      for (const id of ['a', 'b', 'c']) outbox.offer(record(id));
      outbox.offer(bad);
      for (const id of ['d', 'e']) outbox.offer(record(id));
      await outbox.drained();
      expect(written.flat().slice(0, 5)).toEqual(['a', 'b', 'c', 'd', 'e']);
      expect(losses).toEqual([[1, expect.stringContaining('it can never be written')]]);
      // The dead letter that tells of it.
      expect(written.flat()).toHaveLength(6);
    });

    it('tells whoever appended it, and nobody who stood beside', async () => {
      const { outbox, written } = strict();
      const beside = outbox.append([record('a'), record('b')]);
      const own = outbox.append([record('c'), broken('bad')]);
      const told = [outbox.tell([record('d')]), outbox.tell([record('large')])];
      await expect(own).rejects.toBeInstanceOf(TypeError);
      await beside;
      expect(await Promise.all(told)).toEqual([true, false]);
      expect(written.flat().filter((key) => key.length === 1)).toEqual(['a', 'b', 'c', 'd']);
    });

    it('waits with the rest where the stream is full meanwhile, and loses none of it', async () => {
      let busy = 2;
      const { outbox, written, losses } = strict();
      const original = written.push.bind(written);
      written.push = (...each) => {
        if (busy-- > 0) throw full;
        return original(...each);
      };
      for (const id of ['a', 'large1', 'b', 'large2', 'c']) outbox.offer(record(id));
      await outbox.drained();
      expect(written.flat().filter((key) => key.length === 1)).toEqual(['a', 'b', 'c']);
      expect(losses).toHaveLength(2);
    });

    it('a driver that fails by itself costs no record', async () => {
      const { outbox, written, losses } = outboxOver(
        (attempt) => (attempt < 3 ? new TypeError('its own fault') : undefined),
        {
          random: () => 0,
        },
      );
      outbox.offer(record('a'));
      outbox.offer(record('b'));
      await outbox.drained();
      expect([written, losses]).toEqual([[['a', 'b']], []]);
    });
  });

  it('ends where the stream is closed', async () => {
    const { outbox, losses } = outboxOver(() => new StepdownError('stream-closed', 'closed'));
    outbox.offer(record('a'));
    await outbox.drained();
    expect(losses).toEqual([[1, 'the stream is closed']]);
  });
});

describe('barriers', () => {
  it('end a wait by its own name, by its budget, or at shutdown', async () => {
    const barriers = new Barriers('p');
    const [first, second, third] = [barriers.expect(), barriers.expect(), barriers.expect()];
    barriers.reach('someone else#1');
    barriers.reach(second.replyTo, { ok: false, message: 'no' });
    expect(await second.within(1_000)).toEqual({ reached: true, outcome: { ok: false, message: 'no' } });
    expect(await first.within(5)).toEqual({ reached: false });
    const waiting = third.within(60_000);
    barriers.close();
    expect(await waiting).toEqual({ reached: false });
    expect(barriers.waiting).toBe(0);
  });

  it('reached before anyone waits are not missed', async () => {
    const barriers = new Barriers('p');
    const wait = barriers.expect();
    barriers.reach(wait.replyTo);
    expect(await wait.within(1_000)).toEqual({ reached: true });
  });
});
