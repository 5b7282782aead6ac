import { describe, expect, it } from 'vitest';
import { Barriers } from '../../services/gateway/records/barriers.js';
import { Outbox, type OutboxOptions } from '../../services/gateway/records/outbox.js';
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
