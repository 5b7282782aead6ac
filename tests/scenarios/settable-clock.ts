/**
 * Loaded before an engine's own code (`node --import`): what it takes for the machine's clock is beside the true one by as
 * many milliseconds as the file says that the environment names. Elapsed time is as it is.
 */
import { readFileSync, unwatchFile, watchFile } from 'node:fs';

export const CLOCK_FILE = 'SETTABLE_CLOCK';
const LOOK_EVERY_MS = 100;

const file = process.env[CLOCK_FILE];
if (file !== undefined) {
  const trueNow = Date.now.bind(Date);
  let offsetMs = 0;
  const look = (): void => {
    try {
      offsetMs = Number(readFileSync(file, 'utf8'));
    } catch {
      // Nobody has set it yet.
    }
  };
  look();
  watchFile(file, { persistent: false, interval: LOOK_EVERY_MS }, look);
  process.once('exit', () => unwatchFile(file, look));
  Date.now = () => trueNow() + offsetMs;
}
