/**
 * What an agent's baselines may take: 4 KB, whatever the agent does. Each of their tables has a bound of its own, and few
 * agents fill many of them; one that fills all (or tries to) has its largest tables made smaller, the rarest and oldest
 * entries first, until there is room again.
 *
 * Measured at every so many of an agent's own events: never by the clock or when a state happens to be written, so that a
 * replay gives the same baselines.
 */
import type { AgentState } from './agent-state.js';
import type { Detector } from './types.js';

/** Bytes of JSON of all baselines of one agent. */
export const BASELINE_BYTES = 4096;
/** Made smaller from here on: the events up to the next look may add the rest. */
const FULL_BYTES = 3840;
/** Until so much is left. */
const KEPT_BYTES = 3072;
/** Events between two looks. */
export const LOOK_EVERY = 32;
/** A table that gives nothing more back. */
const MOST_ROUNDS = 24;

const bytesOf = (name: string, baseline: unknown): number =>
  Buffer.byteLength(JSON.stringify(baseline)) + name.length + 4;

const isBaseline = ({ baseline, shrink }: Detector): boolean => baseline || shrink !== undefined;

/** Bytes of JSON of the agent's baselines: what is kept for other ends (descriptions of tools, tainted memories) is no baseline. */
export function baselineBytes(agent: Readonly<AgentState>, detectors: readonly Detector[]): number {
  let bytes = 0;
  for (const detector of detectors)
    if (isBaseline(detector) && agent.x[detector.name] !== undefined)
      bytes += bytesOf(detector.name, agent.x[detector.name]);
  return bytes;
}

/** Looks at an agent's baselines, if it is time, and makes them smaller where they are too large. Called once an event. */
export function keepWithinBudget(agent: AgentState, detectors: readonly Detector[]): void {
  if (agent.e % LOOK_EVERY !== 0) return;
  let bytes = baselineBytes(agent, detectors);
  if (bytes <= FULL_BYTES) return;
  const shrinking = detectors.filter(({ name, shrink }) => shrink !== undefined && agent.x[name] !== undefined);
  const sizes = new Map(shrinking.map((detector) => [detector, bytesOf(detector.name, agent.x[detector.name])]));
  for (let round = 0; round < MOST_ROUNDS && bytes > KEPT_BYTES && sizes.size > 0; round++) {
    const [largest, before] = [...sizes].reduce((most, one) => (one[1] > most[1] ? one : most));
    largest.shrink?.(agent.x);
    const after = bytesOf(largest.name, agent.x[largest.name]);
    bytes -= before - after;
    if (after < before) sizes.set(largest, after);
    else sizes.delete(largest);
  }
}
