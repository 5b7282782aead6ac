import { describe, expect, it } from 'vitest';
import { StateCache } from '../../services/runtime/state-cache.js';
import type { Document, Store } from '../../services/runtime/store/types.js';

/** Documents whose reading ends when the test says so. */
function slowStore(documents: Map<string, Document>): { store: Pick<Store, 'get'>; answer: () => void } {
  const waiting: (() => void)[] = [];
  return {
    answer: () => waiting.splice(0).forEach((go) => go()),
    store: {
      get: async <T>(keys: readonly string[]) => {
        const read = keys.map((key) => documents.get(key) as Document<T> | undefined);
        await new Promise<void>((resolve) => waiting.push(resolve));
        return read;
      },
    },
  };
}
const turn = async () => new Promise((resolve) => setImmediate(resolve));

describe('the state cache', () => {
  it('does not take for news what was read before a commit', async () => {
    const documents = new Map<string, Document>([['a', { key: 'a', value: 'old', version: 1 }]]);
    const { store, answer } = slowStore(documents);
    const cache = new StateCache(store, 1);
    const warmed = cache.warm(['a']);
    // Meanwhile a batch writes the same key without having read it, so that it is not kept.
    cache.set('a', 'new', 0);
    documents.set('a', { key: 'a', value: 'new', version: 2 });
    cache.committed(cache.writes(undefined));
    for (let asked = 0; asked < 2; asked++) {
      answer();
      await turn();
    }
    await warmed;
    expect(cache.peek('a')).toBe('new');
  });

  it('keeps what a batch touches, however little room there is', async () => {
    const { store, answer } = slowStore(new Map(['a', 'b', 'c'].map((key) => [key, { key, value: key, version: 1 }])));
    const cache = new StateCache(store, 1);
    const loaded = cache.load(['a', 'b', 'c']);
    answer();
    await loaded;
    expect(['a', 'b', 'c'].map((key) => cache.peek(key))).toEqual(['a', 'b', 'c']);
    cache.committed([]);
    expect(['a', 'b', 'c'].filter((key) => cache.peek(key) !== undefined)).toHaveLength(1);
  });
});
