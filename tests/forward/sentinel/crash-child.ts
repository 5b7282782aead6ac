/**
 * A process that forwards to Sentinel until it is killed: appends incidents and decisions, and says on standard output what
 * is durable in the topic, one id a line. With `drain` it appends nothing more and ends once nothing waits.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { createForward } from '../../../services/forward/service.js';
import { WallClock } from '../../../services/runtime/clock.js';
import { loadConfig } from '../../../services/runtime/config.js';
import { openDrivers } from '../../../services/runtime/drivers.js';
import { silentLog } from '../../../services/runtime/log.js';
import { incident } from '../incident.js';
import { decision } from './records.js';

const [dataDir = '', sinkFile = '', run = '0', mode = 'append'] = process.argv.slice(2);
const sinks = [JSON.parse(readFileSync(sinkFile, 'utf8')) as Record<string, unknown>];
const config = loadConfig({ env: {}, overrides: { dataDir, forward: { sinks } } });
const drivers = await openDrivers(config, silentLog(), new WallClock());
const forward = createForward({
  sinks: config.forward.sinks,
  drivers,
  log: silentLog(),
  version: '0',
  limits: { baseMs: 5, capMs: 20 },
  quickRetry: { baseMs: 1, capMs: 1, deadlineMs: 0 },
});
await forward.start();
if (mode === 'drain') {
  const settled = async () => {
    const states = await Promise.all([
      drivers.stream.state('incidents', 'forward'),
      drivers.stream.state('decisions', 'forward'),
    ]);
    return (
      states.flat().every(({ committed, end }) => committed === end - 1) &&
      forward.status().every(({ waiting }) => waiting === 0)
    );
  };
  while (!(await settled())) await pause(10);
  await forward.stop();
  await drivers.close();
} else {
  for (let at = 0; ; at += 1) {
    const id = `${run}-${at}`;
    await drivers.stream.append([
      { topic: 'incidents', key: `i${id}`, value: incident(`i${id}`) },
      { topic: 'decisions', key: `d${id}`, value: decision(`d${id}`) },
    ]);
    process.stdout.write(`${id}\n`);
    if (at % 5 === 4) {
      const changed = incident(`i${run}-${at - 2}`, 2);
      await drivers.stream.append([{ topic: 'incidents', key: changed.id, value: changed }]);
    }
    await pause(2);
  }
}
