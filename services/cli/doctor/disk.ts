/** Whether there is room on the disk of the data directory. */
import { existsSync, statfsSync } from 'node:fs';
import { type Check, ok, problem } from './finding.js';

const LEAST_FREE_BYTES = 512 * 1024 * 1024;

export function diskCheck(dataDir: string, leastFreeBytes: number = LEAST_FREE_BYTES): Check[] {
  if (!existsSync(dataDir)) return [];
  const { bavail, bsize } = statfsSync(dataDir);
  const free = bavail * bsize;
  const mebibytes = `${Math.round(free / 1024 / 1024)} MiB free`;
  return [
    free >= leastFreeBytes
      ? ok('disk', mebibytes)
      : problem(
          'disk',
          `${mebibytes}; at ${leastFreeBytes / 1024 / 1024} MiB records may be refused`,
          'make room, or lower retention',
        ),
  ];
}
