/** A Lua file beside its driver: the one place where what must be atomic stands, sent by its hash. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { StepdownError } from '../errors.js';
import { packageRoot } from '../package-root.js';
import type { RedisClient } from './connection.js';

export class LuaScript {
  readonly #source: string;
  readonly #hash: string;

  /** @param path of the file, from the package's root; throws `not-found` where it is missing */
  constructor(path: string) {
    try {
      this.#source = readFileSync(join(packageRoot(), path), 'utf8');
    } catch (cause) {
      throw new StepdownError('not-found', `the installed package has no ${path}`, {
        mend: 'install stepdown again',
        cause,
      });
    }
    this.#hash = createHash('sha1').update(this.#source).digest('hex');
  }

  /** On a cluster all keys must have one hash tag. A server that does not know the script yet is given it. */
  async run(client: RedisClient, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
    try {
      return await client.evalsha(this.#hash, keys.length, ...keys, ...args);
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
      return client.eval(this.#source, keys.length, ...keys, ...args);
    }
  }
}
