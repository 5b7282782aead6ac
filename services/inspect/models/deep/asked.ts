/** What of a text the deep tier is asked about. Pure. */
import type { FastAnswer } from '../fast/reader.js';
import { oddsAt } from '../place/view.js';
import { logOddsOf } from './joint.js';
import type { Stretch } from './reader.js';

/**
 * Probabilities by the fast tier. In a long text many windows are a little suspicious, and each costs time; a short one is
 * read whole in one or two windows, and the fast tier knows least of short texts of a kind it never saw.
 */
const LEAST = 0.05;
const LEAST_IN_SHORT = 0.005;
const LEAST_OF_REQUEST = 0.01;
const SHORT_UNITS = 600;

/** The stretches that are worth a look, the most suspicious first: what the fast tier does not rule out, and requests. */
export function askedOf(text: string, requests: readonly Stretch[], answer: FastAnswer): Stretch[] {
  const least = text.length <= SHORT_UNITS ? LEAST_IN_SHORT : LEAST;
  const found: (Stretch & { odds: number })[] = [];
  let open: (Stretch & { odds: number }) | undefined;
  for (const { start, end, probability } of answer.windows) {
    if (probability < least) continue;
    const odds = logOddsOf(probability);
    if (open !== undefined && start <= open.end) {
      open.end = Math.max(open.end, end);
      open.odds = Math.max(open.odds, odds);
    } else found.push((open = { start, end, odds }));
  }
  for (const { start, end } of requests) {
    const [, odds] = oddsAt(answer.windows, { start, end });
    if (odds >= logOddsOf(Math.min(least, LEAST_OF_REQUEST))) found.push({ start, end, odds });
  }
  return found.sort((a, b) => b.odds - a.odds || a.start - b.start).map(({ start, end }) => ({ start, end }));
}
