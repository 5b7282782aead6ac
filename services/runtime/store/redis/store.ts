/**
 * The store driver over Redis, one server or a cluster.
 *
 * - A write is answered when Redis has answered: how durable that is, is Redis's matter (`appendonly yes`, `appendfsync
 *   always`). A failover may lose what was answered; the `contractions` topic is the record (docs/operating.md).
 * - A command whose answer was lost is sent again until the deadline. Each write carries a token by which write.lua knows
 *   that it was applied before, so a write is never applied twice, and never refused because of itself.
 * - Each document is written atomically. A batch is not, as the port says, and neither is a scan one moment's picture.
 */
import { randomBytes } from 'node:crypto';
import type { Clock } from '../../clock.js';
import type { RedisClient } from '../../redis/connection.js';
import type { RedisRetry } from '../../redis/retry.js';
import { LuaScript } from '../../redis/script.js';
import type { DocumentRule } from '../../retention-policy.js';
import type { Document, ScanOptions, Store, StoredText, Write, WriteOutcome } from '../types.js';
import { serializeWrite } from '../serialized.js';
import { byShard, CHUNK_KEYS, chunks, chunksOf, type Pending, wavesOf } from './batches.js';
import { dropTimeOf } from './drop-time.js';
import { keysInOrder } from './key-order.js';
import { type Layout, SHARDS } from './layout.js';
import { corrupt, documentOf, textOf } from './record.js';

const FOLDER = 'services/runtime/store/redis';
const DEFAULT_LIMIT = 1_000;
/** Late writes of a position come within a day (port), by whichever of two clocks is the slower. */
const REMEMBERED_WITH_POSITION_MS = 25 * 3_600_000;
/** For a deletion that is sent again: longer than any deadline. */
const REMEMBERED_MS = 15 * 60_000;

export interface RedisStoreOptions {
  client: RedisClient;
  retry: RedisRetry;
  layout: Layout;
  clock: Pick<Clock, 'now'>;
  /** Which documents are dropped when; none: all are kept. */
  rules?: readonly DocumentRule[];
}

export class RedisStore implements Store {
  readonly #client: RedisClient;
  readonly #retry: RedisRetry;
  readonly #layout: Layout;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #rules: readonly DocumentRule[];
  readonly #write = new LuaScript(`${FOLDER}/write.lua`);
  readonly #reserve = new LuaScript(`${FOLDER}/reserve.lua`);
  readonly #drop = new LuaScript(`${FOLDER}/drop.lua`);
  /** With a counter behind it, no two writes of any two processes have one token. */
  readonly #writer = randomBytes(9).toString('base64url');
  #written = 0;

  constructor(options: RedisStoreOptions) {
    this.#client = options.client;
    this.#retry = options.retry;
    this.#layout = options.layout;
    this.#clock = options.clock;
    this.#rules = options.rules ?? [];
  }

  async get<T = unknown>(keys: readonly string[]): Promise<(Document<T> | undefined)[]> {
    return this.#read(keys, documentOf<T>);
  }

  async #read<R>(
    keys: readonly string[],
    readAs: (key: string, record: string | null | undefined) => R | undefined,
  ): Promise<(R | undefined)[]> {
    const found = new Array<R | undefined>(keys.length);
    const groups = byShard(Array.from(keys.keys()), (at) => this.#groupOf(keys[at] as string));
    const reads = [...groups.values()].flatMap((places) =>
      chunks(places, CHUNK_KEYS).map(async (chunk) => {
        const names = chunk.map((at) => this.#layout.document(keys[at] as string));
        const records = await this.#retry.run(async () => this.#client.mget(names));
        chunk.forEach((at, index) => (found[at] = readAs(keys[at] as string, records[index])));
      }),
    );
    await Promise.all(reads);
    return found;
  }

  async write(writes: readonly Write[]): Promise<WriteOutcome[]> {
    const outcomes = new Array<WriteOutcome>(writes.length);
    const nowMs = this.#clock.now();
    const pending = writes.map((write, at): Pending => {
      const serialized = serializeWrite(write);
      return {
        at,
        write: serialized,
        token: `${this.#writer}.${(++this.#written).toString(36)}`,
        expires: dropTimeOf(this.#rules, serialized, nowMs),
      };
    });
    for (const wave of wavesOf(pending)) {
      await Promise.all(
        [...byShard(wave, ({ write }) => this.#groupOf(write.key)).values()].flatMap((all) =>
          chunksOf(all).map(async (chunk) => {
            const answers = await this.#apply(chunk);
            chunk.forEach(({ at }, index) => (outcomes[at] = answers[index] as WriteOutcome));
          }),
        ),
      );
    }
    return outcomes;
  }

  /**
   * What may go in one command. A cluster wants one slot; a server alone takes any, and with them fewer commands, each of
   * which it would flush to its disk.
   */
  #groupOf(key: string): number {
    return this.#client.isCluster ? this.#layout.shardOf(key) : 0;
  }

  async #apply(chunk: readonly Pending[]): Promise<WriteOutcome[]> {
    const layout = this.#layout;
    const keys = chunk.flatMap(({ write: { key } }) => {
      const shard = layout.shardOf(key);
      return [layout.index(shard), layout.expiry(shard), layout.document(key)];
    });
    const args = [
      REMEMBERED_WITH_POSITION_MS,
      REMEMBERED_MS,
      ...chunk.flatMap(({ write: { key, json, expectVersion, seen }, token, expires }) => [
        ...[key, json === null ? 'del' : 'put', token, expectVersion ?? ''],
        ...(seen === undefined ? ['', '', ''] : [seen.epoch, seen.partition, seen.offset]),
        ...[expires, json ?? ''],
      ]),
    ];
    const answers = (await this.#retry.run(async () => this.#write.run(this.#client, keys, args))) as [
      number,
      (number | string)?,
      string?,
    ][];
    return chunk.map(({ write: { key } }, index): WriteOutcome => {
      const [kind, what, record] = answers[index] ?? [-1];
      if (kind === 1) return { ok: true, version: Number(what) };
      if (kind === 0) return { ok: false, reason: what as 'version' | 'stale', current: documentOf(key, record) };
      throw corrupt(key);
    });
  }

  async scan<T = unknown>(prefix: string, options: ScanOptions = {}): Promise<Document<T>[]> {
    return this.#scan(prefix, options, documentOf<T>);
  }

  async texts(prefix: string, options: Omit<ScanOptions, 'reverse'> = {}): Promise<StoredText[]> {
    return this.#scan(prefix, options, textOf);
  }

  async #scan<R>(
    prefix: string,
    options: ScanOptions,
    readAs: (key: string, record: string | null | undefined) => R | undefined,
  ): Promise<R[]> {
    const { after, limit = DEFAULT_LIMIT, reverse = false } = options;
    if (limit <= 0) return [];
    const found: R[] = [];
    const pageOf = async (shard: number, from: string | undefined, count: number): Promise<string[]> =>
      this.#page(shard, { prefix, after: from ?? after, reverse, count });
    for await (const keys of keysInOrder(pageOf, { shards: SHARDS, limit, reverse })) {
      for (const chunk of chunks(keys, DEFAULT_LIMIT)) {
        const missing = limit - found.length;
        // One that was deleted since its key was read is skipped, and another takes its place.
        for (const document of await this.#read(chunk.slice(0, missing), readAs))
          if (document !== undefined) found.push(document);
        for (const document of await this.#read(found.length < limit ? chunk.slice(missing) : [], readAs))
          if (document !== undefined && found.length < limit) found.push(document);
        if (found.length >= limit) return found;
      }
    }
    return found;
  }

  async #page(
    shard: number,
    { prefix, after, reverse, count }: { prefix: string; after: string | undefined; reverse: boolean; count: number },
  ): Promise<string[]> {
    const index = this.#layout.index(shard);
    // 0xff occurs in no UTF-8: what begins with the prefix lies between the prefix itself and this.
    const end = Buffer.concat([Buffer.from(`(${prefix}`), Buffer.from([0xff])]);
    const inclusive = Buffer.from(`[${prefix}`);
    const exclusive = after === undefined ? undefined : Buffer.from(`(${after}`);
    const order = after === undefined ? 0 : Buffer.compare(Buffer.from(after), Buffer.from(prefix));
    if (reverse) {
      if (exclusive !== undefined && order <= 0) return [];
      const below = exclusive !== undefined && Buffer.compare(exclusive, end) < 0 ? exclusive : end;
      return this.#retry.run(async () => this.#client.zrevrangebylex(index, below, inclusive, 'LIMIT', 0, count));
    }
    if (exclusive !== undefined && Buffer.compare(exclusive, end) >= 0) return [];
    const above = exclusive !== undefined && order >= 0 ? exclusive : inclusive;
    return this.#retry.run(async () => this.#client.zrangebylex(index, above, end, 'LIMIT', 0, count));
  }

  async reserve(request: {
    key: string;
    holder: string;
    cap: number;
    untilMs: number;
    nowMs: number;
  }): Promise<{ granted: boolean; held: number }> {
    const { key, holder, cap, untilMs, nowMs } = request;
    // Sent twice it is granted twice: a holder is counted once.
    const [granted, held] = (await this.#retry.run(async () =>
      this.#reserve.run(this.#client, [this.#layout.reservation(key)], [holder, cap, untilMs, nowMs]),
    )) as [number, number];
    return { granted: granted === 1, held };
  }

  async release(key: string, holder: string): Promise<void> {
    await this.#retry.run(async () => this.#client.zrem(this.#layout.reservation(key), holder));
  }

  /**
   * Drops what its rule says is old by the time given. Any process may, at any time, also several at once.
   * @returns how many documents went
   */
  async sweep(nowMs: number, stopped: () => boolean = () => false): Promise<number> {
    let dropped = 0;
    for (let shard = 0; shard < SHARDS && !stopped(); shard++) {
      const [index, expiry] = [this.#layout.index(shard), this.#layout.expiry(shard)];
      for (let count = CHUNK_KEYS; count === CHUNK_KEYS && !stopped();) {
        const keys = await this.#retry.run(async () =>
          this.#client.zrangebyscore(expiry, '-inf', nowMs, 'LIMIT', 0, CHUNK_KEYS),
        );
        count = keys.length;
        if (count === 0) break;
        const names = keys.map((key) => this.#layout.document(key));
        dropped += Number(
          await this.#retry.run(async () => this.#drop.run(this.#client, [index, expiry, ...names], [nowMs, ...keys])),
        );
      }
    }
    return dropped;
  }

  async close(): Promise<void> {
    // The connection is closed by whoever opened it, once for all drivers on it.
  }
}
