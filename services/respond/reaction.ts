/** What a finding, an alert or an attempt leads to: risk, incidents, contractions, and why nothing happened. */
import type { EntityRef } from '../../schemas/entity.js';
import type { Explanation, PlaybookExplanation } from '../../schemas/explanation.js';
import type { Finding } from '../../schemas/finding.js';
import type { SignalOf } from '../../schemas/signal.js';
import { type Cause, causeOf, causeOfAlert, findingOfAlert } from './cause.js';
import { contain, type Outcome, tellContraction } from './containment.js';
import { correlate } from './correlation.js';
import { leave } from './contraction-book.js';
import { withAgent } from './fleet.js';
import { told } from './incident.js';
import { joinIncident, raiseIncident, touchIncident } from './incident-book.js';
import { alertKey, explanationKey, findingDocumentKey, fleetKey, riskKey, sessionKey, tenantKey } from './keys.js';
import { attempted, ENGINE } from './ledger.js';
import type { Match } from './judgement.js';
import { contextOf, entityOf, matchAlert, matchFinding, type Scores } from './match.js';
import type { CompiledPlaybook, Mode } from './playbook/types.js';
import { corroborationAt, negligibleFromMs, scoreOf, withFinding } from './risk.js';
import { cooldownOf, type Situation } from './situation.js';
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
  const context = contextOf(finding, scores);
  const derived = situation.set
    .counting(finding)
    .map((correlation) => correlate(work, correlation, finding, context))
    .filter((each) => each !== undefined);
  const matches = matchFinding(situation.set, finding, scores, work.nowMs, work.explains);
  // A copy that only a risk not reached looked at is nobody's business.
  if (finding.primary || matches.some((match) => match.fired || match.why !== ''))
    respond(situation, matches, causeOf(finding), finding, work);
  for (const each of derived) onDerived(situation, each, work);
}

/** A finding that correlation made: kept for people and responded to; it raises no risk, since its parts did. */
export function onDerived(situation: Situation, finding: Finding, work: Workspace): void {
  const { riskHalfLifeMs } = situation.options;
  const { tenant } = finding;
  work.put(findingDocumentKey(tenant, finding.timeMs, finding.id), finding);
  const scoreBy = (type: EntityRef['type']) => {
    const entity = entityOf(finding, type);
    return entity ? scoreOf(work.risk(entity), work.nowMs, riskHalfLifeMs) : 0;
  };
  const entity = scoreOf(work.risk(finding.entity), work.nowMs, riskHalfLifeMs);
  const scores: Scores = {
    entityBefore: entity,
    entity,
    session: scoreBy('session'),
    agent: scoreBy('agent'),
    user: scoreBy('user'),
    corroboration: corroborationAt(work.risk(finding.entity)?.contributions ?? [], work.nowMs, riskHalfLifeMs),
  };
  const matches = matchFinding(situation.set, finding, scores, work.nowMs, work.explains);
  respond(situation, matches, causeOf(finding), finding, work);
}

type PlaybookOutcome = Pick<PlaybookExplanation, 'outcome' | 'contractionIds'>;

function outcomeOf(outcomes: readonly Outcome[], playbook: CompiledPlaybook): PlaybookOutcome {
  const made = outcomes.flatMap((outcome) => (outcome.did === 'nothing' ? [] : [outcome]));
  const contractionIds = made.map(({ contraction }) => contraction.id);
  if (made.some(({ did }) => did === 'opened'))
    return {
      contractionIds,
      outcome: made.every(({ contraction }) => contraction.state === 'awaiting_approval') ? 'waits' : 'contracted',
    };
  if (made.length > 0) return { contractionIds, outcome: 'repeated' };
  return { contractionIds, outcome: playbook.incident && playbook.templates.length === 0 ? 'incident' : 'nothing' };
}

/** Keeps what each playbook made of it, so that people can ask why later, whatever the playbooks are then. */
function explain(
  work: Workspace,
  { id, tenant, eventId, type, title, agentId, sessionId }: Finding,
  told: readonly { match: Match; outcome: PlaybookOutcome }[],
): void {
  if (!work.explains || told.length === 0) return;
  const explanation: Explanation = {
    schemaVersion: 1,
    id,
    tenant,
    eventId,
    type,
    title,
    agentId,
    sessionId,
    atMs: work.nowMs,
    playbooks: told.map(({ match: { playbook, mode, notes }, outcome }) => ({
      id: playbook.id,
      title: playbook.title,
      version: playbook.version,
      mode,
      ...outcome,
      checks: [...(notes ?? [])],
    })),
  };
  work.put(explanationKey(tenant, id), explanation);
}

function respond(
  situation: Situation,
  matches: readonly Match[],
  cause: Cause,
  finding: Finding,
  work: Workspace,
): void {
  const paused = work.get<TenantState>(tenantKey(cause.tenant))?.paused !== undefined;
  const { incidentsPerPlaybookPerHour, leaseMs } = situation.options;
  const explained: { match: Match; outcome: PlaybookOutcome }[] = [];
  let incident = joinIncident(work, finding);
  for (const match of matches) {
    const { playbook, notes } = match;
    if (!match.fired) {
      explained.push({ match, outcome: { outcome: 'nothing', contractionIds: [] } });
      if (match.why !== '') tellWhyNot(playbook, match.why, incident?.id, cause.tenant, work);
      continue;
    }
    const mode: Mode = paused ? 'observe' : match.mode;
    const own =
      playbook.incident?.group === 'none'
        ? raiseIncident(work, finding, playbook, mode, incidentsPerPlaybookPerHour)
        : undefined;
    if (!own) incident ??= raiseIncident(work, finding, playbook, mode, incidentsPerPlaybookPerHour);
    const story = own ?? incident;
    const outcomes = contain(work, playbook, mode, cause, story?.id, { leaseMs, paused, ground: match.context, notes });
    explained.push({ match, outcome: outcomeOf(outcomes, playbook) });
    const whyNot = new Set<string>();
    for (const outcome of outcomes) {
      if (outcome.did === 'opened')
        tellContraction(work, outcome.contraction, playbook.incident?.severity ?? cause.severity);
      else if (outcome.did === 'nothing' && playbook.templates.length > 0) whyNot.add(outcome.why);
    }
    // Where one stage or target was contracted, what held another back is in the explanation.
    if (outcomes.every(({ did }) => did === 'nothing'))
      for (const why of whyNot) tellWhyNot(playbook, why, story?.id, cause.tenant, work);
  }
  explain(work, finding, explained);
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
  const matches = matchAlert(situation.set, signal, scores, work.nowMs, work.explains);
  respond(situation, matches, causeOfAlert(signal, state), finding, work);
}
