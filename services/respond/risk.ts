/**
 * Risk: how likely something grave is going on, 0 to 100. Each finding counts with its calibrated confidence times a
 * weight for its severity, halves with every half-life, and independent ones combine by noisy-OR:
 *
 *   score(t) = 100 · (1 − Π (1 − confidence · weight · 2^(−(t − t₀)/h)))
 *
 * What one detector repeats is not independent evidence: of each detector and type only the strongest counts. Adding up
 * scores instead would let many weak ones cry wolf.
 */
import type { Severity } from '../../schemas/common.js';
import type { EntityRef } from '../../schemas/entity.js';
import type { Finding } from '../../schemas/finding.js';
import type { Contribution, Risk } from '../../schemas/risk.js';

export const SEVERITY_WEIGHT: Readonly<Record<Severity, number>> = {
  informational: 0.1,
  low: 0.3,
  medium: 0.6,
  high: 1,
};
/** The strongest stay where there are more. */
export const MAX_CONTRIBUTIONS = 32;
/** A score below this is nothing; the state goes. */
export const NEGLIGIBLE = 0.1;

/** What one contribution is worth at a time, 0 to 1. */
export function strength({ confidence, severity, timeMs }: Contribution, atMs: number, halfLifeMs: number): number {
  return confidence * SEVERITY_WEIGHT[severity] * 2 ** (-Math.max(0, atMs - timeMs) / halfLifeMs);
}

const sourceOf = ({ detector, type }: Contribution): string => `${detector} ${type}`;

/**
 * What each detector and type is worth at a time. All halve alike, so that the strongest of a source stays the strongest.
 */
function strengths(contributions: readonly Contribution[], atMs: number, halfLifeMs: number): number[] {
  const strongest = new Map<string, number>();
  for (const contribution of contributions) {
    const source = sourceOf(contribution);
    const value = strength(contribution, atMs, halfLifeMs);
    if (value > (strongest.get(source) ?? -1)) strongest.set(source, value);
  }
  return [...strongest.values()];
}

/** Noisy-OR of strengths that have all faded by the same factor. */
function combined(values: readonly number[], faded: number): number {
  let nothing = 1;
  for (const value of values) nothing *= 1 - value * faded;
  return 100 * (1 - nothing);
}

/** 0 to 100, at a time at or after the newest contribution. */
export function scoreAt(contributions: readonly Contribution[], atMs: number, halfLifeMs: number): number {
  return contributions.length === 0 ? 0 : combined(strengths(contributions, atMs, halfLifeMs), 1);
}

/** The {@link MAX_CONTRIBUTIONS} that matter: of every source its strongest first, so that none is crowded out by another's repeats. */
function mostTelling(contributions: Contribution[], nowMs: number, halfLifeMs: number): Contribution[] {
  if (contributions.length <= MAX_CONTRIBUTIONS) return contributions;
  const ranked = [...contributions].sort(
    (a, b) => strength(b, nowMs, halfLifeMs) - strength(a, nowMs, halfLifeMs) || (a.findingId < b.findingId ? -1 : 1),
  );
  const sources = new Set<string>();
  const [first, others]: [Contribution[], Contribution[]] = [[], []];
  for (const contribution of ranked) {
    const source = sourceOf(contribution);
    (sources.has(source) ? others : first).push(contribution);
    sources.add(source);
  }
  return [...first, ...others].slice(0, MAX_CONTRIBUTIONS);
}

/** `risk` with the finding counted; contributions are kept by strength, equal ones by id, so that order does not matter. */
export function withFinding(risk: Risk | undefined, finding: Finding, nowMs: number, halfLifeMs: number): Risk {
  const { id: findingId, detector, type, severity, confidence } = finding;
  const contributions = [
    ...(risk?.contributions ?? []),
    { findingId, detector, type, severity, confidence, timeMs: nowMs },
  ];
  const kept = mostTelling(contributions, nowMs, halfLifeMs);
  return {
    schemaVersion: 1,
    entity: finding.entity,
    score: scoreAt(kept, nowMs, halfLifeMs),
    timeMs: nowMs,
    contributions: kept,
  };
}

/** Without the named findings: a person judged that they were none. */
export function withoutFindings(risk: Risk, findingIds: ReadonlySet<string>, nowMs: number, halfLifeMs: number): Risk {
  const contributions = risk.contributions.filter(({ findingId }) => !findingIds.has(findingId));
  return { ...risk, contributions, timeMs: nowMs, score: scoreAt(contributions, nowMs, halfLifeMs) };
}

/**
 * When the score falls below a level if nothing more comes, to the millisecond, rounded up; `fromMs` where it already is
 * below. All contributions fade by one factor, so it is that factor that is looked for, by bisection.
 */
export function fallsBelowMs(
  contributions: readonly Contribution[],
  level: number,
  fromMs: number,
  halfLifeMs: number,
): number {
  const values = strengths(contributions, fromMs, halfLifeMs);
  if (combined(values, 1) < level) return fromMs;
  if (level <= 0) return Infinity;
  let above = 1;
  let below = 0;
  for (let step = 0; step < 60; step += 1) {
    const middle = (above + below) / 2;
    if (combined(values, middle) >= level) above = middle;
    else below = middle;
  }
  let atMs = Math.floor(fromMs - halfLifeMs * Math.log2(above));
  // The factor is rounded as floating point is; the last step is taken in time.
  while (scoreAt(contributions, atMs, halfLifeMs) >= level) atMs += 1;
  return atMs;
}

/** A time at which the score surely is below {@link NEGLIGIBLE}: 1 − Π(1 − p) ≤ Σ p, and the sum fades by one factor. */
export function negligibleFromMs(contributions: readonly Contribution[], fromMs: number, halfLifeMs: number): number {
  const sum = strengths(contributions, fromMs, halfLifeMs).reduce((total, value) => total + value, 0);
  return fromMs + Math.ceil(halfLifeMs * Math.max(0, Math.log2((100 * sum) / NEGLIGIBLE))) + 1;
}

/**
 * When the score was last at or above a level, if nothing more comes: the past is read from what had come by then, so
 * that a weak finding long after does not count as an attack. `-Infinity`: never.
 */
export function lastAboveMs(contributions: readonly Contribution[], level: number, halfLifeMs: number): number {
  const times = [...new Set(contributions.map(({ timeMs }) => timeMs))].sort((a, b) => b - a);
  for (const atMs of times) {
    const until = contributions.filter(({ timeMs }) => timeMs <= atMs);
    if (scoreAt(until, atMs, halfLifeMs) >= level) return fallsBelowMs(until, level, atMs, halfLifeMs);
  }
  return -Infinity;
}

/**
 * What others say: the score without the detector that says most. One detector however sure, or however often, comes to 0;
 * a grave suspicion that a second kind of evidence supports is something else. 0 to 100, at a time at or after the newest.
 */
export function corroborationAt(contributions: readonly Contribution[], atMs: number, halfLifeMs: number): number {
  const scores = new Map<string, number>();
  for (const detector of new Set(contributions.map((contribution) => contribution.detector)))
    scores.set(
      detector,
      scoreAt(
        contributions.filter((contribution) => contribution.detector === detector),
        atMs,
        halfLifeMs,
      ),
    );
  const [loudest] = [...scores].reduce((most, each) => (each[1] > most[1] ? each : most), ['', -1] as [string, number]);
  return scoreAt(
    contributions.filter(({ detector }) => detector !== loudest),
    atMs,
    halfLifeMs,
  );
}

/** The score now of a stored risk. */
export function scoreOf(risk: Risk | undefined, nowMs: number, halfLifeMs: number): number {
  return risk === undefined ? 0 : scoreAt(risk.contributions, nowMs, halfLifeMs);
}

/** Where there was no finding yet. */
export function noRisk(entity: EntityRef, nowMs: number): Risk {
  return { schemaVersion: 1, entity, score: 0, timeMs: nowMs, contributions: [] };
}
