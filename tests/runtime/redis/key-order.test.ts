/** The merge of shards, against sorting all keys at once. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keysInOrder, type PageOf } from '../../../services/runtime/store/redis/key-order.js';

const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

describe('keys in order', () => {
  it('are those of all shards, each once, by their bytes, in both directions', async () => {
    const key = fc.string({ unit: 'grapheme', minLength: 0, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(key, { maxLength: 200 }),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 60 }),
        fc.boolean(),
        async (keys, shards, limit, reverse) => {
          const sign = reverse ? -1 : 1;
          const all = [...keys].sort((a, b) => sign * byBytes(a, b));
          // Uneven on purpose: a shard may hold nothing, or everything.
          const shardOf = (each: string): number => (each.length * 7 + (each.codePointAt(0) ?? 0)) % shards;
          const pageOf: PageOf = async (shard, after, count) =>
            all
              .filter((each) => shardOf(each) === shard && (after === undefined || sign * byBytes(each, after) > 0))
              .slice(0, count);
          const got: string[] = [];
          for await (const some of keysInOrder(pageOf, { shards, limit, reverse })) got.push(...some);
          expect(got).toEqual(all);
        },
      ),
      { numRuns: 150 },
    );
  });
});
