/** What of a text the deep tier is asked about. Pure. */
import type { FastAnswer } from '../fast/reader.js';
import { logOddsOf } from './joint.js';
import type { Stretch } from './laid-windows.js';

/**
 * Probabilities by the fast tier. In a long text many windows are a little suspicious, and each costs time; a short one is
 * read whole in one or two windows, and the fast tier knows least of short texts of a kind it never saw.
 */
const LEAST = logOddsOf(0.1);
const LEAST_IN_SHORT = logOddsOf(0.01);
/** By the fast tier or the place reader, whichever says more. */
const LEAST_OF_REQUEST = logOddsOf(0.01);
const SHORT_UNITS = 600;
/** Of a window and a request that are as suspicious the request goes first: it is shorter, and what would be obeyed. */
const BEFORE_WINDOWS = 0.5;
/** What shares more than this with a stretch that is asked about is read with it, as good as whole. */
const SHARED = 0.34;
/** From here on (0.88) everything is asked about; of what is less suspicious the first, and one more for so many units. */
const STRONG = 2;
const UNITS_OF_A_WEAK = 2_000;

/** A request by its form, and how likely the fast tier or the place reader takes it for an attacker's. */
export interface Suspect extends Stretch {
  logOdds: number;
}

/** The stretches that are worth a look, the most suspicious first. */
export function askedOf(text: string, requests: readonly Suspect[], answer: FastAnswer): Stretch[] {
  const least = text.length <= SHORT_UNITS ? LEAST_IN_SHORT : LEAST;
  const suspects: Suspect[] = requests
    .filter(({ logOdds }) => logOdds >= LEAST_OF_REQUEST)
    .map(({ start, end, logOdds }) => ({ start, end, logOdds: logOdds + BEFORE_WINDOWS }));
  for (const { start, end, probability } of answer.windows) {
    const logOdds = logOddsOf(probability);
    if (logOdds >= least) suspects.push({ start, end, logOdds });
  }
  suspects.sort((a, b) => b.logOdds - a.logOdds || a.start - b.start);
  const asked: Stretch[] = [];
  let weak = 1 + Math.floor(text.length / UNITS_OF_A_WEAK);
  for (const { start, end, logOdds } of suspects) {
    if (logOdds < STRONG && weak === 0) break;
    const isRead = (other: Stretch): boolean =>
      Math.min(end, other.end) - Math.max(start, other.start) > SHARED * (end - start);
    if (asked.some(isRead)) continue;
    asked.push({ start, end });
    if (logOdds < STRONG) weak--;
  }
  return asked;
}
