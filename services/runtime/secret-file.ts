/** Secrets that the engine makes for itself: a file that only its owner reads, whole or not at all. */
import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, linkSync, mkdirSync, openSync, readFileSync, unlinkSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { StepdownError } from './errors.js';

/** What the file holds, without white space at its ends; `undefined`: there is none. Throws `driver-unavailable`. */
export function readSecret(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new StepdownError('driver-unavailable', `The file ${path} cannot be read`, { cause: error });
  }
}

/**
 * Never readable by others, not even for a moment, and durable when it returns. Where another process was first, its
 * secret stands and is given.
 */
export function writeSecret(path: string, secret: string): string {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const partial = `${path}.${randomBytes(6).toString('hex')}`;
  const file = openSync(partial, 'wx', 0o600);
  try {
    writeSync(file, `${secret}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  try {
    linkSync(partial, path);
    return secret;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return readSecret(path) ?? secret;
  } finally {
    unlinkSync(partial);
  }
}

const KEY = /^[0-9a-f]{64}$/;

/** The key of 32 bytes in the file, as 64 hex digits; `undefined`: there is none. Throws `config-invalid` for what is no key. */
export function readKey(path: string): Buffer | undefined {
  const text = readSecret(path);
  return text === undefined ? undefined : keyFrom(text, path);
}

/** The key in the file, made where there is none. */
export function ensureKey(path: string): Buffer {
  return readKey(path) ?? keyFrom(writeSecret(path, randomBytes(32).toString('hex')), path);
}

function keyFrom(text: string, path: string): Buffer {
  if (!KEY.test(text))
    throw new StepdownError('config-invalid', `${path} holds no key`, {
      mend: 'a key is 64 hexadecimal digits; restore it from your backup: what was made with it cannot be checked or found again without it',
    });
  return Buffer.from(text, 'hex');
}
