/**
 * The disk of an embedded engine is full, again and again in the middle of its work: it says so, keeps its place, sends its
 * senders away for a while, and goes on by itself when there is room. What it ends with is what an undisturbed one ends with.
 * FULL_DISKS, SEED.
 */
import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { describeWithPeer } from '../peers/with-peer.js';
import { enforceAll } from '../scenarios/enforce-all.js';
import { type Dump, Engine, sendOrdered } from '../scenarios/engine.js';
import { fleetDay, random, requestsOf } from '../scenarios/traffic.js';

const DISK = '96m';
const PATIENCE_MS = 120_000;
const SEED = Number(process.env['SEED'] ?? 7);
const TIMES = Number(process.env['FULL_DISKS'] ?? 6);

/** A file system of its own, so that nothing else is hurt. */
function mount(dir: string): boolean {
  return spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK}`, 'tmpfs', dir]).status === 0;
}

function missing(): string | undefined {
  const dir = join('/tmp', `stepdown-mount-${process.pid}`);
  mkdirSync(dir, { recursive: true });
  try {
    if (!mount(dir)) return 'a file system of a few MB cannot be mounted here (it takes root)';
    spawnSync('umount', [dir]);
    return undefined;
  } finally {
    rmSync(dir, { recursive: true });
  }
}

const turns = fleetDay({ seed: SEED, turns: 60, agents: 5, startMs: Date.UTC(2026, 9, 5, 6), attackShare: 0.15 });
const byId = (items: readonly unknown[]): unknown[] =>
  [...items].sort((a, b) => ((a as { id: string }).id < (b as { id: string }).id ? -1 : 1));

async function undisturbed(): Promise<Dump> {
  const engine = await Engine.create('clock: event', enforceAll());
  try {
    await engine.start();
    for (const turn of turns) await sendOrdered(engine, requestsOf(turn), PATIENCE_MS);
    await engine.settled();
    await engine.stop();
    return await engine.dump();
  } finally {
    await engine.remove();
  }
}

/** Takes all the room there is but for so many bytes. */
function fill(ballast: string, dir: string, leave: number): void {
  const file = openSync(ballast, 'a');
  try {
    for (const block = Buffer.alloc(4_096); ;) {
      const { bavail, bsize } = statfsSync(dir);
      if (bavail * bsize <= leave) return;
      writeSync(file, block);
    }
  } finally {
    closeSync(file);
  }
}

describeWithPeer('a full disk', missing(), () => {
  it('stops nothing for good, loses nothing and doubles nothing', { timeout: 600_000 }, async () => {
    const calm = await undisturbed();
    const engine = await Engine.create('clock: event', enforceAll());
    const dir = join(engine.dir, 'data');
    const ballast = join(dir, 'ballast');
    const chance = random(SEED);
    let retries = 0;
    mkdirSync(dir, { recursive: true });
    expect(mount(dir)).toBe(true);
    try {
      await engine.start();
      let sent = 0;
      let failed: unknown;
      const sending = (async () => {
        for (const turn of turns) {
          retries += (await sendOrdered(engine, requestsOf(turn), PATIENCE_MS)).retries;
          sent++;
        }
      })();
      sending.catch((error: unknown) => (failed = error));
      for (let time = 0; time < TIMES && failed === undefined; time++) {
        while (failed === undefined && sent < (turns.length * (time + 0.5)) / TIMES) await delay(5);
        fill(ballast, dir, Math.floor(chance() * 3) * 40_000);
        // Until it is in want of room, and then a while.
        let said = '';
        for (const until = Date.now() + 5_000; sent < turns.length && Date.now() < until && !said.includes('full');) {
          said = await (await fetch(`${engine.api}/readyz`)).text();
          await delay(20);
        }
        await delay(chance() * 2_000);
        if (process.env['VERBOSE'] === 'true') console.log({ time, sent, said });
        rmSync(ballast);
      }
      await sending;
      await engine.settled();
      const ready = await fetch(`${engine.api}/readyz`);
      expect(await ready.text()).toContain('"ready"');
      expect(engine.output).toContain('the disk is full');
      await engine.stop();
      const dump = await engine.dump();
      for (const noun of ['findings', 'contractions', 'incidents'] as const)
        expect(byId(dump[noun])).toEqual(byId(calm[noun]));
      console.log({ times: TIMES, retries, findings: calm.findings.length, contractions: calm.contractions.length });
      expect(retries).toBeGreaterThan(0);
    } catch (error) {
      throw new Error(`${String(error)}\n${engine.output}`, { cause: error });
    } finally {
      await engine.kill();
      spawnSync('umount', ['-l', dir]);
      await engine.remove();
    }
  });
});
