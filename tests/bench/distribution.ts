/** Order statistics of timings. */
export interface Distribution {
  count: number;
  p50: number;
  p90: number;
  p99: number;
  max: number;
}

export function distribution(values: readonly number[]): Distribution {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
  return { count: sorted.length, p50: at(0.5), p90: at(0.9), p99: at(0.99), max: sorted.at(-1) ?? NaN };
}

export const inMs = ({ count, p50, p90, p99, max }: Distribution): string =>
  `p50 ${p50.toFixed(4)}  p90 ${p90.toFixed(4)}  p99 ${p99.toFixed(4)}  max ${max.toFixed(4)} ms  (${count} samples)`;
