/** Secrets that the engine makes for itself: a file that only its owner reads, whole or not at all. */
import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { StepdownError } from '../../runtime/errors.js';

/** What the file holds, without white space at its ends; `undefined`: there is none. Throws `driver-unavailable`. */
export async function readSecret(path: string): Promise<string | undefined> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new StepdownError('driver-unavailable', `The file ${path} cannot be read`, { cause: error });
  }
}

/**
 * Never readable by others, not even for a moment, and durable when it resolves. Where another process was first, its
 * secret stands and is given.
 */
export async function writeSecret(path: string, secret: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const partial = `${path}.${randomBytes(6).toString('hex')}`;
  const file = await open(partial, 'wx', 0o600);
  try {
    await file.writeFile(`${secret}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  try {
    await link(partial, path);
    return secret;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return (await readSecret(path)) ?? secret;
  } finally {
    await unlink(partial);
  }
}
