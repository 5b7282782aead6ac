/** A start with a million active leases: the decision point takes them from the store, response its timers. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Signal } from '../../schemas/signal.js';
import { ContractionIndex } from '../../services/policy/contraction-index.js';
import { Follower } from '../../services/gateway/records/follower.js';
import { createRespondMachine } from '../../services/respond/machine.js';
import { WallClock } from '../../services/runtime/clock.js';
import { loadConfig } from '../../services/runtime/config.js';
import { openDrivers } from '../../services/runtime/drivers.js';
import { silentLog } from '../../services/runtime/log.js';
import { Stepper } from '../../services/runtime/stepper.js';
import { Worker } from '../../services/runtime/worker.js';
import { busySince } from './reverts.js';

const COUNT = Number(process.env['STEPDOWN_BENCH_LEASES'] ?? 1_000_000);
const PAGE = 5_000;

export async function benchLeases(): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), 'stepdown-leases-'));
  const config = loadConfig({ env: {}, overrides: { dataDir, retention: { maxDisk: '100GiB' } } });
  const clock = new WallClock();
  const machine = createRespondMachine({
    playbooks: [],
    riskHalfLifeMs: 600_000,
    leaseMs: 3_600_000,
    incidentsPerPlaybookPerHour: 20,
  });
  let drivers = await openDrivers(config, silentLog(), clock);
  try {
    const nowMs = clock.now();
    for (let at = 0; at < COUNT; at += PAGE) {
      const stepper = new Stepper({ machine, strict: false });
      for (let i = at; i < Math.min(COUNT, at + PAGE); i += 1) {
        const signal: Signal = {
          kind: 'command',
          tenant: 'default',
          timeMs: nowMs,
          id: `command-${i}`,
          by: 'bench',
          reason: 'bench',
          command: {
            do: 'contain',
            contractionId: `c${i}`,
            target: { tenant: 'default', type: 'session', id: `s${i}` },
            controls: [{ control: 'tool.block', effects: ['send'] }],
            forMs: 24 * 3_600_000,
          },
        };
        stepper.feed(signal);
      }
      const { states, timers } = stepper.snapshot();
      await drivers.checkpoint.commit({
        outputs: [],
        writes: states.map(([key, value]) => ({ key, value })),
        timers: { set: timers.map((timer) => ({ ...timer, owner: machine.name })), cancel: [], done: [] },
      });
    }
    await drivers.close();

    const begun = performance.now();
    const cpu = process.cpuUsage();
    drivers = await openDrivers(config, silentLog(), clock);
    const index = new ContractionIndex();
    const follower = new Follower({
      stream: drivers.stream,
      store: drivers.store,
      group: 'bench',
      take: (record) => {
        if (record.kind === 'contraction') index.apply(record.contraction, clock.now());
      },
      restore: (head, text) => void index.restore(head, text, clock.now()),
      takeText: (head, text) => void index.restore(head, text, clock.now()),
      caughtUp: () => undefined,
      onError: (error) => {
        throw error;
      },
    });
    const worker = new Worker<Signal>({ machine, topic: 'signals', drivers, clock, log: silentLog() });
    await worker.start();
    const timersMs = performance.now() - begun;
    await follower.start();
    const allMs = performance.now() - begun;
    if (index.size !== COUNT) throw new Error(`${index.size} of ${COUNT} leases are in force`);
    console.log(
      `leases restored:     ${COUNT.toLocaleString('en')} in ${(allMs / 1000).toFixed(1)} s (timers ${(timersMs / 1000).toFixed(1)} s, decision point ${((allMs - timersMs) / 1000).toFixed(1)} s), ${busySince(cpu).toFixed(1)} CPU s, ${Math.round(process.memoryUsage().rss / 2 ** 20)} MiB`,
    );
    await follower.stop();
    await worker.stop();
  } finally {
    await drivers.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
}
