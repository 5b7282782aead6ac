/**
 * kill -9 at random moments while one ordered, retrying sender replays a day of exported telemetry and of guarded
 * agents, who ask before each call and report its result: what they are told, findings, contractions and incidents must
 * equal those of an undisturbed run, and no lease may be without an end.
 */
import { expect } from 'vitest';
import type { Contraction } from '../../schemas/contraction.js';
import { type Dump, Engine, sendOrdered } from './engine.js';
import { enforceAll } from './enforce-all.js';
import { playInline } from './inline-sender.js';
import { fleetDay, random, requestsOf, type Turn } from './traffic.js';

const CONFIG = 'clock: event\n';

interface Run {
  dump: Dump;
  killed: number;
  retries: number;
  /** What the guarded agents were told, call by call. */
  allowed: boolean[];
}

/** One sender, one thing after the other: every third turn is a guarded agent's, the others are exported telemetry. */
async function send(engine: Engine, turns: readonly Turn[], patienceMs: number) {
  const patience = { untilMs: performance.now() + patienceMs, retries: 0 };
  const allowed: boolean[] = [];
  let retries = 0;
  for (const [index, turn] of turns.entries()) {
    if (index % 3 === 1) {
      const guarded = { ...turn, agent: `${turn.agent}-guarded`, conversation: `${turn.conversation}-guarded` };
      allowed.push(...(await playInline(engine, guarded, patience)));
    } else retries += (await sendOrdered(engine, requestsOf(turn), patience.untilMs - performance.now())).retries;
  }
  return { retries: retries + patience.retries, allowed };
}

/** @param drivers YAML of other drivers than the embedded ones */
async function run(turns: readonly Turn[], kills: number, seed: number, drivers = ''): Promise<Run> {
  const engine = await Engine.create(`${CONFIG}${drivers}`, enforceAll());
  const next = random(seed);
  let killed = 0;
  try {
    await engine.start();
    let sending = true;
    const sender = send(engine, turns, 60_000 + turns.length * 500 + kills * 10_000).finally(() => (sending = false));
    // A rejection is looked at below; until then it must not count as unhandled.
    sender.catch(() => undefined);
    while (killed < kills && sending) {
      await new Promise((resolve) => setTimeout(resolve, 10 + next() * 250));
      await engine.kill();
      killed++;
      await engine.start();
    }
    const { retries, allowed } = await sender;
    // Killed again while it works off what it has.
    while (killed < kills) {
      await new Promise((resolve) => setTimeout(resolve, 10 + next() * 60));
      await engine.kill();
      killed++;
      await engine.start();
    }
    await engine.settled();
    await engine.stop();
    return { dump: await engine.dump(), killed, retries, allowed };
  } finally {
    await engine.remove();
  }
}

const byId = (items: unknown[]): unknown[] =>
  [...items].sort((a, b) => ((a as { id: string }).id < (b as { id: string }).id ? -1 : 1));

export async function crashScenario(options: {
  kills: number;
  turns: number;
  seed: number;
  /** YAML of the drivers of the disturbed run; the calm one is embedded. */
  drivers?: string;
}): Promise<{ findings: number; contractions: number; incidents: number; retries: number; stopped: number }> {
  const turns = fleetDay({
    seed: options.seed,
    turns: options.turns,
    agents: 5,
    startMs: Date.UTC(2026, 9, 5, 6),
    attackShare: 0.1,
  });
  const calm = await run(turns, 0, options.seed);
  const disturbed = await run(turns, options.kills, options.seed, options.drivers);
  expect(disturbed.killed).toBe(options.kills);
  expect(calm.dump.findings.length).toBeGreaterThan(0);
  expect(calm.dump.contractions.length).toBeGreaterThan(0);
  expect(calm.dump.incidents.length).toBeGreaterThan(0);
  expect(calm.allowed).toContain(false);
  expect(calm.allowed).toContain(true);
  expect(disturbed.allowed).toEqual(calm.allowed);
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
    stopped: calm.allowed.filter((allowed) => !allowed).length,
  };
}
