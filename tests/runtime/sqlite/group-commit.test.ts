import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GroupCommit } from '../../../services/runtime/sqlite/group-commit.js';

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
    commits.close();
    await waiting;
    expect(rows()).toEqual([1]);
    await expect(insert(2)).rejects.toMatchObject({ code: 'stream-closed' });
  });
});
