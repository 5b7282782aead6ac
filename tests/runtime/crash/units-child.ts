/**
 * Commits units without end, three on their way at a time, and says which are durable. To be killed.
 * Unit n: two outputs, a state that says n, a timer of its own in place of the one before, position n.
 */
import { WallClock } from '../../../services/runtime/clock.js';
import { loadConfig } from '../../../services/runtime/config.js';
import { openDrivers } from '../../../services/runtime/drivers.js';
import { silentLog } from '../../../services/runtime/log.js';

const [, , dataDir = ''] = process.argv;
const drivers = await openDrivers(loadConfig({ env: {}, overrides: { dataDir } }), silentLog(), new WallClock());
const [state] = await drivers.stream.state('telemetry', 'g');
let next = (state?.committed ?? -1) + 1;
const timer = (n: number) => ({ owner: 'o', id: `t${n}`, dueMs: n });

async function commit(n: number): Promise<void> {
  const outcome = await drivers.checkpoint.commit({
    outputs: [2 * n, 2 * n + 1].map((timeMs) => ({
      topic: 'signals',
      key: 'k',
      value: { kind: 'tick', tenant: 'x'.repeat(n % 5 === 0 ? 20_000 : 100), timeMs },
    })),
    writes: [
      { key: 'last', value: n, expectVersion: n },
      { key: `by/${n % 7}`, value: n },
    ],
    timers: { set: [timer(n)], cancel: [], done: n > 0 ? [timer(n - 1)] : [] },
    position: { group: 'g', topic: 'telemetry', partition: 0, offset: n },
  });
  if (!outcome.ok) throw new Error(`unit ${n} is lost`);
  process.stdout.write(`${n}\n`);
}

for (;;) {
  await Promise.all([commit(next++), commit(next++), commit(next++)]);
}
