/**
 * Random faults of Redis and of the way to it, under a load whose outcome is known: counters with expected versions, positions
 * that rise, timers that are extended and taken off, documents that come and go, places under a cap. One seed gives one
 * sequence of faults; when they meet the load is chance.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { WallClock } from '../../services/runtime/clock.js';
import { loadConfig } from '../../services/runtime/config.js';
import { silentLog } from '../../services/runtime/log.js';
import { openRedis, type RedisDrivers } from '../../services/runtime/redis/open.js';
import { type ProxyPeer, proxyPeer } from '../peers/proxy.js';
import { type RedisPeer, redisPeer } from '../peers/redis.js';

export interface RedisFaultsReport {
  faults: Record<string, number>;
  operations: number;
  /** What was answered and is not there. */
  lost: string[];
  /** What was done once and counts twice, or was refused because of itself. */
  doubled: string[];
  /** Timers that should be gone, and are not. */
  endless: string[];
}

/** Deterministic, 0 ≤ x < 1 (mulberry32). */
function chance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

type Fault = (peer: RedisPeer, proxy: ProxyPeer, random: () => number) => Promise<void>;

const FAULTS: Readonly<Record<string, Fault>> = {
  kill: async (peer, _, random) => {
    await peer.kill();
    await delay(random() * 200);
    await peer.start();
  },
  pause: async (peer, _, random) => {
    peer.pause();
    await delay(50 + random() * 400);
    peer.resume();
  },
  // The answers to what the server works on while it stands still are gone when it goes on.
  pauseAndCut: async (peer, proxy, random) => {
    peer.pause();
    await delay(20 + random() * 100);
    proxy.cut();
    await delay(20 + random() * 100);
    peer.resume();
  },
  cut: async (_, proxy) => proxy.cut(),
  cutAnswer: async (_, proxy, random) => {
    proxy.cutAfter(1 + Math.floor(random() * 300));
    await delay(30);
  },
  swallow: async (_, proxy, random) => {
    proxy.swallow();
    await delay(50 + random() * 200);
    proxy.mend();
  },
  slow: async (_, proxy, random) => {
    proxy.delay(1 + random() * 40);
    await delay(150);
    proxy.mend();
  },
  away: async (_, proxy, random) => {
    proxy.down();
    await delay(50 + random() * 200);
    proxy.mend();
  },
};

const LANES = 12;
const CAP = 5;

/** Ends when so many faults have happened; every client goes on until its last operation is answered. */
export async function searchRedisFaults(
  count: number,
  seed: number,
  onFault?: (name: string, index: number) => void,
): Promise<RedisFaultsReport> {
  const random = chance(seed);
  const report: RedisFaultsReport = { faults: {}, operations: 0, lost: [], doubled: [], endless: [] };
  const peer = await redisPeer();
  const proxy = await proxyPeer(peer.port);
  const open = async (): Promise<RedisDrivers> => {
    const { store, retention } = loadConfig({
      env: {},
      overrides: { store: { redis: { url: `redis://127.0.0.1:${proxy.port}`, deadline: '2m' } } },
    });
    return openRedis({ store, retention }, silentLog(), new WallClock());
  };
  const clients = [await open(), await open()];
  let going = true;
  const ends = new Map<string, () => Promise<void>>();
  const lanes = Array.from({ length: LANES }, async (_, lane) => {
    const client = clients[lane % clients.length] as RedisDrivers;
    const check = await runLane(client, lane, report, () => going);
    ends.set(`lane ${lane}`, check);
  });
  try {
    const names = Object.keys(FAULTS);
    for (let happened = 0; happened < count; happened++) {
      const before = report.operations;
      // A fault meets work: something has been answered since the last one.
      for (const until = Date.now() + 30_000; report.operations < before + LANES && Date.now() < until;) await delay(2);
      const name = names[Math.floor(random() * names.length)] ?? 'cut';
      report.faults[name] = (report.faults[name] ?? 0) + 1;
      onFault?.(name, happened);
      await FAULTS[name]?.(peer, proxy, random);
    }
    going = false;
    await Promise.all(lanes);
    for (const check of ends.values()) await check();
    return report;
  } finally {
    going = false;
    peer.resume();
    proxy.mend();
    await Promise.all(clients.map(async (client) => client.close()));
    await proxy.remove();
    await peer.remove();
  }
}

/** One worker's operations, one after the other. Resolves with what is to be compared when all is over. */
async function runLane(
  { store, schedule }: RedisDrivers,
  lane: number,
  report: RedisFaultsReport,
  going: () => boolean,
): Promise<() => Promise<void>> {
  const [counter, state, coming, owner] = [`count/${lane}`, `state/${lane}`, `coming/${lane}`, `owner/${lane}`];
  let turn = 0;
  while (going()) {
    turn++;
    const [counted] = await store.write([{ key: counter, value: turn, expectVersion: turn - 1 }]);
    if (counted?.ok !== true || counted.version !== turn) report.doubled.push(`${counter} at ${turn}`);
    const seen = { epoch: 1, partition: lane, offset: turn };
    const [taken] = await store.write([{ key: state, value: turn, seen }]);
    if (taken?.ok !== true) report.doubled.push(`${state} at ${turn}`);
    const [late] = await store.write([{ key: state, value: 'late', seen: { ...seen, offset: turn - 1 } }]);
    if (late?.ok !== false) report.lost.push(`the position of ${state} at ${turn}`);
    const there = turn % 2 === 1;
    const [came] = await store.write([{ key: coming, value: there ? turn : undefined, expectVersion: there ? 0 : 1 }]);
    if (came?.ok !== true) report.doubled.push(`${coming} at ${turn}`);
    // One timer is extended each time; another is set and taken off in the next turn.
    await schedule.set([
      { owner, id: 'lease', dueMs: 1_000_000 + turn, payload: turn },
      { owner, id: `once/${turn}`, dueMs: 1_000_000 + turn },
    ]);
    await schedule.done([
      { owner, id: `once/${turn - 1}`, dueMs: 1_000_000 + turn - 1 },
      { owner, id: 'lease', dueMs: 1_000_000 + turn - 1 },
    ]);
    const { granted, held } = await store.reserve({
      key: 'cap',
      holder: `lane ${lane}`,
      cap: CAP,
      untilMs: 1e15,
      nowMs: 0,
    });
    if (held > CAP) report.doubled.push(`the cap at ${turn}: ${held}`);
    if (granted) await store.release('cap', `lane ${lane}`);
    report.operations += 7;
  }
  const last = turn;
  return async () => {
    const [count, at, come] = await store.get([counter, state, coming]);
    if (count?.value !== last || count.version !== last)
      report.lost.push(`${counter}: ${String(count?.value)}, not ${last}`);
    if (at?.value !== last || at.seen?.offset !== last) report.lost.push(`${state}: ${String(at?.value)}, not ${last}`);
    if ((come?.value ?? 0) !== (last % 2 === 1 ? last : 0)) report.lost.push(`${coming} at ${last}`);
    const inScan = (await store.scan(coming)).some(({ key }) => key === coming);
    if (inScan !== (last % 2 === 1)) report.lost.push(`${coming} in the index`);
    const timers = await schedule.due(owner, Number.MAX_VALUE, 100);
    for (const { id } of timers) if (id !== 'lease' && id !== `once/${last}`) report.endless.push(`${owner} ${id}`);
    for (const id of ['lease', `once/${last}`])
      if (timers.find((timer) => timer.id === id)?.dueMs !== 1_000_000 + last) report.lost.push(`${owner} ${id}`);
  };
}
