/** A file system of a few megabytes in memory, so that a full disk hurts nobody else. It takes root. */
import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const BLOCK_BYTES = 4_096;

export interface SmallDisk {
  readonly dir: string;
  /** Takes all the room there is but for so many bytes. */
  fill(leaveBytes: number): void;
  /** Gives it back. */
  free(): void;
  remove(): void;
}

/** Why there can be none here; `undefined`: there can. */
export function smallDiskMissing(): string | undefined {
  try {
    smallDisk(1).remove();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** @param megabytes its size */
export function smallDisk(megabytes: number): SmallDisk {
  const at = mkdtempSync(join(tmpdir(), 'stepdown-disk-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', at]);
  if (mounted.status !== 0) {
    rmSync(at, { recursive: true });
    throw new Error('a file system of a few MB cannot be mounted here (it takes root)');
  }
  const dir = join(at, 'data');
  mkdirSync(dir);
  const ballast = join(at, 'ballast');
  return {
    dir,
    fill: (leaveBytes) => {
      const file = openSync(ballast, 'a');
      try {
        for (const block = Buffer.alloc(BLOCK_BYTES); ;) {
          const { bavail, bsize } = statfsSync(at);
          if (bavail * bsize <= leaveBytes + BLOCK_BYTES) return;
          writeSync(file, block);
        }
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      } finally {
        closeSync(file);
      }
    },
    free: () => rmSync(ballast, { force: true }),
    remove: () => {
      spawnSync('umount', ['-l', at]);
      rmSync(at, { recursive: true, force: true });
    },
  };
}
