/**
 * A whole engine over Kafka and Redis, each service a process of its own, under random faults: what it ends with must be
 * what an embedded engine ends with that nothing happened to. Time is that of the events, so that everything can be
 * compared, contents and all. One seed gives one sequence of faults; what they meet is chance.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Contraction } from '../../schemas/contraction.js';
import type { Incident } from '../../schemas/incident.js';
import type { Role } from '../../services/composition/roles.js';
import type { Cluster } from '../scenarios/cluster.js';
import { enforceAll } from '../scenarios/enforce-all.js';
import { type Dump, Engine, sendOrdered } from '../scenarios/engine.js';
import { fleetDay, random, requestsOf, type Turn } from '../scenarios/traffic.js';
import { drawFault, harm } from './engine-fault-kinds.js';
import { openWorld } from './world.js';

export interface EngineFaultsReport {
  seed: number;
  faults: Record<string, number>;
  compared: { findings: number; contractions: number; incidents: number };
  retries: number;
  /** What an undisturbed run has and this one has not, or has otherwise. */
  lost: string[];
  /** What this run has, and an undisturbed one has not; or has twice. */
  doubled: string[];
  /** Contractions without an end. */
  endless: string[];
  /** Processes that ended by themselves, or do not work again when everything is well again. */
  fallen: string[];
}

export interface FaultOptions {
  /** Which faults are drawn; default: those of an engine over one broker. */
  names?: readonly string[];
  onFault?: (name: string, index: number) => void;
  /** Default 1. */
  brokers?: number;
  /** Default: one server. */
  redisCluster?: boolean;
  /** Of traffic, at least; default 24. */
  turns?: number;
  /** Which services run all the time; default: all. */
  core?: readonly Role[];
}

const CORE: readonly Role[] = ['respond', 'detect', 'ingest', 'forward', 'gateway', 'enforce'];
const GUESTS: readonly Role[] = ['detect', 'respond'];
const LEAST_TURNS = 24;
/** Also on a machine that does much else. */
const PATIENCE_MS = 600_000;

/** @param count how many faults; as many turns of traffic meet them as are needed */
export async function searchEngineFaults(
  count: number,
  seed: number,
  options: FaultOptions = {},
): Promise<EngineFaultsReport> {
  const turns = fleetDay({
    seed,
    turns: Math.max(options.turns ?? LEAST_TURNS, Math.ceil(count / 2)),
    agents: 5,
    startMs: Date.UTC(2026, 9, 5, 6),
    attackShare: 0.15,
  });
  const [calm, disturbed] = await Promise.all([undisturbed(turns), underFaults(turns, count, seed, options)]);
  const report: EngineFaultsReport = {
    ...disturbed.report,
    compared: {
      findings: calm.findings.length,
      contractions: calm.contractions.length,
      incidents: calm.incidents.length,
    },
  };
  for (const [noun, much] of Object.entries(report.compared))
    if (much === 0) throw new Error(`there are no ${noun} to compare: another seed, or more turns`);
  for (const noun of ['findings', 'contractions', 'incidents'] as const)
    compare(noun, calm[noun], disturbed.dump[noun], report);
  for (const contraction of disturbed.dump.contractions as Contraction[]) {
    const { id, state, leaseUntilMs, maxAtMs, endReason } = contraction;
    const bounded = Number.isFinite(leaseUntilMs) && Number.isFinite(maxAtMs);
    if (!bounded || (state === 'ended' && endReason === undefined)) report.endless.push(`contraction ${id}`);
  }
  return report;
}

/** The same traffic through one process over SQLite. */
async function undisturbed(turns: readonly Turn[]): Promise<Dump> {
  const engine = await Engine.create('clock: event', enforceAll());
  try {
    await engine.start(PATIENCE_MS);
    for (const turn of turns) await sendOrdered(engine, requestsOf(turn), PATIENCE_MS);
    await engine.settled(PATIENCE_MS);
    await engine.stop();
    return await engine.dump();
  } finally {
    await engine.remove();
  }
}

async function underFaults(
  turns: readonly Turn[],
  count: number,
  seed: number,
  { names, onFault, brokers = 1, redisCluster = false, core = CORE }: FaultOptions,
): Promise<{ dump: Dump; report: EngineFaultsReport }> {
  const report: EngineFaultsReport = {
    ...{ seed, faults: {}, compared: { findings: 0, contractions: 0, incidents: 0 }, retries: 0 },
    ...{ lost: [], doubled: [], endless: [], fallen: [] },
  };
  const chance = random(seed);
  const world = await openWorld({
    core,
    guests: GUESTS,
    // One order of everything: by the events' own time a second partition would have a time of its own.
    partitions: 1,
    brokers,
    redisCluster,
    overrides: enforceAll(),
    more: { clock: 'event', forward: { sinks: [{ type: 'file', path: './incidents.ndjson' }] } },
  });
  const { cluster } = world.harmed;
  let [started, happened] = [0, 0];
  let going = true;
  try {
    const [first = 0, ...others] = world.harmed.core;
    // It makes the topics; the others find them.
    await cluster.start(first);
    await Promise.all(others.map(async (index) => cluster.start(index)));
    const send = async (): Promise<void> => {
      for (const [index, turn] of turns.entries()) {
        // Spread over the faults, so that none meets an idle engine.
        while (going && happened < (index * count) / turns.length - 1) await pause(10);
        started = index + 1;
        report.retries += (await sendOrdered(cluster, requestsOf(turn), PATIENCE_MS)).retries;
      }
    };
    const sending = send();
    // Looked at below; until then a rejection must not count as unhandled.
    let failed: unknown;
    sending.catch((error: unknown) => (failed = error));
    for (; happened < count && failed === undefined; happened++) {
      while (started < Math.min(turns.length, (happened * turns.length) / count) && failed === undefined)
        await pause(5);
      await pause(chance() * 60);
      const name = drawFault(chance, names);
      report.faults[name] = (report.faults[name] ?? 0) + 1;
      onFault?.(name, happened);
      await harm(name, world.harmed, chance);
      await standUp(cluster, report, `after fault ${happened} (${name})`);
    }
    going = false;
    await sending;
    await standUp(cluster, report, 'after the last fault');
    await cluster.settled(PATIENCE_MS);
    const dump = await cluster.dump();
    let unready = await cluster.unready();
    for (const until = Date.now() + PATIENCE_MS; unready.length > 0 && Date.now() < until;) {
      await pause(200);
      unready = await cluster.unready();
    }
    report.fallen.push(...unready);
    await delivered(join(cluster.dir, 'incidents.ndjson'), dump.incidents as Incident[], report);
    return { dump, report };
  } catch (error) {
    throw new Error(`${String(error)}\nafter ${JSON.stringify(report.faults)}\n${cluster.output}`, { cause: error });
  } finally {
    going = false;
    await world.remove();
  }
}

/** As a supervisor would; but nothing that happens here is a reason to end. */
async function standUp(cluster: Cluster, report: EngineFaultsReport, when: string): Promise<void> {
  for (const index of cluster.fallen) {
    report.fallen.push(`${cluster.members[index]?.role ?? ''} ${when}: ${cluster.output.slice(-2_000)}`);
    await cluster.start(index);
  }
}

type Named = { id: string };

function compare(noun: string, calm: unknown[], disturbed: unknown[], report: EngineFaultsReport): void {
  const wanted = new Map((calm as Named[]).map((each) => [each.id, each]));
  const seen = new Set<string>();
  for (const each of disturbed as Named[]) {
    const same = wanted.get(each.id);
    if (same === undefined || seen.has(each.id)) report.doubled.push(`${noun} ${each.id}`);
    else if (!isDeepStrictEqual(each, same))
      report.lost.push(`${noun} ${each.id}: ${JSON.stringify(each)}, not ${JSON.stringify(same)}`);
    seen.add(each.id);
  }
  for (const id of wanted.keys()) if (!seen.has(id)) report.lost.push(`${noun} ${id}`);
}

/** The last state of every incident must come out at the other end; whoever acts there takes over within a lease. */
async function delivered(file: string, incidents: readonly Incident[], report: EngineFaultsReport): Promise<void> {
  const missing = (): Incident[] => {
    const told = existsSync(file) ? readFileSync(file, 'utf8') : '';
    return incidents.filter(({ id, version }) => !told.includes(`"${id}:${version}"`));
  };
  for (const until = Date.now() + PATIENCE_MS; missing().length > 0 && Date.now() < until;) await pause(100);
  for (const { id, version } of missing()) report.lost.push(`incident ${id}, version ${version}, at the sink`);
}

const pause = async (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
