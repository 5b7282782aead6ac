/** Whether the data directory can be written, or made. */
import { accessSync, constants, existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Check, ok, problem } from './finding.js';

export function dataDirectoryCheck(dataDir: string): Check {
  let nearest = dataDir;
  while (!existsSync(nearest) && dirname(nearest) !== nearest) nearest = dirname(nearest);
  try {
    accessSync(nearest, constants.W_OK);
    return ok('data directory', nearest === dataDir ? `${dataDir} is writable` : `${dataDir} will be made`);
  } catch {
    return problem('data directory', `${nearest} cannot be written by this user`, 'change its owner, or set `dataDir`');
  }
}
