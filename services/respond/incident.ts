/** One attack as one story: pure changes to an incident. Who belongs to which is decided in incident-book.ts. */
import { graver, type Pillar, type Severity } from '../../schemas/common.js';
import type { Contraction } from '../../schemas/contraction.js';
import { type EntityRef, entityKey } from '../../schemas/entity.js';
import type { Finding } from '../../schemas/finding.js';
import type { Incident, TimelineEntry } from '../../schemas/incident.js';
import { shortHash } from '../runtime/hash.js';

export const MAX_TIMELINE = 200;
export const MAX_INCIDENT_FINDINGS = 200;
const MAX_ENTITIES = 100;
const MAX_TRACES = 50;
const MAX_CONTRACTIONS = 200;
const MAX_NOTIFIED = 50;

const union = <T>(known: readonly T[], more: readonly T[], limit: number): T[] =>
  [...new Set([...known, ...more])].slice(0, limit);

function unionEntities(known: readonly EntityRef[], more: readonly EntityRef[]): EntityRef[] {
  const byKey = new Map(known.map((entity) => [entityKey(entity), entity]));
  for (const entity of more)
    if (byKey.size < MAX_ENTITIES && !byKey.has(entityKey(entity))) byKey.set(entityKey(entity), entity);
  return [...byKey.values()];
}

/** The first entries tell how it began, so the newest are left out once it is full, but for what ends it. */
export function told(incident: Incident, entry: TimelineEntry): Incident {
  if (incident.timeline.length < MAX_TIMELINE) return { ...incident, timeline: [...incident.timeline, entry] };
  if (entry.kind !== 'verdict' && entry.kind !== 'page' && entry.kind !== 'revert')
    return { ...incident, timelineDropped: incident.timelineDropped + 1 };
  // What matters most takes the place of the newest line that matters least.
  const at = incident.timeline.findLastIndex(({ kind }) => kind === 'attempt' || kind === 'finding' || kind === 'note');
  if (at < 0) return { ...incident, timelineDropped: incident.timelineDropped + 1 };
  return {
    ...incident,
    timelineDropped: incident.timelineDropped + 1,
    timeline: [...incident.timeline.slice(0, at), ...incident.timeline.slice(at + 1), entry],
  };
}

export interface Subject {
  tenant: string;
  entities: readonly EntityRef[];
  traceIds: readonly string[];
}

/** Session, agent, user and peers: what an incident is joined by and shown with. */
export function subjectOf(finding: Finding): Subject {
  const { tenant } = finding;
  const entities: EntityRef[] = [
    { tenant, type: 'session', id: finding.sessionId },
    { tenant, type: 'agent', id: finding.agentId },
    ...(finding.userId === undefined ? [] : [{ tenant, type: 'user' as const, id: finding.userId }]),
    ...(finding.peers ?? []),
  ];
  return { tenant, entities, traceIds: finding.traceId === undefined ? [] : [finding.traceId] };
}

export function incidentId(tenant: string, first: string): string {
  return shortHash(tenant, 'incident', first);
}

export function openIncident(
  subject: Subject,
  options: { first: string; title: string; severity: Severity; mode: Incident['mode'] },
  nowMs: number,
): Incident {
  return {
    schemaVersion: 1,
    id: incidentId(subject.tenant, options.first),
    tenant: subject.tenant,
    version: 0,
    title: options.title,
    status: 'new',
    severity: options.severity,
    openedAtMs: nowMs,
    updatedAtMs: nowMs,
    entities: unionEntities([], subject.entities),
    traceIds: union([], subject.traceIds, MAX_TRACES),
    findings: [],
    contractionIds: [],
    playbooks: [],
    mode: options.mode,
    atlas: [],
    owasp: [],
    pillars: [],
    timeline: [],
    timelineDropped: 0,
  };
}

const percent = (value: number) => `${Math.round(value * 100)}%`;

/** A finding more. One that is in it already changes nothing. */
export function withFinding(incident: Incident, finding: Finding, nowMs: number): Incident {
  if (incident.findings.some(({ id }) => id === finding.id)) return incident;
  const { id, type, title, severity, confidence, timeMs, agentId, sessionId } = finding;
  const subject = subjectOf(finding);
  const joined: Incident = {
    ...incident,
    updatedAtMs: nowMs,
    status: incident.status === 'closed' ? 'active' : incident.status,
    entities: unionEntities(incident.entities, subject.entities),
    traceIds: union(incident.traceIds, subject.traceIds, MAX_TRACES),
    findings:
      incident.findings.length < MAX_INCIDENT_FINDINGS
        ? [...incident.findings, { id, type, title, severity, confidence, timeMs, agentId, sessionId }]
        : incident.findings,
    atlas: union(incident.atlas, finding.atlas, 50),
    owasp: union(incident.owasp, finding.owasp, 50),
    pillars: union<Pillar>(incident.pillars, [finding.pillar], 7),
  };
  const { closedAtMs: _, ...reopened } = joined;
  const next =
    incident.status === 'closed'
      ? told(reopened, { atMs: nowMs, kind: 'note', text: 'The attack went on: opened again.' })
      : joined;
  return told(next, {
    atMs: finding.timeMs,
    kind: 'finding',
    text: `${title} (${type}, ${percent(confidence)} sure, agent ${agentId})`,
    ref: id,
  });
}

/** A contraction of it; a graver severity is taken over, a lesser one is not. */
export function withContraction(
  incident: Incident,
  contraction: Contraction,
  severity: Severity,
  text: string,
  nowMs: number,
): Incident {
  const { playbook } = contraction;
  const known = incident.playbooks.some(({ id, version }) => id === playbook?.id && version === playbook.version);
  const next: Incident = {
    ...incident,
    updatedAtMs: nowMs,
    status: 'active',
    severity: graver(incident.severity, severity),
    mode: contraction.mode === 'enforce' ? 'enforce' : incident.mode,
    ...(contraction.notify === undefined
      ? {}
      : { notify: union(incident.notify ?? [], contraction.notify, MAX_NOTIFIED) }),
    contractionIds: union(incident.contractionIds, [contraction.id], MAX_CONTRACTIONS),
    playbooks:
      playbook && !known
        ? [...incident.playbooks, { id: playbook.id, name: playbook.name, version: playbook.version }]
        : incident.playbooks,
  };
  return told(next, { atMs: nowMs, kind: 'contraction', text, ref: contraction.id });
}

export function close(incident: Incident, nowMs: number, text: string): Incident {
  return told(
    { ...incident, status: 'closed', closedAtMs: nowMs, updatedAtMs: nowMs },
    { atMs: nowMs, kind: 'note', text },
  );
}

/** The older one takes the younger one in; an edge between them was seen. */
export function merge(into: Incident, from: Incident, nowMs: number): { into: Incident; from: Incident } {
  const timeline = [...into.timeline, ...from.timeline].sort((a, b) => a.atMs - b.atMs);
  const known = new Set(into.findings.map(({ id }) => id));
  const merged: Incident = {
    ...into,
    updatedAtMs: nowMs,
    status: into.status === 'closed' ? 'active' : into.status,
    severity: graver(into.severity, from.severity),
    mode: from.mode === 'enforce' ? 'enforce' : into.mode,
    entities: unionEntities(into.entities, from.entities),
    traceIds: union(into.traceIds, from.traceIds, MAX_TRACES),
    findings: [...into.findings, ...from.findings.filter(({ id }) => !known.has(id))].slice(0, MAX_INCIDENT_FINDINGS),
    contractionIds: union(into.contractionIds, from.contractionIds, MAX_CONTRACTIONS),
    playbooks: [
      ...into.playbooks,
      ...from.playbooks.filter(
        (theirs) => !into.playbooks.some((ours) => ours.id === theirs.id && ours.version === theirs.version),
      ),
    ],
    atlas: union(into.atlas, from.atlas, 50),
    owasp: union(into.owasp, from.owasp, 50),
    pillars: union(into.pillars, from.pillars, 7),
    timeline: timeline.slice(0, MAX_TIMELINE),
    timelineDropped: into.timelineDropped + from.timelineDropped + Math.max(0, timeline.length - MAX_TIMELINE),
  };
  return {
    into: told(merged, {
      atMs: nowMs,
      kind: 'note',
      text: `Joined with incident ${from.id}: the same attack.`,
      ref: from.id,
    }),
    from: { ...close(from, nowMs, `Belongs to incident ${into.id}.`), mergedInto: into.id },
  };
}
