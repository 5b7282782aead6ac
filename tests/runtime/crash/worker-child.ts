/** Runs the count machine behind the signals topic until it is killed, or has worked everything off. */
import { OrderedCheckpoint } from '../../../services/runtime/checkpoint/ordered.js';
import { EventClock } from '../../../services/runtime/clock.js';
import { loadConfig } from '../../../services/runtime/config.js';
import { openDrivers } from '../../../services/runtime/drivers.js';
import { silentLog } from '../../../services/runtime/log.js';
import { Worker } from '../../../services/runtime/worker.js';
import { COUNT_MACHINE } from './count-machine.js';

const [, , dataDir = '', kind = 'atomic'] = process.argv;
const drivers = await openDrivers(loadConfig({ env: {}, overrides: { dataDir } }), silentLog(), new EventClock());
const checkpoint = kind === 'ordered' ? new OrderedCheckpoint(drivers) : drivers.checkpoint;
const worker = new Worker({
  machine: COUNT_MACHINE,
  topic: 'signals',
  drivers: { ...drivers, checkpoint },
  clock: new EventClock(),
  log: silentLog(),
  maxBatch: 5,
  maxCached: 3,
  onOutputs: () => process.stdout.write('.\n'),
});
await worker.start();
await worker.settled();
process.stdout.write('done\n');
await worker.stop();
await drivers.close();
