/**
 * Which incident a finding belongs to. Joined by session, by trace, and by edges between agents: a finding names the
 * peers that the attack reached, and belongs to their incident; what then happens at a peer belongs to the same one. Never
 * by the agent alone: two conversations with one agent are two stories.
 */
import type { Contraction } from '../../schemas/contraction.js';
import type { Finding } from '../../schemas/finding.js';
import type { Incident, TimelineEntry } from '../../schemas/incident.js';
import { incidentId, merge, openIncident, type Subject, subjectOf, told, withFinding } from './incident.js';
import { agentKey, incidentKey, playbookKey, sessionKey, traceKey } from './keys.js';
import type { CompiledPlaybook, Mode } from './playbook/types.js';
import {
  type AgentState,
  NO_PLAYBOOK,
  NO_SESSION,
  type PlaybookState,
  type SessionState,
  type TraceState,
} from './states.js';
import { digestTimer, incidentTimer, type Workspace } from './workspace.js';

/** An incident that closed by itself is opened again by what joins it within this time. */
export const REOPEN_MS = 60 * 60_000;
/** With nothing live and nothing new for so long, an incident closes by itself. */
export const CLOSE_AFTER_MS = 30 * 60_000;
const HOUR_MS = 60 * 60_000;

/** The states that say to which incidents a subject leads; asked again once these are there. */
export function keysOfJoins(subject: Subject): string[] {
  const { tenant } = subject;
  return [
    ...subject.entities.filter(({ type }) => type === 'session').map(({ id }) => sessionKey(tenant, id)),
    ...subject.entities.filter(({ type }) => type === 'agent').map(({ id }) => agentKey(tenant, id)),
    ...subject.traceIds.map((trace) => traceKey(tenant, trace)),
  ];
}

/** Ids of incidents a finding may belong to, nearest first. */
function joinedIds(get: <T>(key: string) => T | undefined, finding: Finding): string[] {
  const { tenant } = finding;
  const found: (string | undefined)[] = [get<SessionState>(sessionKey(tenant, finding.sessionId))?.incidentId];
  if (finding.traceId !== undefined) found.push(get<TraceState>(traceKey(tenant, finding.traceId))?.incidentId);
  for (const peer of finding.peers ?? []) {
    if (peer.type === 'session') found.push(get<SessionState>(sessionKey(tenant, peer.id))?.incidentId);
    if (peer.type === 'agent')
      found.push(...(get<AgentState>(agentKey(tenant, peer.id))?.incidents ?? []).map(({ id }) => id));
  }
  found.push(
    ...(get<AgentState>(agentKey(tenant, finding.agentId))?.incidents ?? [])
      .filter(({ edge }) => edge)
      .map(({ id }) => id),
  );
  return [...new Set(found.filter((id) => id !== undefined))];
}

/** The incidents themselves, and the ones they were merged into. */
export function keysOfIncidents(get: <T>(key: string) => T | undefined, finding: Finding): string[] {
  return joinedIds(get, finding).flatMap((id) => chainOf(get, finding.tenant, id));
}

export function chainOf(get: <T>(key: string) => T | undefined, tenant: string, id: string): string[] {
  const keys: string[] = [];
  for (
    let next: string | undefined = id;
    next !== undefined && keys.length < 20;
    next = get<Incident>(incidentKey(tenant, next))?.mergedInto
  )
    keys.push(incidentKey(tenant, next));
  return keys;
}

function resolve(work: Workspace, tenant: string, id: string): Incident | undefined {
  let incident = work.incident(tenant, id);
  for (let hops = 0; incident?.mergedInto !== undefined && hops < 20; hops += 1)
    incident = work.incident(tenant, incident.mergedInto);
  return incident;
}

function joinable(incident: Incident, nowMs: number): boolean {
  if (incident.digestOf) return false;
  return (
    incident.status !== 'closed' || (incident.verdict === undefined && nowMs - (incident.closedAtMs ?? 0) <= REOPEN_MS)
  );
}

/** Points session, traces and agents at the incident. */
function index(work: Workspace, incident: Incident, finding: Finding): void {
  const { tenant, id } = incident;
  const pointSession = (session: string) => {
    const state = work.get<SessionState>(sessionKey(tenant, session)) ?? NO_SESSION;
    if (state.incidentId !== id) work.put(sessionKey(tenant, session), { ...state, incidentId: id });
  };
  const pointAgent = (agent: string, edge: boolean) => {
    const known = work.get<AgentState>(agentKey(tenant, agent))?.incidents ?? [];
    const before = known.find((each) => each.id === id);
    if (before && (before.edge || !edge)) return;
    work.put(agentKey(tenant, agent), {
      incidents: [...known.filter((each) => each.id !== id), { id, edge: edge || (before?.edge ?? false) }].slice(-20),
    });
  };
  pointSession(finding.sessionId);
  pointAgent(finding.agentId, false);
  if (finding.traceId !== undefined) work.put(traceKey(tenant, finding.traceId), { incidentId: id });
  for (const peer of finding.peers ?? []) {
    if (peer.type === 'session') pointSession(peer.id);
    if (peer.type === 'agent') pointAgent(peer.id, true);
  }
}

/** Looks again when it may have fallen silent. */
function watch(work: Workspace, incident: Incident, afterMs: number): void {
  work.timer(incidentTimer(incident.tenant, incident.id), work.nowMs + afterMs, {
    about: 'incident',
    tenant: incident.tenant,
    id: incident.id,
  });
}

/** The incident this finding belongs to, if there is one; several that it connects become one. */
export function joinIncident(work: Workspace, finding: Finding): Incident | undefined {
  const found = joinedIds((key) => work.get(key), finding).map((id) => resolve(work, finding.tenant, id));
  const open = [
    ...new Map(
      found
        .filter((incident) => incident !== undefined && joinable(incident, work.nowMs))
        .map((incident) => [incident?.id, incident]),
    ).values(),
  ]
    .filter((incident) => incident !== undefined)
    .sort((a, b) => a.openedAtMs - b.openedAtMs || (a.id < b.id ? -1 : 1));
  let [into] = open;
  if (!into) return undefined;
  for (const other of open.slice(1)) {
    const merged = merge(into, other, work.nowMs);
    work.putIncident(merged.from);
    into = merged.into;
  }
  const next = withFinding(into, finding, work.nowMs);
  work.putIncident(next);
  index(work, next, finding);
  watch(work, next, CLOSE_AFTER_MS);
  return next;
}

/** A new incident, unless its playbook has raised enough in this hour: then it is counted for a digest. */
export function raiseIncident(
  work: Workspace,
  finding: Finding,
  playbook: CompiledPlaybook,
  mode: Mode,
  capPerHour: number,
): Incident | undefined {
  const { tenant } = finding;
  const { incident: wanted } = playbook;
  if (!wanted) return undefined;
  const key = playbookKey(tenant, playbook.id);
  const state = work.get<PlaybookState>(key) ?? NO_PLAYBOOK;
  const openedAtMs = state.openedAtMs.filter((atMs) => atMs > work.nowMs - HOUR_MS);
  if (openedAtMs.length >= capPerHour) {
    const session = work.get<SessionState>(sessionKey(tenant, finding.sessionId)) ?? NO_SESSION;
    if (session.heldBack) return undefined;
    work.put(sessionKey(tenant, finding.sessionId), { ...session, heldBack: true });
    const heldBack = { count: (state.heldBack?.count ?? 0) + 1, sinceMs: state.heldBack?.sinceMs ?? work.nowMs };
    work.put(key, { ...state, openedAtMs, heldBack });
    work.timer(digestTimer(tenant, playbook.id), heldBack.sinceMs + HOUR_MS, {
      about: 'digest',
      tenant,
      playbookId: playbook.id,
    });
    return undefined;
  }
  work.put(key, { ...state, openedAtMs: [...openedAtMs, work.nowMs] });
  const subject = subjectOf(finding);
  const opened = openIncident(
    subject,
    {
      first: wanted.group === 'none' ? `${finding.id} ${playbook.id}` : finding.id,
      title: wanted.title ?? playbook.title,
      severity: wanted.severity ?? finding.severity,
      mode,
    },
    work.nowMs,
  );
  const incident = withFinding(opened, finding, work.nowMs);
  work.putIncident(incident);
  if (wanted.group === 'attack') index(work, incident, finding);
  watch(work, incident, CLOSE_AFTER_MS);
  return incident;
}

/** A line in the incident a contraction belongs to. */
export function touchIncident(
  work: Workspace,
  contraction: Pick<Contraction, 'tenant' | 'incidentId'>,
  entry: TimelineEntry,
): void {
  if (contraction.incidentId === undefined) return;
  const incident = resolve(work, contraction.tenant, contraction.incidentId);
  if (!incident) return;
  work.putIncident(told({ ...incident, updatedAtMs: work.nowMs }, entry));
  watch(work, incident, incident.status === 'closed' ? REOPEN_MS : CLOSE_AFTER_MS);
}

const digestFirst = (playbookId: string, sinceMs: number) => `digest ${playbookId} ${sinceMs}`;

export function keysOfDigest(get: <T>(key: string) => T | undefined, tenant: string, playbookId: string): string[] {
  const key = playbookKey(tenant, playbookId);
  const heldBack = get<PlaybookState>(key)?.heldBack;
  return [
    key,
    ...(heldBack ? [incidentKey(tenant, incidentId(tenant, digestFirst(playbookId, heldBack.sinceMs)))] : []),
  ];
}

/** What was held back becomes one incident. */
export function raiseDigest(work: Workspace, tenant: string, playbookId: string, title: string): void {
  const key = playbookKey(tenant, playbookId);
  const state = work.get<PlaybookState>(key);
  if (!state?.heldBack) return;
  const { heldBack, ...rest } = state;
  const digest = openIncident(
    { tenant, entities: [], traceIds: [] },
    {
      first: digestFirst(playbookId, heldBack.sinceMs),
      title: `${title}: ${heldBack.count} more`,
      severity: 'medium',
      mode: 'observe',
    },
    work.nowMs,
  );
  work.putIncident(
    told(
      { ...digest, digestOf: { playbookId, heldBack: heldBack.count, sinceMs: heldBack.sinceMs } },
      {
        atMs: work.nowMs,
        kind: 'note',
        text: `${heldBack.count} further incidents of this playbook were held back; what they would have contracted was contracted all the same.`,
      },
    ),
  );
  work.put(key, rest);
  watch(work, digest, CLOSE_AFTER_MS);
}
