/**
 * A streaming detector for one numeric series at equal steps (counts or volume a bucket): how far off is this value, by
 * what is usual at this time of day and by where the series just was? State of fixed size, one look a value.
 *
 * Two deviations, each in its own standard deviations (exponentially weighted, Welford):
 * - season: the smoothed residual against the mean of its part of the day, once that part was seen on two days;
 * - step: the value against where the series just was. It counts half: work is jumpy.
 *
 * Values far off are learned as if they were less far (winsorised at {@link CLIP} standard deviations), so that one attack
 * does not make the next one ordinary. A deviation is worth something only where it goes beyond what was seen before:
 * beyond a slowly forgotten peak, so that an episode is told once, and beyond what other days had about this time, so that
 * a nightly job is not told of every night.
 */

/** Count, mean and variance; exponentially weighted once the count is large. */
type Spread = [n: number, mean: number, variance: number];
type Deviations = [season: number, step: number];

export interface SeriesState {
  /** Values seen, the smoothed residual, where the series just was. */
  n: number;
  r: number;
  j: number;
  /** About the smallest and largest value lately. */
  lo: number;
  hi: number;
  level: Spread;
  season: Spread;
  step: Spread;
  /** Mean and count of each part of the day, one pair behind the other: flat, since there is one of these an agent. */
  day: number[];
  /** Slowly forgotten peaks of the deviations. */
  peak: Deviations;
  /**
   * What other days had at most in each part of the day, in halves of deviations, a character each from `0` on: there is one
   * of these an agent. Absent in states of before it was kept, and until there is one.
   */
  tops?: string;
  /** The running part of the day and its largest deviation so far. */
  part?: number;
  top?: number;
}

export interface SeriesShape {
  /** Parts of a day that are told apart. */
  parts: number;
  /** Values a day. */
  perDay: number;
}

export interface Deviation {
  /** How far beyond anything expected, in standard deviations of the season; above 0. */
  score: number;
  /** Above (1) or below (−1) what was expected. */
  side: 1 | -1;
  /** What was expected. */
  expected: number;
}

/*
 * Chosen by search on the labelled series that docs/evaluation.md measures with, all of them, so that the mean score of
 * these values and of four disturbances of all of them by some 3% is best: no value stands for a property of agents, and
 * none may be decisive. In values (buckets), standard deviations, and shares.
 */
const RESIDUAL_OVER = 7.28;
const JUST_WAS_OVER = 5.45;
const HALF_LIFE = 687;
const PEAK_HALF_LIFE = 290;
const RANGE_HALF_LIFE = 147;
const STEP_WEIGHT = 0.462;
const CLIP = 8.77;
const SEASON_CLIP = 17.5;
const STEP_CLIP = 41;
const PEAK_CAP = 166;
const BEYOND_PEAK = 1.03;
/** What other days had about a time: how far beyond, how much the parts before and after count, half-life in days. */
const BEYOND_DAYS = 1.35;
const NEXT_PART = 0.8;
const DAY_HALF_LIFE = 6.52;
const TOP_CAP = 49;
const ZERO = '0'.charCodeAt(0);
const STEPS = 2;
/** Of the range of values: less than this is no deviation, however steady the series (σ = 0). */
const FLOOR = 0.0111;
/** Values of a part of the day that count. */
const PART_MEMORY = 19;
const WARM_UP = 60;
const MIN_SPREAD = 40;
const DAY_MS = 86_400_000;

const SMOOTHING = 2 / (RESIDUAL_OVER + 1);
const STEPPING = 2 / (JUST_WAS_OVER + 1);
const LEARNING = 1 - 0.5 ** (1 / HALF_LIFE);
const NARROWING = 1 - 0.5 ** (1 / RANGE_HALF_LIFE);
const FORGETTING = 0.5 ** (1 / PEAK_HALF_LIFE);
const DAY_FADING = 0.5 ** (1 / DAY_HALF_LIFE);

export const newSeries = ({ parts }: SeriesShape): SeriesState => ({
  n: 0,
  r: 0,
  j: 0,
  lo: 0,
  hi: 0,
  level: [0, 0, 0],
  season: [0, 0, 0],
  step: [0, 0, 0],
  day: Array<number>(2 * parts).fill(0),
  peak: [0, 0],
  part: -1,
  top: 0,
});

const partOf = (timeMs: number, { parts }: SeriesShape): number =>
  Math.floor((((timeMs % DAY_MS) + DAY_MS) % DAY_MS) / (DAY_MS / parts));

/** What other days had at most in a part of the day, which may run past either midnight. */
const topOf = ({ tops = '' }: Readonly<SeriesState>, part: number): number =>
  tops === '' ? 0 : (tops.charCodeAt((part + tops.length) % tops.length) - ZERO) / STEPS;

/** What is beyond what other days had about this time; jobs start a little sooner or later. */
const beyondOtherDays = (state: Readonly<SeriesState>, part: number): number =>
  BEYOND_DAYS * Math.max(topOf(state, part), NEXT_PART * topOf(state, part - 1), NEXT_PART * topOf(state, part + 1));

const floorOf = ({ lo, hi }: Readonly<SeriesState>): number => FLOOR * (hi - lo) + 1e-12;

// Read by their places: taking a tuple apart walks it, and this is done some twenty times an event.
const zOf = (spread: Readonly<Spread>, x: number, floor: number): number =>
  spread[0] < MIN_SPREAD ? 0 : (x - spread[1]) / (Math.sqrt(spread[2]) + floor);

/** The smoothed residual of a value; `undefined`: its part of the day is not known yet. */
function residualOf(state: Readonly<SeriesState>, timeMs: number, x: number, shape: SeriesShape): number | undefined {
  const part = 2 * partOf(timeMs, shape);
  const usual = state.day[part] as number;
  const seen = state.day[part + 1] as number;
  // Seen on more than one day.
  return seen < (1.5 * shape.perDay) / shape.parts ? undefined : state.r + SMOOTHING * (x - usual - state.r);
}

function deviations(state: Readonly<SeriesState>, residual: number | undefined, x: number): Deviations {
  const floor = floorOf(state);
  return [
    residual === undefined ? 0 : zOf(state.season, residual, floor),
    STEP_WEIGHT * (state.n === 0 ? 0 : zOf(state.step, x - state.j, floor)),
  ];
}

/** How far off a value is; `undefined`: nothing to tell. Changes nothing. */
export function deviationOf(
  state: Readonly<SeriesState>,
  timeMs: number,
  x: number,
  shape: SeriesShape,
): Deviation | undefined {
  if (state.n <= WARM_UP) return undefined;
  const all = deviations(state, residualOf(state, timeMs, x, shape), x);
  const season = Math.abs(all[0]) > BEYOND_PEAK * state.peak[0] ? all[0] : 0;
  const step = Math.abs(all[1]) > BEYOND_PEAK * state.peak[1] ? all[1] : 0;
  const seasonal = Math.abs(season) >= Math.abs(step);
  const most = seasonal ? season : step;
  const part = partOf(timeMs, shape);
  if (most === 0 || Math.abs(most) <= beyondOtherDays(state, part)) return undefined;
  return {
    score: Math.abs(most),
    side: most > 0 ? 1 : -1,
    expected: seasonal ? (state.day[2 * part] as number) : state.j,
  };
}

/** The value becomes part of the series. */
export function addToSeries(state: SeriesState, timeMs: number, x: number, shape: SeriesShape): void {
  const floor = floorOf(state);
  const residual = residualOf(state, timeMs, x, shape);
  const off = deviations(state, residual, x);
  for (let at = 0; at < off.length; at++) {
    const faded = (state.peak[at] as number) * FORGETTING;
    state.peak[at] = state.n <= WARM_UP ? 0 : Math.max(faded, Math.min(Math.abs(off[at] as number), PEAK_CAP));
  }
  const part = partOf(timeMs, shape);
  keepTop(state, part, state.n <= WARM_UP ? 0 : Math.max(Math.abs(off[0]), Math.abs(off[1])), shape);
  if (residual !== undefined) {
    learn(state.season, residual, floor, SEASON_CLIP);
    state.r = residual;
  }
  if (state.n > 0) learn(state.step, x - state.j, floor, STEP_CLIP);
  state.j = state.n === 0 ? x : state.j + STEPPING * (x - state.j);
  const usual = state.day[2 * part] as number;
  const seen = Math.min((state.day[2 * part + 1] as number) + 1, PART_MEMORY);
  state.day[2 * part] = usual + (x - usual) / seen;
  state.day[2 * part + 1] = seen;
  // The range is winsorised and forgets too: one huge value must not blunt the measure for ever.
  const held = clipped(state.level, x, floor, CLIP);
  const mean = state.level[1];
  state.lo = state.n === 0 ? x : Math.min(state.lo + NARROWING * (mean - state.lo), held);
  state.hi = state.n === 0 ? x : Math.max(state.hi + NARROWING * (mean - state.hi), held);
  learn(state.level, x, floor, CLIP);
  state.n += 1;
}

/** A part of the day that is over joins what other days had then. */
function keepTop(state: SeriesState, part: number, off: number, { parts }: SeriesShape): void {
  const running = state.part ?? -1;
  if (part !== running) {
    const most = running < 0 ? 0 : Math.round(STEPS * Math.max(topOf(state, running) * DAY_FADING, state.top ?? 0));
    if (running >= 0 && (most > 0 || state.tops !== undefined)) {
      const tops = state.tops ?? '0'.repeat(parts);
      state.tops = tops.slice(0, running) + String.fromCharCode(ZERO + most) + tops.slice(running + 1);
    }
    state.part = part;
    state.top = 0;
  }
  state.top = Math.max(state.top ?? 0, Math.min(off, TOP_CAP));
}

function learn(spread: Spread, x: number, floor: number, clip: number): void {
  const off = clipped(spread, x, floor, clip) - spread[1];
  const rate = Math.max(LEARNING, 1 / (spread[0] + 1));
  spread[0] += 1;
  spread[1] += rate * off;
  spread[2] = (1 - rate) * (spread[2] + rate * off * off);
}

function clipped(spread: Readonly<Spread>, x: number, floor: number, clip: number): number {
  const mean = spread[1];
  const most = spread[0] < MIN_SPREAD ? Number.POSITIVE_INFINITY : clip * (Math.sqrt(spread[2]) + floor);
  return mean + Math.max(-most, Math.min(most, x - mean));
}
