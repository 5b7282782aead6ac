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
export const MAX_CONTRIBUTIONS = 64;
/** A score below this is nothing; the state goes. */
export const NEGLIGIBLE = 0.1;

/** What one contribution is worth at a time, 0 to 1. */
export function strength({ confidence, severity, timeMs }: Contribution, atMs: number, halfLifeMs: number): number {
  return confidence * SEVERITY_WEIGHT[severity] * 2 ** (-Math.max(0, atMs - timeMs) / halfLifeMs);
}

/** 0 to 100, at a time at or after the newest contribution. */
export function scoreAt(contributions: readonly Contribution[], atMs: number, halfLifeMs: number): number {
  const strongest = new Map<string, number>();
  for (const contribution of contributions) {
    const source = `${contribution.detector} ${contribution.type}`;
    strongest.set(source, Math.max(strongest.get(source) ?? 0, strength(contribution, atMs, halfLifeMs)));
  }
  let nothing = 1;
  for (const value of strongest.values()) nothing *= 1 - value;
  return 100 * (1 - nothing);
}

/** `risk` with the finding counted; contributions are kept by strength, equal ones by id, so that order does not matter. */
export function withFinding(risk: Risk | undefined, finding: Finding, nowMs: number, halfLifeMs: number): Risk {
  const { id: findingId, detector, type, severity, confidence } = finding;
  const contributions = [
    ...(risk?.contributions ?? []),
    { findingId, detector, type, severity, confidence, timeMs: nowMs },
  ];
  const kept =
    contributions.length <= MAX_CONTRIBUTIONS
      ? contributions
      : [...contributions]
          .sort(
            (a, b) =>
              strength(b, nowMs, halfLifeMs) - strength(a, nowMs, halfLifeMs) || (a.findingId < b.findingId ? -1 : 1),
          )
          .slice(0, MAX_CONTRIBUTIONS);
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
 * When the score falls below a level if nothing more comes: by bisection, as it only falls. To the millisecond, rounded
 * up; `fromMs` where it already is below.
 */
export function fallsBelowMs(
  contributions: readonly Contribution[],
  level: number,
  fromMs: number,
  halfLifeMs: number,
): number {
  if (scoreAt(contributions, fromMs, halfLifeMs) < level) return fromMs;
  if (level <= 0) return Infinity;
  let low = fromMs;
  let step = halfLifeMs;
  while (scoreAt(contributions, low + step, halfLifeMs) >= level) {
    low += step;
    step *= 2;
  }
  let high = low + step;
  while (high - low > 1) {
    const middle = (low + high) / 2;
    if (scoreAt(contributions, middle, halfLifeMs) >= level) low = middle;
    else high = middle;
  }
  return Math.ceil(high);
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

/** The score now of a stored risk. */
export function scoreOf(risk: Risk | undefined, nowMs: number, halfLifeMs: number): number {
  return risk === undefined ? 0 : scoreAt(risk.contributions, nowMs, halfLifeMs);
}

/** Where there was no finding yet. */
export function noRisk(entity: EntityRef, nowMs: number): Risk {
  return { schemaVersion: 1, entity, score: 0, timeMs: nowMs, contributions: [] };
}
