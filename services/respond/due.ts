/** What a timer brings: a contraction to look at again, an incident that may have fallen silent, a digest, a risk that faded. */
import type { EntityRef } from '../../schemas/entity.js';
import type { Incident } from '../../schemas/incident.js';
import type { Risk } from '../../schemas/risk.js';
import { correlationDue } from './correlation.js';
import { descend } from './ladder.js';
import { exceptedBy } from './grounds.js';
import { onDerived } from './reaction.js';
import { leave } from './contraction-book.js';
import { close } from './incident.js';
import { CLOSE_AFTER_MS, raiseDigest, REOPEN_MS, touchIncident } from './incident-book.js';
import { agentKey, alertKey, riskKey, sessionKey, traceKey } from './keys.js';
import { dueAct } from './lease.js';
import { ENGINE, page, renew } from './ledger.js';
import { NEGLIGIBLE, scoreOf } from './risk.js';
import { cooldownOf, type Situation } from './situation.js';
import { type AgentState, ALERT_KEPT_MS, type AlertState, type SessionState } from './states.js';
import { incidentTimer, type TimerPayload, type Workspace } from './workspace.js';

function look(
  situation: Situation,
  tenant: string,
  id: string,
  timer: { id: string; dueMs: number },
  work: Workspace,
): void {
  const contraction = work.contraction(tenant, id);
  if (!contraction) return;
  const playbook = situation.set.all.find((each) => each.id === contraction.playbook?.id);
  const excepted = playbook && exceptedBy(work, contraction, playbook);
  if (excepted !== undefined) {
    leave(work, contraction, {
      reason: 'excepted',
      actor: { by: ENGINE, reason: `excepted: ${excepted}` },
      cause: `${id} ${timer.dueMs}`,
    });
    return;
  }
  const risk = work.risk(contraction.target);
  const act = dueAct(contraction, risk, work.nowMs, situation.options.riskHalfLifeMs);
  const ending = {
    actor: { by: ENGINE, reason: 'its time came' },
    cause: `${id} ${timer.dueMs}`,
    cooldownMs: cooldownOf(situation, contraction),
  };
  switch (act) {
    case 'quiet':
    case 'max':
    case 'not-approved':
      leave(work, contraction, { ...ending, reason: act });
      return;
    case 'page':
      work.putContraction(page(contraction, work.nowMs, situation.options.leaseMs));
      work.audit(
        tenant,
        {
          by: ENGINE,
          act: 'contraction.page',
          subject: id,
          reason: 'max is reached and the attack goes on',
          outcome: 'it stays; a person is called',
        },
        `${id} ${timer.dueMs}`,
      );
      touchIncident(work, contraction, {
        atMs: work.nowMs,
        kind: 'page',
        text: `${contraction.playbook?.title ?? 'Contraction'}: its longest time is over and the attack goes on. It stays; please look.`,
        ref: id,
      });
      return;
    case 'renew':
      work.putContraction(renew(contraction, work.nowMs, situation.options.leaseMs));
      return;
    case 'wait':
      work.relook(contraction);
  }
}

function lookAtIncident(tenant: string, id: string, work: Workspace): void {
  const incident = work.incident(tenant, id);
  if (!incident) return;
  if (incident.status === 'closed') {
    if (work.nowMs - (incident.closedAtMs ?? 0) >= REOPEN_MS) forgetJoins(incident, work);
    return;
  }
  const live = incident.contractionIds.some((each) => work.contraction(tenant, each) !== undefined);
  // The end of the last contraction sets the timer again.
  if (live) return;
  if (work.nowMs - incident.updatedAtMs < CLOSE_AFTER_MS) {
    work.timer(incidentTimer(tenant, id), incident.updatedAtMs + CLOSE_AFTER_MS, { about: 'incident', tenant, id });
    return;
  }
  work.putIncident(close(incident, work.nowMs, 'Everything has ended and it is quiet: closed.'));
  work.timer(incidentTimer(tenant, id), work.nowMs + REOPEN_MS, { about: 'incident', tenant, id });
}

function forgetRisk(situation: Situation, entity: EntityRef, timerId: string, work: Workspace): void {
  const risk: Risk | undefined = work.risk(entity);
  if (!risk) return;
  if (scoreOf(risk, work.nowMs, situation.options.riskHalfLifeMs) < NEGLIGIBLE) work.put(riskKey(entity), undefined);
  else work.timer(timerId, work.nowMs + situation.options.riskHalfLifeMs, { about: 'risk', entity });
}

/** While something still waits for it, it is kept: then later. */
function forgetAlert(tenant: string, alertId: string, timerId: string, work: Workspace): void {
  const key = alertKey(tenant, alertId);
  const state = work.get<AlertState>(key);
  if (state === undefined) return;
  if (state.live.length === 0) work.put(key, undefined);
  else work.timer(timerId, work.nowMs + ALERT_KEPT_MS, { about: 'alert', tenant, alertId });
}

/** Session, trace and agents no longer lead to an incident that nothing can join. */
function forgetJoins(incident: Incident, work: Workspace): void {
  const { tenant, id } = incident;
  for (const entity of incident.entities) {
    if (entity.type === 'session') {
      const key = sessionKey(tenant, entity.id);
      const state = work.get<SessionState>(key);
      if (state?.incidentId !== id) continue;
      const { incidentId: _, ...rest } = state;
      // A conversation that is over and has nothing asleep needs no memory here; detection keeps its taint.
      work.put(
        key,
        (rest.ended === true || rest.idle === true) && rest.live.length === 0 && rest.slept.length === 0
          ? undefined
          : rest,
      );
    } else if (entity.type === 'agent') {
      const key = agentKey(tenant, entity.id);
      const incidents = (work.get<AgentState>(key)?.incidents ?? []).filter((each) => each.id !== id);
      work.put(key, incidents.length === 0 ? undefined : { incidents });
    }
  }
  for (const trace of incident.traceIds) {
    const key = traceKey(tenant, trace);
    if (work.get<{ incidentId: string }>(key)?.incidentId === id) work.put(key, undefined);
  }
}

export function onDue(
  situation: Situation,
  timer: { id: string; dueMs: number; payload?: unknown },
  work: Workspace,
): void {
  const payload = timer.payload as TimerPayload;
  switch (payload.about) {
    case 'contraction':
      look(situation, payload.tenant, payload.id, timer, work);
      break;
    case 'incident':
      lookAtIncident(payload.tenant, payload.id, work);
      break;
    case 'digest':
      raiseDigest(
        work,
        payload.tenant,
        payload.playbookId,
        situation.set.all.find(({ id }) => id === payload.playbookId)?.title ?? payload.playbookId,
      );
      break;
    case 'ladder':
      descend(work, payload.target);
      break;
    case 'correlation': {
      const derived = correlationDue(
        work,
        situation.set.correlations.find(({ id }) => id === payload.id),
        payload,
      );
      if (derived) onDerived(situation, derived, work);
      break;
    }
    case 'risk':
      forgetRisk(situation, payload.entity, timer.id, work);
      break;
    case 'alert':
      forgetAlert(payload.tenant, payload.alertId, timer.id, work);
      break;
  }
}
