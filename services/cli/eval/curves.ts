/** How well a score tells two classes apart. Pure. */

export interface Scored {
  score: number;
  positive: boolean;
}

export interface Roc {
  /** False-positive rate and true-positive rate, from (0, 0) to (1, 1); ties move both at once. */
  points: [fpr: number, tpr: number][];
  /** Area under the curve; ties count half (Mann–Whitney). `null`: a class is empty. */
  auc: number | null;
}

export function rocOf(items: readonly Scored[]): Roc {
  const positives = items.filter(({ positive }) => positive).length;
  const negatives = items.length - positives;
  const sorted = [...items].sort((a, b) => b.score - a.score);
  const points: [number, number][] = [[0, 0]];
  let [found, wrong, area] = [0, 0, 0];
  for (let at = 0; at < sorted.length;) {
    const { score } = sorted[at] as Scored;
    const [foundBefore, wrongBefore] = [found, wrong];
    for (; at < sorted.length && (sorted[at] as Scored).score === score; at++) {
      if ((sorted[at] as Scored).positive) found++;
      else wrong++;
    }
    area += (wrong - wrongBefore) * ((found + foundBefore) / 2);
    points.push([negatives === 0 ? 0 : wrong / negatives, positives === 0 ? 0 : found / positives]);
  }
  return { points, auc: positives === 0 || negatives === 0 ? null : area / (positives * negatives) };
}

/**
 * The lowest threshold that at most the share `rate` of the negatives reaches, and who reaches it. With ties at the
 * threshold the next higher score is taken, so that the rate is never exceeded. A score of 0 is never found: it says that
 * nothing was seen.
 */
export function thresholdAtRate(items: readonly Scored[], rate: number): number {
  const negatives = items
    .filter(({ positive }) => !positive)
    .map(({ score }) => score)
    .sort((a, b) => b - a);
  const allowed = Math.floor(negatives.length * rate);
  const bound = negatives[allowed];
  // Everything above the first score that is one too many.
  const above = items.map(({ score }) => score).filter((score) => score > 0 && (bound === undefined || score > bound));
  return above.length === 0 ? Number.POSITIVE_INFINITY : Math.min(...above);
}
