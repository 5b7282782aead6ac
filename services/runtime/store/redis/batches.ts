/** How a batch is cut: by shard, since a script has one slot; in pieces, since a script holds up all others; in waves, for order. */
import type { SerializedWrite } from '../serialized.js';

/** One command may hold up the others for as long as this many documents, or bytes, take. */
export const CHUNK_KEYS = 256;
const CHUNK_BYTES = 1024 * 1024;

/** A write on its way: its place in the caller's batch, its token, and when the document is dropped. */
export interface Pending {
  at: number;
  write: SerializedWrite;
  token: string;
  expires: string;
}

/** Writes of one key follow each other: each wave holds a key once, and goes when the one before it is answered. */
export function wavesOf(pending: readonly Pending[]): Pending[][] {
  const waves: Pending[][] = [];
  const times = new Map<string, number>();
  for (const each of pending) {
    const wave = times.get(each.write.key) ?? 0;
    times.set(each.write.key, wave + 1);
    (waves[wave] ??= []).push(each);
  }
  return waves;
}

export function chunksOf(pending: readonly Pending[]): Pending[][] {
  const all: Pending[][] = [];
  let bytes = Infinity;
  for (const each of pending) {
    const size = each.write.json?.length ?? 0;
    const current = all.at(-1);
    if (current === undefined || current.length >= CHUNK_KEYS || bytes + size > CHUNK_BYTES) {
      all.push([each]);
      bytes = size;
    } else {
      current.push(each);
      bytes += size;
    }
  }
  return all;
}

export function chunks<T>(all: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, index) =>
    all.slice(index * size, (index + 1) * size),
  );
}

/** What goes to one shard, in its order. */
export function byShard<T>(all: readonly T[], shardOf: (each: T) => number): Map<number, T[]> {
  const shards = new Map<number, T[]>();
  for (const each of all) {
    const shard = shardOf(each);
    const known = shards.get(shard);
    if (known === undefined) shards.set(shard, [each]);
    else known.push(each);
  }
  return shards;
}
