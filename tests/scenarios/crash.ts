/**
 * kill -9 at random moments while one ordered, retrying sender replays a day: findings, contractions and incidents must
 * equal those of an undisturbed run, and no lease may be without an end.
 */
import { expect } from 'vitest';
import type { Contraction } from '../../schemas/contraction.js';
import { type Dump, Engine, sendOrdered } from './engine.js';
import { fleetDay, random, requestsOf } from './traffic.js';

const CONFIG = 'clock: event\n';

async function run(
  requests: readonly unknown[],
  kills: number,
  seed: number,
): Promise<{ dump: Dump; killed: number; retries: number }> {
  const engine = await Engine.create(CONFIG, await enforceAll());
  const next = random(seed);
  let killed = 0;
  try {
    await engine.start();
    let sending = true;
    const sender = sendOrdered(engine, requests, 60_000 + kills * 10_000).finally(() => (sending = false));
    // A rejection is looked at below; until then it must not count as unhandled.
    sender.catch(() => undefined);
    while (killed < kills && sending) {
      await new Promise((resolve) => setTimeout(resolve, 10 + next() * 250));
      await engine.kill();
      killed++;
      await engine.start();
    }
    const { retries } = await sender;
    // Killed again while it works off what it has.
    while (killed < kills) {
      await new Promise((resolve) => setTimeout(resolve, 10 + next() * 60));
      await engine.kill();
      killed++;
      await engine.start();
    }
    await engine.settled();
    await engine.stop();
    return { dump: await engine.dump(), killed, retries };
  } finally {
    await engine.remove();
  }
}

/** Every shipped playbook enforced, so that contractions are more than notes. */
async function enforceAll(): Promise<string> {
  const { loadPlaybooks } = await import('../../services/respond/playbook/load.js');
  const { packageRoot } = await import('../../services/runtime/package-root.js');
  const { join } = await import('node:path');
  const { playbooks } = loadPlaybooks([join(packageRoot(), 'playbooks')], {});
  const lines = playbooks.map((p) => `  ${p.id}: {mode: enforce, reason: crash test, owner: tests}`);
  return `apiVersion: stepdown/v1\nkind: Overrides\nplaybooks:\n${lines.join('\n')}\n`;
}

const byId = (items: unknown[]): unknown[] =>
  [...items].sort((a, b) => ((a as { id: string }).id < (b as { id: string }).id ? -1 : 1));

export async function crashScenario(options: {
  kills: number;
  turns: number;
  seed: number;
}): Promise<{ findings: number; contractions: number; incidents: number; retries: number }> {
  const turns = fleetDay({
    seed: options.seed,
    turns: options.turns,
    agents: 5,
    startMs: Date.UTC(2026, 9, 5, 6),
    attackShare: 0.1,
  });
  const requests = turns.flatMap((turn) => requestsOf(turn));
  const calm = await run(requests, 0, options.seed);
  const disturbed = await run(requests, options.kills, options.seed);
  expect(disturbed.killed).toBe(options.kills);
  expect(calm.dump.findings.length).toBeGreaterThan(0);
  expect(calm.dump.contractions.length).toBeGreaterThan(0);
  expect(calm.dump.incidents.length).toBeGreaterThan(0);
  expect(byId(disturbed.dump.findings)).toEqual(byId(calm.dump.findings));
  expect(byId(disturbed.dump.contractions)).toEqual(byId(calm.dump.contractions));
  expect(byId(disturbed.dump.incidents)).toEqual(byId(calm.dump.incidents));
  for (const contraction of disturbed.dump.contractions as Contraction[]) {
    expect(Number.isFinite(contraction.leaseUntilMs)).toBe(true);
    expect(Number.isFinite(contraction.maxAtMs)).toBe(true);
    if (contraction.state === 'ended') expect(contraction.endReason).toBeDefined();
    else expect(contraction.leaseUntilMs).toBeLessThanOrEqual(contraction.maxAtMs);
  }
  return {
    findings: calm.dump.findings.length,
    contractions: calm.dump.contractions.length,
    incidents: calm.dump.incidents.length,
    retries: disturbed.retries,
  };
}
