/**
 * Leases by the wall clock under random faults: two processes of response share the tenants of many findings, each of which
 * contracts for a few seconds. Whatever is killed, stopped, cut or deleted meanwhile, each contraction is made once, ends once,
 * and none stays.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Contraction } from '../../schemas/contraction.js';
import type { Role } from '../../services/composition/roles.js';
import { liveKeys } from '../../services/respond/keys.js';
import type { AnyOutgoing } from '../../services/runtime/stream/types.js';
import { finding } from '../respond/rig.js';
import { random } from '../scenarios/traffic.js';
import type { FaultOptions } from './engine-faults.js';
import { drawFault, harm } from './engine-fault-kinds.js';
import { openWorld } from './world.js';
import { SHORT_PLAYBOOK } from './short-playbook.js';

export interface LeaseFaultsReport {
  seed: number;
  faults: Record<string, number>;
  contractions: number;
  /** Findings that contracted nothing. */
  lost: string[];
  /** Contractions made or ended more than once. */
  doubled: string[];
  /** Those that are live although their time is long over. */
  endless: string[];
  fallen: string[];
}

const CORE: readonly Role[] = ['respond', 'respond'];
const GUESTS: readonly Role[] = ['respond'];
const TENANTS = 12;
/** Also on a machine that does much else. */
const PATIENCE_MS = 600_000;

export async function searchLeaseFaults(
  count: number,
  seed: number,
  { names, onFault, brokers = 1, redisCluster = false }: FaultOptions = {},
): Promise<LeaseFaultsReport> {
  const chance = random(seed);
  const report: LeaseFaultsReport = {
    ...{ seed, faults: {}, contractions: 0 },
    ...{ lost: [], doubled: [], endless: [], fallen: [] },
  };
  const dir = mkdtempSync(join(tmpdir(), 'stepdown-lease-faults-'));
  const file = join(dir, 'short.yaml');
  writeFileSync(file, SHORT_PLAYBOOK);
  const world = await openWorld({
    core: CORE,
    guests: GUESTS,
    partitions: 4,
    brokers,
    redisCluster,
    overrides: '',
    more: { respond: { playbooks: [file] } },
  });
  const { cluster, core } = world.harmed;
  const told: string[] = [];
  try {
    for (const index of core) await cluster.start(index);
    const { stream, store } = await cluster.drivers();
    const tell = async (): Promise<void> => {
      const session = `s${told.length}`;
      const tenant = `t${told.length % TENANTS}`;
      const entity = { tenant, type: 'session' as const, id: session };
      const made = finding({ id: `lease-finding-${told.length}`, tenant, session, entity, timeMs: Date.now() });
      const record: AnyOutgoing = {
        topic: 'signals',
        key: session,
        value: { kind: 'finding', tenant, timeMs: Date.now(), finding: made },
      };
      told.push(session);
      // Told until it is taken, and so perhaps twice.
      for (const until = Date.now() + PATIENCE_MS; ;) {
        try {
          await stream.append([record]);
          return;
        } catch (error) {
          if (Date.now() > until) throw error;
          await pause(50);
        }
      }
    };
    for (let happened = 0; happened < count; happened++) {
      const telling = Promise.all([tell(), tell(), tell()]);
      telling.catch(() => undefined);
      await pause(chance() * 300);
      const name = drawFault(chance, names);
      report.faults[name] = (report.faults[name] ?? 0) + 1;
      onFault?.(name, happened);
      await harm(name, world.harmed, chance);
      await telling;
      for (const index of cluster.fallen) {
        report.fallen.push(`${cluster.members[index]?.role ?? ''} after fault ${happened} (${name})`);
        await cluster.start(index);
      }
    }
    const over = async (): Promise<boolean> =>
      (await store.scan('contraction/ended/', { limit: 10_000 })).length >= told.length &&
      (await store.scan(liveKeys, { limit: 10_000 })).length === 0;
    for (const until = Date.now() + PATIENCE_MS; !(await over()) && Date.now() < until;) await pause(200);
    report.endless = (await store.scan<Contraction>(liveKeys, { limit: 10_000 })).map(({ key }) => key);
    const made = new Map<string, Set<string>>();
    const ends = new Map<string, Set<number>>();
    for (const { partition } of await stream.state('contractions'))
      for (const { value } of await stream.read('contractions', { partition, from: 0, limit: 1_000_000 })) {
        if (value.kind !== 'contraction') continue;
        const { id, target, state, version } = value.contraction;
        made.set(target.id, (made.get(target.id) ?? new Set()).add(id));
        if (state === 'ended') ends.set(id, (ends.get(id) ?? new Set()).add(version));
      }
    report.contractions = made.size;
    report.lost = told.filter((session) => !made.has(session));
    report.doubled = [
      ...[...made].filter(([, ids]) => ids.size !== 1).map(([session, ids]) => `${session}: ${[...ids].join(', ')}`),
      ...[...ends].filter(([, versions]) => versions.size !== 1).map(([id]) => `the end of ${id}`),
    ];
    report.endless.push(...[...made.values()].flatMap((ids) => [...ids].filter((id) => !ends.has(id))));
    return report;
  } catch (error) {
    throw new Error(`${String(error)}\nafter ${JSON.stringify(report.faults)}\n${cluster.output}`, { cause: error });
  } finally {
    await world.remove();
    rmSync(dir, { recursive: true });
  }
}

const pause = async (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
