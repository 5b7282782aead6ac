import Database from 'better-sqlite3';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { Rig } from './rig.js';

interface Verification {
  ok: boolean;
  intact: number;
  amended: number;
  unsealed: number;
  faults: { fault: string; offset: number }[];
  anchors: string[];
}

let rig: Rig | undefined;
afterEach(async () => {
  await rig?.end();
  rig = undefined;
});

const added = async (of: Rig, ...names: string[]): Promise<void> => {
  for (const name of names) await of.call('POST', '/v1/principals', { name, role: 'viewer', reason: `for ${name}` });
};
const verified = async (of: Rig, anchor?: string): Promise<Verification> =>
  (await of.call<Verification>('GET', `/v1/audit/verify${anchor === undefined ? '' : `?anchor=${anchor}`}`)).body;
const sealed = async (of: Rig, count: number): Promise<void> => {
  await expect.poll(async () => verified(of)).toMatchObject({ ok: true, intact: count, unsealed: 0 });
};

describe('the sealed audit stream', () => {
  it("seals as it grows and goes on after a restart; the key is its owner's alone", async () => {
    rig = await Rig.start();
    await added(rig, 'a', 'b');
    await sealed(rig, 2);
    const [before] = (await verified(rig)).anchors;
    expect(statSync(join(rig.dataDir, 'audit-key')).mode & 0o777).toBe(0o600);
    await rig.close();
    await rig.open();
    await added(rig, 'c');
    await sealed(rig, 3);
    expect(await verified(rig, before)).toMatchObject({ ok: true });
    expect((await rig.call('GET', '/v1/audit/verify?anchor=x')).status).toBe(400);
    expect((await rig.call<{ items: unknown[] }>('GET', '/v1/audit/head')).body.items).toHaveLength(1);
  });

  it('shows what was changed, dropped or cut off in the database', async () => {
    rig = await Rig.start();
    await added(rig, 'a', 'b', 'c', 'd');
    await sealed(rig, 4);
    const [head] = (await verified(rig)).anchors;
    const behind = async (sql: string): Promise<Verification> => {
      await rig?.close();
      const file = readdirSync(rig!.dataDir).find((name) => /\.(db|sqlite)$/.test(name))!;
      const database = new Database(join(rig!.dataDir, file));
      database.exec(sql);
      database.close();
      await rig?.open();
      return verified(rig!, head);
    };
    expect(
      await behind("UPDATE stream_audit SET value = replace(value, 'for b', 'for nothing') WHERE value LIKE '%for b%'"),
    ).toMatchObject({ ok: false, faults: [{ fault: 'entry-changed' }] });
    expect(await behind("DELETE FROM stream_audit WHERE value LIKE '%for c%'")).toMatchObject({
      faults: [{ fault: 'entry-changed' }, { fault: 'entry-missing' }],
    });
  });

  it('keeps the chain whole when a user is forgotten', async () => {
    rig = await Rig.start();
    await rig.call('POST', '/v1/principals', { name: 'v', role: 'viewer', reason: 'asked for by emma.smith' });
    await sealed(rig, 1);
    expect((await rig.call('DELETE', '/v1/users/emma.smith')).status).toBe(200);
    await expect.poll(async () => verified(rig!)).toMatchObject({ ok: true, amended: 1, unsealed: 0 });
    const { items } = (await rig.call<{ items: { reason: string }[] }>('GET', '/v1/audit')).body;
    expect(JSON.stringify(items)).not.toContain('emma.smith');
  });
});
