/**
 * Reverts: contractions whose time comes all at once. In memory (response, and the decision point that takes each out), and
 * behind the worker with a database, where each end is durable before it counts.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Signal } from '../../schemas/signal.js';
import { type Applied, ContractionIndex } from '../../services/policy/contraction-index.js';
import { Follower } from '../../services/gateway/records/follower.js';
import { createRespondMachine } from '../../services/respond/machine.js';
import { WallClock } from '../../services/runtime/clock.js';
import { loadConfig } from '../../services/runtime/config.js';
import { openDrivers } from '../../services/runtime/drivers.js';
import { silentLog } from '../../services/runtime/log.js';
import { Stepper } from '../../services/runtime/stepper.js';
import type { AnyOutgoing } from '../../services/runtime/stream/types.js';
import { Worker } from '../../services/runtime/worker.js';

const machine = () =>
  createRespondMachine({ playbooks: [], riskHalfLifeMs: 600_000, leaseMs: 300_000, incidentsPerPlaybookPerHour: 20 });

const contain = (index: number, atMs: number, forMs: number): Signal => ({
  kind: 'command',
  tenant: 'default',
  timeMs: atMs,
  id: `command-${index}`,
  by: 'bench',
  reason: 'bench',
  command: {
    do: 'contain',
    contractionId: `c${index}`,
    target: { tenant: 'default', type: 'session', id: `s${index}` },
    controls: [{ control: 'tool.block', effects: ['send'] }],
    forMs,
  },
});

function take(outputs: readonly AnyOutgoing[], index: ContractionIndex, nowMs: number): number {
  let ended = 0;
  for (const { topic, value } of outputs)
    if (topic === 'contractions' && value.kind === 'contraction' && index.apply(value.contraction, nowMs) === 'ended')
      ended += 1;
  return ended;
}

/** CPU seconds of this process, so that a busy machine can be told from slow code. */
export function busySince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

function inMemory(count: number): void {
  const start = Date.UTC(2030, 0, 1);
  const stepper = new Stepper({ machine: machine(), strict: false });
  const index = new ContractionIndex();
  for (let i = 0; i < count; i += 1) take(stepper.feed(contain(i, start, 60_000)), index, start);
  const begun = performance.now();
  const cpu = process.cpuUsage();
  const ended = take(stepper.advance(start + 60_000), index, start + 60_000);
  const seconds = (performance.now() - begun) / 1000;
  const busy = busySince(cpu);
  if (ended !== count || index.size !== 0) throw new Error(`${ended} of ${count} reverted, ${index.size} in force`);
  console.log(
    `reverts, in memory:  ${Math.round(count / seconds).toLocaleString('en')}/s, ${Math.round(count / busy).toLocaleString('en')} per CPU second (${count} at once)`,
  );
}

async function durable(count: number): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), 'stepdown-reverts-'));
  const config = loadConfig({ env: {}, overrides: { dataDir } });
  const clock = new WallClock();
  const drivers = await openDrivers(config, silentLog(), clock);
  const worker = new Worker<Signal>({
    machine: machine(),
    topic: 'signals',
    drivers,
    clock,
    log: silentLog(),
    maxCached: 10 * count,
  });
  let follower: Follower | undefined;
  try {
    const index = new ContractionIndex();
    const forMs = 15_000 + count / 2;
    const setUp = clock.now();
    for (let at = 0; at < count; at += 1_000)
      await drivers.stream.append(
        Array.from({ length: Math.min(1_000, count - at) }, (_, i) => ({
          topic: 'signals' as const,
          key: `s${at + i}`,
          value: contain(at + i, setUp, setUp + forMs - clock.now()),
        })),
      );
    await worker.start();
    await worker.settled();
    // As the gateway follows it: a revert counts once the decision point has taken it.
    let reverted = 0;
    let last = 0;
    const all = new Promise<void>((resolve, reject) => {
      const took = (applied: Applied): void => {
        if (applied !== 'ended') return;
        reverted += 1;
        last = performance.now();
        if (reverted === count) resolve();
      };
      follower = new Follower({
        stream: drivers.stream,
        store: drivers.store,
        group: 'bench',
        take: (record) => {
          if (record.kind === 'contraction') took(index.apply(record.contraction, clock.now()));
        },
        restore: (head, text) => void index.restore(head, text, clock.now()),
        takeText: (head, text) => took(index.restore(head, text, clock.now())),
        caughtUp: () => undefined,
        onError: reject,
      });
    });
    await follower?.start();
    const dueInMs = setUp + forMs - clock.now();
    if (dueInMs < 0) throw new Error(`they fell due ${-dueInMs} ms before everything was ready`);
    await delay(Math.max(0, dueInMs - 50));
    const cpu = process.cpuUsage();
    const dueAt = performance.now() + setUp + forMs - clock.now();
    await all;
    const busy = busySince(cpu);
    const seconds = (last - dueAt) / 1000;
    console.log(
      `reverts, durable:    ${Math.round(count / seconds).toLocaleString('en')}/s, ${Math.round(count / busy).toLocaleString('en')} per CPU second (${count} at once, SQLite)`,
    );
  } finally {
    await follower?.stop();
    await worker.stop();
    await drivers.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

export async function benchReverts(): Promise<void> {
  inMemory(50_000);
  await durable(20_000);
}
