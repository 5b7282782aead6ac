/**
 * An owner's timers as Redis keeps them: a sorted set by due, and the payloads beside it, of one hash tag.
 *
 * This is what is true. What BullMQ carries (alarms.ts) only says when to look here.
 */
import type { RedisClient } from '../../redis/connection.js';
import type { RedisRetry } from '../../redis/retry.js';
import { LuaScript } from '../../redis/script.js';
import { serializeTimer } from '../serialized.js';
import type { Timer } from '../types.js';

const FOLDER = 'services/runtime/schedule/bullmq';
/** One script may hold up the others for as long as this many timers take. */
const CHUNK = 500;

export interface RedisTimersOptions {
  client: RedisClient;
  retry: RedisRetry;
  /** What every key begins with; without braces. */
  prefix: string;
}

export class RedisTimers {
  readonly #client: RedisClient;
  readonly #retry: RedisRetry;
  readonly #prefix: string;
  readonly #set = new LuaScript(`${FOLDER}/set.lua`);
  readonly #remove = new LuaScript(`${FOLDER}/remove.lua`);
  readonly #page = new LuaScript(`${FOLDER}/page.lua`);

  constructor({ client, retry, prefix }: RedisTimersOptions) {
    this.#client = client;
    this.#retry = retry;
    this.#prefix = prefix;
  }

  /** Sent twice it changes nothing more. @returns when the owner's earliest timer is due, milliseconds */
  async set(owner: string, timers: readonly Timer[]): Promise<number> {
    let earliest = Infinity;
    for (let from = 0; from < timers.length; from += CHUNK) {
      const args = timers.slice(from, from + CHUNK).flatMap((timer) => {
        const { id, dueMs, json } = serializeTimer(timer);
        return [id, dueMs, json ?? ''];
      });
      const answer = await this.#retry.run(async () => this.#set.run(this.#client, this.#keys(owner), args));
      earliest = Math.min(earliest, Number(answer));
    }
    return earliest;
  }

  /** @param timers without `dueMs`: whatever they say */
  async remove(owner: string, timers: readonly { id: string; dueMs?: number }[]): Promise<void> {
    for (let from = 0; from < timers.length; from += CHUNK) {
      const args = timers.slice(from, from + CHUNK).flatMap(({ id, dueMs }) => [id, dueMs ?? '']);
      await this.#retry.run(async () => this.#remove.run(this.#client, this.#keys(owner), args));
    }
  }

  /** Earliest first, then by the bytes of their ids. Many are read page by page, so that nobody waits for them. */
  async due(owner: string, nowMs: number, limit: number): Promise<Timer[]> {
    // By id, since a page may repeat timers that fall due at the same time as one that is gone.
    const found = new Map<string, Timer>();
    let last: Timer | undefined;
    while (found.size < limit) {
      const count = Math.min(CHUNK, limit - found.size);
      const args = [count, last?.dueMs ?? '', last?.id ?? ''];
      const page = (await this.#retry.run(async () => this.#page.run(this.#client, this.#keys(owner), args))) as (
        string | null
      )[];
      for (let at = 0; at < page.length; at += 3) {
        const [id, due, json] = [page[at] as string, Number(page[at + 1]), page[at + 2] ?? null];
        if (due > nowMs) return [...found.values()];
        last = { owner, id, dueMs: due, ...(json === null ? {} : { payload: JSON.parse(json) as unknown }) };
        found.set(id, last);
      }
      if (page.length < count * 3) break;
    }
    return [...found.values()];
  }

  async nextDueMs(owner: string): Promise<number | undefined> {
    const [, due] = await this.#retry.run(async () =>
      this.#client.zrange(this.#keys(owner)[0], '0', '0', 'WITHSCORES'),
    );
    return due === undefined ? undefined : Number(due);
  }

  #keys(owner: string): [timers: string, payloads: string] {
    const tagged = `${this.#prefix}:{${encodeURIComponent(owner)}}`;
    return [`${tagged}:timers`, `${tagged}:payloads`];
  }
}
