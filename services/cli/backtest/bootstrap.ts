/**
 * Percentile bootstrap over clusters (Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, ch. 13): runs that
 * share a task and a goal are not independent, so whole clusters are drawn, not runs.
 */
export interface Proportion {
  hits: number;
  of: number;
  /** `null`: there is nothing to count. */
  share: number | null;
  /** 95% interval. */
  low: number | null;
  high: number | null;
}

export interface Counted {
  cluster: string;
  hit: boolean;
}

const DRAWS = 2_000;

export function proportion(items: readonly Counted[], random: () => number): Proportion {
  const clusters = new Map<string, { hits: number; of: number }>();
  for (const { cluster, hit } of items) {
    const sums = clusters.get(cluster) ?? { hits: 0, of: 0 };
    sums.of += 1;
    if (hit) sums.hits += 1;
    clusters.set(cluster, sums);
  }
  const hits = items.filter(({ hit }) => hit).length;
  const of = items.length;
  if (of === 0) return { hits, of, share: null, low: null, high: null };
  const all = [...clusters.values()];
  const shares = Array.from({ length: DRAWS }, () => {
    let drawnHits = 0;
    let drawnOf = 0;
    for (let draw = 0; draw < all.length; draw += 1) {
      const sums = all[Math.floor(random() * all.length)];
      drawnHits += sums?.hits ?? 0;
      drawnOf += sums?.of ?? 0;
    }
    return drawnHits / drawnOf;
  }).sort((a, b) => a - b);
  return {
    hits,
    of,
    share: hits / of,
    low: shares[Math.floor(DRAWS * 0.025)] ?? null,
    high: shares[Math.ceil(DRAWS * 0.975) - 1] ?? null,
  };
}

/** A seeded generator (mulberry32), so that the same runs give the same interval. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
