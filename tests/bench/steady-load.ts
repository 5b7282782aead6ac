/** Telemetry at a steady rate, by a process of its own: what it does with the processor is no part of what is measured beside it. */
import { readFileSync } from 'node:fs';
import { WallClock } from '../../services/runtime/clock.js';
import { loadConfig } from '../../services/runtime/config.js';
import { openDrivers } from '../../services/runtime/drivers.js';
import { silentLog } from '../../services/runtime/log.js';
import type { Telemetry } from './kafka.js';

const TICK_MS = 20;
/** As far as the machine lets it fall behind before it gives up catching up. */
const MOST_AT_ONCE = 2_000;

const [configFile = '', eventsFile = '', rate = '0'] = process.argv.slice(2);
const events = readFileSync(eventsFile, 'utf8')
  .split('\n')
  .map((line) => JSON.parse(line) as Telemetry);
const { stream } = await openDrivers(loadConfig({ file: configFile, env: {} }), silentLog(), new WallClock());
let [made, told] = [0, 0];
const begun = performance.now();
const ticking = setInterval(() => {
  const due = Math.floor(((performance.now() - begun) / 1_000) * Number(rate)) - made;
  const some = Array.from({ length: Math.min(due, MOST_AT_ONCE) }, (): Telemetry => {
    const event = events[made++ % events.length] as Telemetry;
    // Each an event of its own: what is told twice is dropped early.
    return { ...event, value: { ...event.value, id: `${event.value.id}-${made}` } };
  });
  stream.append(some).then(
    () => (told += some.length),
    () => undefined,
  );
}, TICK_MS);
/** Asked how much was taken, it says so and ends. */
process.once('message', () => {
  clearInterval(ticking);
  process.send?.(told / ((performance.now() - begun) / 1_000), () => process.exit(0));
});
process.once('disconnect', () => process.exit(0));
process.send?.('begun');
