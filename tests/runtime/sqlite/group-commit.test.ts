import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WallClock } from '../../../services/runtime/clock.js';
import { type Disk, GroupCommit } from '../../../services/runtime/sqlite/group-commit.js';
import { migrate, MIGRATIONS } from '../../../services/runtime/sqlite/migrations.js';
import { EmbeddedStream } from '../../../services/runtime/stream/embedded.js';

let database: Database.Database;
let commits: GroupCommit;
let transactions = 0;
beforeEach(() => {
  database = new Database(':memory:');
  database.exec('CREATE TABLE t (n INTEGER PRIMARY KEY)');
  commits = new GroupCommit(database);
  transactions = 0;
  commits.listen({ beforeCommit: () => undefined, committed: () => void transactions++, rolledBack: () => undefined });
});
afterEach(() => {
  database.close();
});
const insert = async (n: number) =>
  commits.run(() => database.prepare('INSERT INTO t VALUES (?)').run(n).lastInsertRowid);
const rows = () => database.prepare('SELECT n FROM t ORDER BY n').pluck().all();

describe('group commit', () => {
  it('writes what arrives together in one transaction', async () => {
    expect(await Promise.all([insert(1), insert(2), insert(3)])).toEqual([1, 2, 3]);
    expect(transactions).toBe(1);
  });

  it('works in the order of arrival', async () => {
    const order: number[] = [];
    await Promise.all([3, 1, 2].map(async (n) => commits.run(() => order.push(n))));
    expect(order).toEqual([3, 1, 2]);
  });

  it('fails only whose work fails', async () => {
    const outcomes = await Promise.allSettled([
      insert(1),
      insert(1),
      insert(2),
      commits.run(() => {
        throw new Error('mine');
      }),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'rejected']);
    expect(rows()).toEqual([1, 2]);
    expect(outcomes[1]).toMatchObject({ reason: { code: 'driver-unavailable' } });
    expect(outcomes[3]).toMatchObject({ reason: { message: 'mine' } });
  });

  it('leaves nothing of work that failed halfway', async () => {
    const half = commits.run(() => {
      database.prepare('INSERT INTO t VALUES (7)').run();
      throw new Error('halfway');
    });
    const whole = insert(1);
    await expect(half).rejects.toThrow('halfway');
    await whole;
    expect(rows()).toEqual([1]);
  });

  it('tells of failure only after the rollback, and goes on', async () => {
    await expect(
      commits.run(() => {
        throw new Error('no');
      }),
    ).rejects.toThrow('no');
    expect(database.inTransaction).toBe(false);
    await insert(1);
    expect(rows()).toEqual([1]);
  });

  it('writes what waits when it is closed, and refuses what comes later', async () => {
    const waiting = insert(1);
    await commits.close();
    await waiting;
    expect(rows()).toEqual([1]);
    await expect(insert(2)).rejects.toMatchObject({ code: 'stream-closed' });
  });

  describe('with a disk of its own speed', () => {
    /** A disk that ends each flush when it is told to. */
    const slowDisk = () => {
      const flushes: { end: () => void; fail: (error: Error) => void }[] = [];
      const begun: (() => void)[] = [];
      const disk: Disk = {
        flush: async () =>
          new Promise<void>((end, fail) => {
            flushes.push({ end, fail });
            begun.shift()?.();
          }),
      };
      const flush = async (index: number) => {
        if (flushes.length <= index) await new Promise<void>((resolve) => begun.push(resolve));
        return flushes[index] as (typeof flushes)[number];
      };
      return { disk, flush, count: () => flushes.length };
    };

    it('shows at once what is written, and promises it only when the disk has it', async () => {
      const { disk, flush } = slowDisk();
      commits = new GroupCommit(database, false, disk);
      let promised = false;
      const written = insert(1).then(() => (promised = true));
      const first = await flush(0);
      expect(rows()).toEqual([1]);
      expect(promised).toBe(false);
      first.end();
      await written;
    });

    it('shares the next flush among what is written during one, and marks only what was written before it began', async () => {
      const { disk, flush, count } = slowDisk();
      commits = new GroupCommit(database, false, disk);
      const marked: number[] = [];
      commits.listen({
        beforeCommit: () => undefined,
        committed: () => undefined,
        rolledBack: () => undefined,
        flushing: () => {
          const most = rows().length;
          return () => void marked.push(most);
        },
      });
      const one = insert(1);
      const first = await flush(0);
      const two = insert(2);
      await new Promise(setImmediate);
      const three = insert(3);
      await new Promise(setImmediate);
      expect(rows()).toEqual([1, 2, 3]);
      first.end();
      await one;
      expect(marked).toEqual([1]);
      (await flush(1)).end();
      await Promise.all([two, three]);
      expect(marked).toEqual([1, 3]);
      expect(count()).toBe(2);
    });

    it('promises nothing more once a flush has failed', async () => {
      const { disk, flush } = slowDisk();
      commits = new GroupCommit(database, false, disk);
      const lost = insert(1);
      const failing = await flush(0);
      const behind = insert(2);
      await new Promise(setImmediate);
      failing.fail(new Error('EIO'));
      await expect(lost).rejects.toMatchObject({ code: 'driver-unavailable', cause: { message: 'EIO' } });
      await expect(behind).rejects.toMatchObject({ code: 'driver-unavailable' });
      await expect(insert(3)).rejects.toMatchObject({ code: 'driver-unavailable' });
    });

    it('gives records to those who act outside only when they are durable', async () => {
      const { disk, flush } = slowDisk();
      database.close();
      database = new Database(':memory:');
      migrate(database, MIGRATIONS);
      commits = new GroupCommit(database, false, disk);
      const stream = new EmbeddedStream(database, commits, new WallClock());
      const got: string[] = [];
      const reader = async (group: string, early: boolean) => {
        let told: () => void = () => undefined;
        const some = new Promise<void>((resolve) => (told = resolve));
        const handler = async () => {
          got.push(group);
          told();
        };
        const subscription = await stream.subscribe({ topic: 'audit', group, from: 'earliest', early, handler });
        return { some, subscription };
      };
      const inside = await reader('inside', true);
      const outside = await reader('outside', false);
      const appended = stream.append([{ topic: 'audit', key: 'k', value: {} as never }]);
      const first = await flush(0);
      await inside.some;
      await new Promise(setImmediate);
      expect(got).toEqual(['inside']);
      first.end();
      await appended;
      await outside.some;
      expect(got).toEqual(['inside', 'outside']);
      await stream.close();
    });
  });
});
