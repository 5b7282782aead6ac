/**
 * Response's own states besides the nouns it stores. Plain JSON, replaced as a whole and never changed in place: a
 * preview may look at them while a step runs on.
 */
import type { ConditionContext } from './playbook/types.js';

export interface TenantState {
  schemaVersion: 1;
  paused?: { by: string; reason: string; atMs: number };
}

/** What is on an entity now, and what must not come back at once. */
export interface TargetState {
  live: readonly string[];
  /** By playbook id: after a lift, until when it may not contract this target again. */
  suppressed: Readonly<Record<string, number>>;
  /** By playbook id: until when it rests after its last contraction here ended. */
  cooldown: Readonly<Record<string, number>>;
  /** By playbook id: how often it contracted this target, and when last; comes down with time. */
  ladder?: Readonly<Record<string, LadderStep>>;
}
export interface LadderStep {
  level: number;
  atMs: number;
  /** One step comes down for every one of these. */
  decayMs: number;
}
export const NO_TARGET: TargetState = { live: [], suppressed: {}, cooldown: {} };

/** A conversation, as response needs to know it. */
export interface SessionState {
  incidentId?: string;
  /** Contractions that came from it and are live. */
  live: readonly string[];
  /** Contractions that its end ended: the taint is still in it, so they return with it. */
  slept: readonly string[];
  ended?: boolean;
  /** Nothing came for long; nobody said that it is over. */
  idle?: boolean;
  /** Newest finding ids, against repeats. */
  seen: readonly string[];
  /** Counted in a digest already. */
  heldBack?: boolean;
}
export const NO_SESSION: SessionState = { live: [], slept: [], seen: [] };

export interface TraceState {
  incidentId: string;
}

/** Incidents an agent was reached by through another one (`edges`), or has a part in. */
export interface AgentState {
  incidents: readonly { id: string; edge: boolean }[];
}

export interface AlertState {
  live: readonly string[];
  /** The time of the update that resolved it: what is told of an earlier time is late, what is told of a later one opens it again. */
  resolvedAtMs?: number;
}
export const NO_ALERT: AlertState = { live: [] };
/** How long a resolved alert is remembered; later it may be told as if it were new. */
export const ALERT_KEPT_MS = 7 * 86_400_000;

export interface PlaybookState {
  /**
   * Enforced contractions that are live, and the agent and target each is about: reserved before any effect. Kept only
   * where the playbook has limits, so that its size is theirs. Earlier versions kept the agent alone.
   */
  live?: Readonly<Record<string, string | Reservation>>;
  /** When contractions were enforced, within the time of the playbook's limit. */
  madeAtMs?: readonly number[];
  /** When incidents were opened, within the last hour. */
  openedAtMs: readonly number[];
  /** What the cap held back since. */
  heldBack?: { count: number; sinceMs: number };
}
export interface Reservation {
  agent: string;
  target: string;
}
export const NO_PLAYBOOK: PlaybookState = { openedAtMs: [] };

/** What the findings behind a live contraction looked like to its playbook's condition, newest last. */
export interface GroundsState {
  grounds: readonly ConditionContext[];
  /** How many older ones are not kept. */
  dropped: number;
}
export const NO_GROUNDS: GroundsState = { grounds: [], dropped: 0 };
export const MAX_GROUNDS = 20;

/** A sketch of how many agents there are: the smallest hashes seen (k minimum values), ascending. */
export interface FleetState {
  smallest: readonly number[];
}
