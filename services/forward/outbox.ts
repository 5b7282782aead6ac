/**
 * The outbox: what each sink still has to get, one entry per sink and noun, kept in the store. Pure.
 *
 * A later version of an incident or contraction replaces the one that waits, therefore the backlog is bounded by their
 * number and each one's versions arrive in order. Findings and decisions have one version and an entry only while they
 * wait. Beyond `maxEntries` or `maxAgeMs` the oldest are given up: counted and said in the log; incidents are kept as
 * dead letters that can be sent again.
 */
import type { Severity } from '../../schemas/common.js';
import { keyPart } from '../../schemas/entity.js';
import type { Incident } from '../../schemas/incident.js';
import { type Backoff, backoffMs } from './backoff.js';
import { type ForwardRecord, newsOf, toldOnce, versionOf, severityRank } from './record.js';
import type { Before } from './sink.js';

export const OUTBOX_PREFIX = 'forward/outbox/';

export interface OutboxEntry {
  schemaVersion: 2;
  sink: string;
  tenant: string;
  subjectId: string;
  /** The newest version that waits; absent once it was sent. */
  record?: ForwardRecord;
  /** The highest version the sink has taken; it is never sent again. */
  sentVersion: number;
  sentAtMs?: number;
  /** Of the incident version that was taken last: a rise beyond it is news. */
  sentSeverity?: Severity;
  /** Under which an incident was sent, whether that was confirmed or not, in order: see {@link attempting}. */
  severities?: Severity[];
  /** What the version that was taken last said, where not every version is news: see {@link newsOf}. */
  sentDigest?: string;
  /** When the oldest unsent version came in. */
  waitingSinceMs: number;
  attempts: number;
  nextAtMs: number;
  lastError?: string;
}

/** As entries were before anything but incidents was forwarded. */
interface FirstEntry extends Omit<OutboxEntry, 'schemaVersion' | 'subjectId' | 'record'> {
  schemaVersion: 1;
  incidentId: string;
  incident?: Incident;
}

/** An entry as it is kept today, also where an older program wrote it. */
export function currentEntry(stored: OutboxEntry | FirstEntry): OutboxEntry {
  if (stored.schemaVersion === 2) return stored;
  const { incidentId, incident, schemaVersion: _, ...rest } = stored;
  return {
    ...rest,
    schemaVersion: 2,
    subjectId: incidentId,
    ...(incident === undefined ? {} : { record: { kind: 'incident', value: incident } }),
  };
}

export interface OutboxLimits extends Backoff {
  maxEntries: number;
  maxAgeMs: number;
  /** How long the mark "sent up to version n" is kept; longer than a later version may come. */
  sentKeptMs: number;
}

export function outboxKey(sink: string, { tenant, id }: { tenant: string; id: string }): string {
  return `${OUTBOX_PREFIX}${keyPart(sink)}/${keyPart(tenant)}/${keyPart(id)}`;
}

/** What the entry becomes when a version arrives; `undefined`: nothing changes (a repeat, an older version, no news). */
export function enqueue(
  entry: OutboxEntry | undefined,
  sink: string,
  record: ForwardRecord,
  nowMs: number,
  news: string | undefined = newsOf(record),
): OutboxEntry | undefined {
  const waiting = entry?.record;
  const version = versionOf(record);
  if (entry !== undefined && version <= Math.max(entry.sentVersion, waiting === undefined ? 0 : versionOf(waiting)))
    return undefined;
  // Only where nothing waits: what waits may differ from what was sent, and must not be left standing as the last word.
  if (waiting === undefined && news !== undefined && news === entry?.sentDigest) return undefined;
  return {
    schemaVersion: 2,
    sink,
    tenant: record.value.tenant,
    subjectId: record.value.id,
    record,
    sentVersion: entry?.sentVersion ?? 0,
    ...(entry?.sentAtMs === undefined ? {} : { sentAtMs: entry.sentAtMs }),
    ...(entry?.sentSeverity === undefined ? {} : { sentSeverity: entry.sentSeverity }),
    ...(entry?.sentDigest === undefined ? {} : { sentDigest: entry.sentDigest }),
    ...(entry?.severities === undefined ? {} : { severities: entry.severities }),
    waitingSinceMs: waiting === undefined ? nowMs : (entry?.waitingSinceMs ?? nowMs),
    attempts: waiting === undefined ? 0 : (entry?.attempts ?? 0),
    nextAtMs: waiting === undefined ? nowMs : (entry?.nextAtMs ?? nowMs),
    ...(waiting !== undefined && entry?.lastError !== undefined ? { lastError: entry.lastError } : {}),
  };
}

/**
 * What has to be durable before this is sent; `undefined`: nothing. The other side may take a version whose answer is lost,
 * and a later one may go in its place after a crash: what it was told of an incident's severity must not be forgotten,
 * because it decides which rule there has the incident.
 */
export function attempting(entry: OutboxEntry): OutboxEntry | undefined {
  const { record, severities = [] } = entry;
  if (record?.kind !== 'incident' || severities.includes(record.value.severity)) return undefined;
  return { ...entry, severities: [...severities, record.value.severity] };
}

/** What the sink has been sent of it before; `undefined`: nothing. */
export function beforeOf(entry: OutboxEntry): Before | undefined {
  if (entry.sentVersion === 0 && entry.severities === undefined) return undefined;
  return {
    version: entry.sentVersion,
    severities: entry.severities ?? [],
    ...(entry.sentSeverity === undefined ? {} : { severity: entry.sentSeverity }),
  };
}

/** The sink has taken this. `undefined`: there is nothing to remember. */
export function sent(
  entry: OutboxEntry,
  taken: ForwardRecord,
  nowMs: number,
  news: string | undefined = newsOf(taken),
): OutboxEntry | undefined {
  const marked = settled(entry, taken, nowMs);
  if (marked === undefined) return undefined;
  return {
    ...marked,
    ...(taken.kind === 'incident' ? { sentSeverity: graver(taken.value.severity, entry.sentSeverity) } : {}),
    ...(news === undefined ? {} : { sentDigest: news }),
  };
}

const graver = (a: Severity, b: Severity | undefined): Severity =>
  b !== undefined && severityRank(b) > severityRank(a) ? b : a;

/** Refused for good, or given up: this version is not sent again. `undefined`: there is nothing to remember. */
export function dropped(entry: OutboxEntry, refused: ForwardRecord, nowMs: number): OutboxEntry | undefined {
  return settled(entry, refused, nowMs);
}

function settled(entry: OutboxEntry, done: ForwardRecord, nowMs: number): OutboxEntry | undefined {
  if (toldOnce(done.kind)) return undefined;
  const { record, lastError: _, ...rest } = entry;
  const version = versionOf(done);
  const newer = record !== undefined && versionOf(record) > version;
  return {
    ...rest,
    ...(newer ? { record, waitingSinceMs: nowMs, nextAtMs: nowMs } : {}),
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
  limits: Backoff,
  nowMs: number,
  random: number,
): OutboxEntry {
  const wait = afterMs ?? backoffMs(limits, entry.attempts, random);
  return { ...entry, attempts: entry.attempts + 1, nextAtMs: nowMs + wait, lastError: reason.slice(0, 500) };
}
