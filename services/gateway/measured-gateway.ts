/** What the gateway counts and measures of itself. Without a registry it counts nothing. */
import type { ContractionRecord } from '../../schemas/signal.js';
import { headOf, type LeaseHead } from '../policy/lease-text.js';
import { type Metrics, secondsSince } from '../runtime/metrics.js';
import type { Outcome } from './decision-point.js';
import { LedgerCensus } from './ledger-census.js';

export interface GatewayState {
  staleMs: number;
  paused: boolean;
  /** Contractions kept beyond their lease with nobody renewing them. */
  held: number;
  outbox: { waiting: number; oldestAgeMs: number; lost: number };
}

export interface MeasuredGateway {
  /** A barrier's wait ended. */
  waited(this: void, reached: boolean, seconds: number): void;
  /** A contraction was live at the start, or has changed since. */
  restored(this: void, head: LeaseHead): void;
  /** A record of the contractions topic was taken in. */
  told(this: void, record: ContractionRecord, nowMs: number): void;
  answered(this: void, answer: () => Promise<Outcome>): Promise<Outcome>;
  replied(this: void, answer: { method: string; route: string; status: number; seconds: number }): void;
  /** Called when the metrics are read. */
  state(this: void, state: GatewayState): void;
}

const DECISION_POINT = 'decision-point';

/** @param startedAtMs contractions made before it are not new when they are read */
export function measuredGateway(metrics: Metrics | undefined, startedAtMs: number): MeasuredGateway {
  const census = new LedgerCensus();
  return {
    waited: (reached, seconds) =>
      metrics?.observe('enforcedSeconds', { result: reached ? 'enforced' : 'late' }, seconds),
    restored: (head) => {
      if (metrics !== undefined) census.take(head);
    },
    told: (record, nowMs) => {
      if (metrics === undefined || record.kind !== 'contraction') return;
      const { contraction } = record;
      census.take(headOf(contraction));
      if (contraction.version === 1 && contraction.createdAtMs >= startedAtMs)
        metrics.observe('visibleSeconds', {}, Math.max(0, nowMs - contraction.createdAtMs) / 1_000);
    },
    answered: async (answer) => {
      const begunAt = performance.now();
      const outcome = await answer();
      metrics?.observe('decisionSeconds', { verdict: outcome.decision.verdict }, secondsSince(begunAt));
      return outcome;
    },
    replied: ({ method, route, status, seconds }) =>
      metrics?.observe('requestSeconds', { method, route, status: String(status) }, seconds),
    state: ({ staleMs, paused, held, outbox }) => {
      if (metrics === undefined) return;
      metrics.set('staleSeconds', {}, staleMs / 1_000);
      metrics.set('paused', {}, paused ? 1 : 0);
      metrics.set('held', {}, held);
      metrics.set('recordsLost', {}, outbox.lost);
      metrics.set('outboxRecords', { outbox: DECISION_POINT }, outbox.waiting);
      metrics.set('outboxAgeSeconds', { outbox: DECISION_POINT }, outbox.oldestAgeMs / 1_000);
      metrics.reset('contractions');
      metrics.reset('inForce');
      metrics.reset('effects');
      const { byState, inForce, effects } = census.count();
      for (const { state, mode, count } of byState) metrics.set('contractions', { state, mode }, count);
      for (const { playbook, control, mode, count } of inForce)
        metrics.set('inForce', { playbook, control, mode }, count);
      for (const { point, state, count } of effects) metrics.set('effects', { point, state }, count);
    },
  };
}
