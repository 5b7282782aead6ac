/**
 * The outbox: what each sink still has to get, one entry per sink and incident, kept in the store.
 *
 * A later version of an incident replaces the one that waits (the incidents topic means it so), therefore the backlog is
 * bounded by the number of incidents and each incident's versions arrive in order. Beyond `maxEntries` or `maxAgeMs` the
 * oldest are given up: said in the log, counted, and kept as a dead letter that can be retried.
 */
import { keyPart } from '../../schemas/entity.js';
import type { Incident } from '../../schemas/incident.js';
import { type Backoff, backoffMs } from './backoff.js';

export const OUTBOX_PREFIX = 'forward/outbox/';

export interface OutboxEntry {
  schemaVersion: 1;
  sink: string;
  tenant: string;
  incidentId: string;
  /** The newest version that waits; absent once it was sent. */
  incident?: Incident;
  /** The highest version the sink has taken; it is never sent again. */
  sentVersion: number;
  sentAtMs?: number;
  /** When the oldest unsent version came in. */
  waitingSinceMs: number;
  attempts: number;
  nextAtMs: number;
  lastError?: string;
}

export interface OutboxLimits extends Backoff {
  maxEntries: number;
  maxAgeMs: number;
  /** How long the mark "sent up to version n" is kept. */
  sentKeptMs: number;
}

export function outboxKey(sink: string, incident: Pick<Incident, 'tenant' | 'id'>): string {
  return `${OUTBOX_PREFIX}${keyPart(sink)}/${keyPart(incident.tenant)}/${keyPart(incident.id)}`;
}

/** What the entry becomes when a version of its incident arrives; `undefined`: nothing changes (a repeat or an older version). */
export function enqueue(
  entry: OutboxEntry | undefined,
  sink: string,
  incident: Incident,
  nowMs: number,
): OutboxEntry | undefined {
  if (entry !== undefined && incident.version <= Math.max(entry.sentVersion, entry.incident?.version ?? 0))
    return undefined;
  const waiting = entry?.incident !== undefined;
  return {
    schemaVersion: 1,
    sink,
    tenant: incident.tenant,
    incidentId: incident.id,
    incident,
    sentVersion: entry?.sentVersion ?? 0,
    ...(entry?.sentAtMs === undefined ? {} : { sentAtMs: entry.sentAtMs }),
    waitingSinceMs: waiting ? entry.waitingSinceMs : nowMs,
    attempts: waiting ? entry.attempts : 0,
    nextAtMs: waiting ? entry.nextAtMs : nowMs,
    ...(waiting && entry.lastError !== undefined ? { lastError: entry.lastError } : {}),
  };
}

/** The sink has taken `version`. */
export function sent(entry: OutboxEntry, version: number, nowMs: number): OutboxEntry {
  const { incident, lastError: _, ...rest } = entry;
  const newer = incident !== undefined && incident.version > version;
  return {
    ...rest,
    ...(newer ? { incident, waitingSinceMs: nowMs, nextAtMs: nowMs } : {}),
    sentVersion: Math.max(entry.sentVersion, version),
    sentAtMs: nowMs,
    attempts: 0,
  };
}

/** Not taken now; when to come back. `random` in [0, 1). */
export function postponed(
  entry: OutboxEntry,
  reason: string,
  afterMs: number | undefined,
  limits: OutboxLimits,
  nowMs: number,
  random: number,
): OutboxEntry {
  const wait = afterMs ?? backoffMs(limits, entry.attempts, random);
  return { ...entry, attempts: entry.attempts + 1, nextAtMs: nowMs + wait, lastError: reason.slice(0, 500) };
}

/** Refused for good, or given up: nothing waits any more, and this version is not sent again. */
export function dropped(entry: OutboxEntry, nowMs: number): OutboxEntry {
  return sent(entry, entry.incident?.version ?? entry.sentVersion, nowMs);
}

/** What the service keeps of an entry in memory: enough to choose the next one, not the incident itself. */
export interface Waiting {
  key: string;
  waitingSinceMs: number;
  nextAtMs: number;
}

/** Due entries, longest waiting first. */
export function due(waiting: Iterable<Waiting>, nowMs: number, limit: number): Waiting[] {
  return [...waiting]
    .filter((entry) => entry.nextAtMs <= nowMs)
    .sort(oldestFirst)
    .slice(0, limit);
}

/** The entries over the limits, oldest first. */
export function overflow(waiting: readonly Waiting[], limits: OutboxLimits, nowMs: number): Waiting[] {
  const ordered = [...waiting].sort(oldestFirst);
  const tooMany = Math.max(0, ordered.length - limits.maxEntries);
  return ordered.filter((entry, index) => index < tooMany || nowMs - entry.waitingSinceMs > limits.maxAgeMs);
}

function oldestFirst(a: Waiting, b: Waiting): number {
  return a.waitingSinceMs - b.waitingSinceMs || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0);
}
