/** What a finding, an alert or an attempt leads to: risk, incidents, contractions, and why nothing happened. */
import type { EntityRef } from '../../schemas/entity.js';
import type { Finding } from '../../schemas/finding.js';
import type { SignalOf } from '../../schemas/signal.js';
import { type Cause, causeOf, causeOfAlert, findingOfAlert } from './cause.js';
import { contain, tellContraction } from './containment.js';
import { leave } from './contraction-book.js';
import { cooldownOf } from './due.js';
import { withAgent } from './fleet.js';
import { told } from './incident.js';
import { joinIncident, raiseIncident, touchIncident } from './incident-book.js';
import { alertKey, fleetKey, riskKey, sessionKey, tenantKey } from './keys.js';
import { attempted, ENGINE } from './ledger.js';
import { entityOf, type Match, matchAlert, matchFinding, type Scores } from './match.js';
import type { CompiledPlaybook, Mode } from './playbook/types.js';
import { corroborationAt, negligibleFromMs, scoreOf, withFinding } from './risk.js';
import type { Situation } from './situation.js';
import {
  ALERT_KEPT_MS,
  type AlertState,
  type FleetState,
  NO_SESSION,
  type SessionState,
  type TenantState,
} from './states.js';
import type { Workspace } from './workspace.js';

/** Finding ids a session remembers against repeats. */
const SEEN = 256;

export function countAgent(tenant: string, agentId: string, work: Workspace): void {
  const before = work.get<FleetState>(fleetKey(tenant));
  const after = withAgent(before, agentId);
  if (after !== before) work.put(fleetKey(tenant), after);
}

/** The risk with the finding in it; `undefined`: it was counted before. */
function score(situation: Situation, finding: Finding, work: Workspace): Scores | undefined {
  const { riskHalfLifeMs } = situation.options;
  const before = work.risk(finding.entity);
  if (before?.contributions.some(({ findingId }) => findingId === finding.id)) return undefined;
  const after = withFinding(before, finding, work.nowMs, riskHalfLifeMs);
  const key = riskKey(finding.entity);
  work.put(key, after);
  const gone = negligibleFromMs(after.contributions, work.nowMs, riskHalfLifeMs);
  work.timer(`risk:${key}`, gone, { about: 'risk', entity: finding.entity });
  const scoreBy = (type: EntityRef['type']) => {
    const entity = entityOf(finding, type);
    return entity ? scoreOf(work.risk(entity), work.nowMs, riskHalfLifeMs) : 0;
  };
  const relevant = finding.primary || situation.set.candidates(finding).length > 0;
  return {
    entityBefore: relevant ? scoreOf(before, work.nowMs, riskHalfLifeMs) : 0,
    entity: after.score,
    session: relevant ? scoreBy('session') : 0,
    agent: relevant ? scoreBy('agent') : 0,
    user: relevant ? scoreBy('user') : 0,
    corroboration: relevant ? corroborationAt(after.contributions, work.nowMs, riskHalfLifeMs) : 0,
  };
}

export function onFinding(situation: Situation, finding: Finding, work: Workspace): void {
  const { tenant } = finding;
  if (finding.primary) {
    const key = sessionKey(tenant, finding.sessionId);
    const session = work.get<SessionState>(key) ?? NO_SESSION;
    if (session.seen.includes(finding.id)) return;
    work.put(key, { ...session, seen: [...session.seen, finding.id].slice(-SEEN) });
    countAgent(tenant, finding.agentId, work);
  }
  const scores = score(situation, finding, work);
  if (!scores) return;
  const matches = matchFinding(situation.set, finding, scores, work.nowMs);
  if (!finding.primary && matches.length === 0) return;
  respond(situation, matches, causeOf(finding), finding, work);
}

function respond(
  situation: Situation,
  matches: readonly Match[],
  cause: Cause,
  finding: Finding,
  work: Workspace,
): void {
  const paused = work.get<TenantState>(tenantKey(cause.tenant))?.paused !== undefined;
  let incident = joinIncident(work, finding);
  for (const match of matches) {
    if (!match.fired) {
      tellWhyNot(match.playbook, match.why, incident?.id, cause.tenant, work);
      continue;
    }
    const { playbook } = match;
    const mode: Mode = paused ? 'observe' : match.mode;
    const own =
      playbook.incident?.group === 'none'
        ? raiseIncident(work, finding, playbook, mode, situation.options.incidentsPerPlaybookPerHour)
        : undefined;
    if (!own) incident ??= raiseIncident(work, finding, playbook, mode, situation.options.incidentsPerPlaybookPerHour);
    const story = own ?? incident;
    const outcome = contain(work, playbook, mode, cause, story?.id, {
      leaseMs: situation.options.leaseMs,
      paused,
      ground: match.context,
    });
    if (outcome.did === 'opened')
      tellContraction(work, outcome.contraction, playbook.incident?.severity ?? cause.severity);
    else if (outcome.did === 'nothing' && playbook.templates.length > 0)
      tellWhyNot(playbook, outcome.why, story?.id, cause.tenant, work);
  }
}

/** Why nothing happened stands where people look: in the incident, once per reason. */
function tellWhyNot(
  playbook: CompiledPlaybook,
  why: string,
  incidentId: string | undefined,
  tenant: string,
  work: Workspace,
): void {
  const incident = incidentId === undefined ? undefined : work.incident(tenant, incidentId);
  if (!incident) return;
  const text = `${playbook.title}: did nothing, ${why}.`;
  if (!incident.timeline.some((entry) => entry.text === text))
    work.putIncident(told(incident, { atMs: work.nowMs, kind: 'note', text }));
}

export function onAttempt(situation: Situation, signal: SignalOf<'attempt'>, work: Workspace): void {
  for (const id of signal.contractionIds) {
    const contraction = work.contraction(signal.tenant, id);
    if (!contraction || contraction.state !== 'active') continue;
    work.putContraction(attempted(contraction, signal.action, work.nowMs, situation.options.leaseMs));
    touchIncident(work, contraction, {
      atMs: signal.timeMs,
      kind: 'attempt',
      text: `${signal.action} was tried and stopped.`,
      ref: signal.eventId,
    });
  }
}

export function onAlert(situation: Situation, signal: SignalOf<'alert'>, work: Workspace): void {
  const { tenant, alertId } = signal;
  if (signal.unnamed !== true) countAgent(tenant, signal.agentId, work);
  const key = alertKey(tenant, alertId);
  const state = work.get<AlertState>(key);
  if (signal.state === 'resolved') {
    for (const id of state?.live ?? []) {
      const contraction = work.contraction(tenant, id);
      if (contraction)
        leave(work, contraction, {
          reason: 'alert-resolved',
          actor: { by: ENGINE, reason: signal.title },
          cause: `${alertId} ${signal.timeMs}`,
          cooldownMs: cooldownOf(situation, contraction),
        });
    }
    const resolvedAtMs = Math.max(signal.timeMs, state?.resolvedAtMs ?? signal.timeMs);
    work.put(key, { live: work.get<AlertState>(key)?.live ?? [], resolvedAtMs });
    work.timer(`alert:${key}`, work.nowMs + ALERT_KEPT_MS, { about: 'alert', tenant, alertId });
    return;
  }
  // Its resolution came first, by another partition or a repeat: nothing would ever end what it opened.
  if (state?.resolvedAtMs !== undefined && signal.timeMs <= state.resolvedAtMs) return;
  const finding = findingOfAlert(signal, state);
  const { riskHalfLifeMs } = situation.options;
  const riskBy = (type: 'session' | 'agent') =>
    work.risk({ tenant, type, id: type === 'session' ? signal.sessionId : signal.agentId });
  const score = (type: 'session' | 'agent') => scoreOf(riskBy(type), work.nowMs, riskHalfLifeMs);
  const scores: Scores = {
    entityBefore: 0,
    entity: score('agent'),
    session: score('session'),
    agent: score('agent'),
    user: 0,
    corroboration: corroborationAt(riskBy('agent')?.contributions ?? [], work.nowMs, riskHalfLifeMs),
  };
  const matches = matchAlert(situation.set, signal, scores, work.nowMs);
  respond(situation, matches, causeOfAlert(signal, state), finding, work);
}
