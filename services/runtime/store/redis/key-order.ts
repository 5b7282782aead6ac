/**
 * Keys of a prefix in the order of their bytes, merged from shards that each give theirs page by page.
 *
 * A page from every shard, then everything up to the smallest last key of those that have more is in order for certain;
 * the rest waits for the next round. Shards hold about as many keys each, so a round yields most of what it read.
 */

/** Gives up to `limit` keys of a shard behind `after` (exclusive), in the wanted direction. */
export type PageOf = (shard: number, after: string | undefined, limit: number) => Promise<string[]>;

interface Known {
  key: string;
  bytes: Buffer;
  shard: Shard;
}

interface Shard {
  number: number;
  last: string | undefined;
  exhausted: boolean;
  /** Keys it gave that are not in order for certain yet. */
  waiting: number;
}

/** The least a page holds, so that few keys do not take many rounds. */
const SMALLEST_PAGE = 16;

/** @param limit how many keys a consumer wants in all; pages are sized by it */
export async function* keysInOrder(
  pageOf: PageOf,
  { shards, limit, reverse }: { shards: number; limit: number; reverse: boolean },
): AsyncGenerator<string[]> {
  const sign = reverse ? -1 : 1;
  const inOrder = (a: Known, b: Known): number => sign * Buffer.compare(a.bytes, b.bytes);
  const all = Array.from({ length: shards }, (_, number): Shard => ({
    number,
    last: undefined,
    exhausted: false,
    waiting: 0,
  }));
  const page = Math.min(limit, Math.max(SMALLEST_PAGE, Math.ceil((limit / shards) * 1.5)));
  let waiting: Known[] = [];
  for (;;) {
    await Promise.all(
      all
        .filter((shard) => !shard.exhausted && shard.waiting <= page / 4)
        .map(async (shard) => {
          const keys = await pageOf(shard.number, shard.last, page);
          shard.last = keys.at(-1) ?? shard.last;
          shard.exhausted = keys.length < page;
          shard.waiting += keys.length;
          for (const key of keys) waiting.push({ key, bytes: Buffer.from(key), shard });
        }),
    );
    waiting.sort(inOrder);
    const [edge] = all
      .filter(({ exhausted }) => !exhausted)
      .map((shard): Known => ({ key: shard.last ?? '', bytes: Buffer.from(shard.last ?? ''), shard }))
      .sort(inOrder);
    const beyond = edge === undefined ? -1 : waiting.findIndex((each) => inOrder(each, edge) > 0);
    const sure = beyond < 0 ? waiting : waiting.slice(0, beyond);
    waiting = beyond < 0 ? [] : waiting.slice(beyond);
    for (const { shard } of sure) shard.waiting--;
    yield sure.map(({ key }) => key);
    if (edge === undefined) return;
  }
}
