/**
 * Where things stand in Redis.
 *
 * Documents are spread over a fixed number of shards by their key. All of a shard has one hash tag, so that on a cluster a
 * document, the index that knows its key, and the script that writes both are on one node. On a single server it is the
 * same layout, so that a move to a cluster copies keys as they are.
 */
import { crc32 } from 'node:zlib';

/** Part of the layout: another number finds nothing of what was written. */
export const SHARDS = 64;
/** What is stored under {@link Layout.layoutKey}; rises when the layout changes. */
export const LAYOUT = `1/${SHARDS}`;

export class Layout {
  readonly #prefix: string;

  /** @param prefix without braces, which would be taken for a hash tag */
  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  get layoutKey(): string {
    return `${this.#prefix}:layout`;
  }

  /** 0 to {@link SHARDS} − 1. */
  shardOf(key: string): number {
    return crc32(key) % SHARDS;
  }

  /** Sorted set of a shard's keys, all scores 0, and so in the order of their bytes. */
  index(shard: number): string {
    return `${this.#of(shard)}:index`;
  }

  /** Sorted set of a shard's keys by the time they are dropped, milliseconds. */
  expiry(shard: number): string {
    return `${this.#of(shard)}:expiry`;
  }

  document(key: string): string {
    return `${this.#of(this.shardOf(key))}:d:${key}`;
  }

  /** Sorted set of a cap's holders by the time their places end, milliseconds. */
  reservation(key: string): string {
    return `${this.#of(this.shardOf(key))}:r:${key}`;
  }

  #of(shard: number): string {
    return `${this.#prefix}:{${shard}}`;
  }
}
