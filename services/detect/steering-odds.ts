/**
 * From evidence to the odds that data sent a call where it goes: log-odds, one weight a witness.
 *
 * Where the numbers come from: set by hand first, so that with a full habit nothing is left to state; then logistic
 * regression (ridge towards those, signs fixed) on recorded runs of four suites with the wrapper replaced and removed, and
 * unread, and on fifty goals of our own planted in their clean runs, each suite left out in turn; then rounded. What the fit
 * made of habit, delegation and of reading as such was put back: the recordings hold one goal a suite, whose place comes up
 * again and again, and nearly nobody who follows links or hands decisions over. docs/evaluation.md says what leaving out did.
 */
import type { Steering } from './steering.js';

/** What the agent's habit says of a place. */
export interface PlaceHabit {
  /** log P(such a place | steered) / P(such a place | its own work), the first taken as {@link STEERED_SHARE}. */
  unusual: number;
  /** Conversations in which it was at this place before, at most {@link KNOWN}: then the place is one of its own. */
  met: number;
}

/** P(data names the place | steered). */
export const STEERED_SHARE = 0.8;

/** Conversations, none with suspicious content, after which a place that data names is one of the agent's own. */
export const KNOWN = 3;

/** What a reader found from here on speaks for itself. */
const SUSPICIOUS = 0.5;

export const STEERING_WEIGHTS = {
  bias: -0.6,
  reading: -0.5,
  unusual: 1,
  newPlace: 0.3,
  knownPlace: -0.8,
  met: -0.5,
  ordered: 0.1,
  /** Data send the reader to a page, and it goes. */
  orderedPage: 1.6,
  unordered: -0.6,
  asked: -3.4,
  askedByName: -1.4,
  spoken: -0.9,
  delegated: -4,
  guided: -0.8,
  leftOpen: -4.5,
  alike: -4,
  pointed: -0.3,
  modelRead: -3,
  modelClean: -2,
} as const;

export type SteeringWitness = keyof typeof STEERING_WEIGHTS;

/** Each witness's part of the evidence, before its weight. */
export function steeringWitnesses(steering: Steering, { unusual, met }: PlaceHabit): Record<SteeringWitness, number> {
  const { source, reading, ordered } = steering;
  const known = met >= KNOWN;
  const suspicious = Math.max(source.m ?? 0, source.p ?? 0) >= SUSPICIOUS;
  const on = (holds: boolean): number => (holds ? 1 : 0);
  return {
    bias: 1,
    reading: on(reading),
    unusual,
    newPlace: on(!known && !reading),
    knownPlace: on(known),
    met: known ? 0 : met,
    ordered: on(ordered),
    orderedPage: on(ordered && reading),
    unordered: on(steering.unordered),
    asked: on(steering.asked),
    askedByName: on(steering.askedByName),
    spoken: on(steering.spoken),
    delegated: on(steering.delegated),
    guided: on(steering.guided),
    leftOpen: on(steering.leftOpen),
    alike: on(steering.alike),
    pointed: on(source.u !== undefined),
    // A link in a text that a model has read is the business of taint-sink, which knows what the text asks for.
    modelRead: on(reading && source.m !== undefined),
    modelClean: on(!reading && source.m !== undefined && !suspicious),
  };
}

export function steeringLogOdds(steering: Steering, habit: PlaceHabit): number {
  // Whoever reads at one of its own places is not steered by a link to it.
  if (steering.reading && !steering.ordered && habit.met >= KNOWN) return Number.NEGATIVE_INFINITY;
  const witnesses = steeringWitnesses(steering, habit);
  let sum = 0;
  for (const name of Object.keys(STEERING_WEIGHTS) as SteeringWitness[])
    sum += STEERING_WEIGHTS[name] * witnesses[name];
  return sum;
}
