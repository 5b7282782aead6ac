/** Which states a signal, a timer or a preview needs; asked again as they are loaded, until nothing new is named. */
import type { Contraction } from '../../schemas/contraction.js';
import { type EntityRef, keyPart } from '../../schemas/entity.js';
import type { Finding } from '../../schemas/finding.js';
import type { Incident } from '../../schemas/incident.js';
import type { Signal, SignalOf } from '../../schemas/signal.js';
import type { States } from '../runtime/machine.js';
import { causeOf, causeOfAlert, findingOfAlert } from './cause.js';
import { keysOfCommand } from './command.js';
import { keysOfOutcome } from './containment.js';
import { keysOfContraction } from './contraction-book.js';
import { keysOfEffect } from './effects.js';
import { subjectOf } from './incident.js';
import { keysOfDigest, keysOfIncidents, keysOfJoins } from './incident-book.js';
import { awaitedBy, completedBy, type CorrelationState, groupOf } from './correlation.js';
import {
  alertKey,
  correlationKey,
  explanationKey,
  findingDocumentKey,
  fleetKey,
  incidentKey,
  liveKey,
  playbookKey,
  riskKey,
  targetKey,
  tenantKey,
} from './keys.js';
import { targetsOf } from './targets.js';
import type { CompiledPlaybook } from './playbook/types.js';
import { entityOf, type PlaybookSet } from './match.js';
import { keysOfSession } from './session.js';
import type { AlertState, TargetState } from './states.js';
import type { TimerPayload } from './workspace.js';

/** Whom a preview is for. */
export interface PreviewSubject {
  tenant: string;
  agentId: string;
  sessionId: string;
  blueprint?: string;
  userId?: string;
  tool?: string;
  model?: string;
  traceId?: string;
}

type Get = <T>(key: string) => T | undefined;
export const getter =
  (states: Pick<States, 'get'>): Get =>
  <T>(key: string) =>
    states.get(key) as T | undefined;

const TARGET_TYPES = ['session', 'agent', 'blueprint', 'user', 'tool', 'model'] as const;

/** The entities of a finding that may be contracted. */
function contractable(finding: Finding): EntityRef[] {
  return TARGET_TYPES.map((type) => entityOf(finding, type)).filter((entity) => entity !== undefined);
}

function keysOnTargets(get: Get, targets: readonly EntityRef[]): string[] {
  return targets.flatMap((target) => {
    const live = get<TargetState>(targetKey(target))?.live ?? [];
    return [targetKey(target), riskKey(target), ...live.flatMap((id) => keysOfLive(get, target.tenant, id))];
  });
}

export function keysOfLive(get: Get, tenant: string, id: string): string[] {
  const contraction = get<Contraction>(liveKey(tenant, id));
  return contraction ? keysOfContraction(get, contraction) : [liveKey(tenant, id)];
}

function keysOfFinding(set: PlaybookSet, finding: Finding, get: Get): string[] {
  const { tenant } = finding;
  const own = [riskKey(finding.entity)];
  const candidates = set.candidates(finding);
  if (!finding.primary && candidates.length === 0) return own;
  return [
    ...own,
    fleetKey(tenant),
    ...keysOnTargets(get, contractable(finding)),
    ...candidates.flatMap((playbook) => keysOfOutcome(playbook, causeOf(finding))),
    ...keysOfNeighbours(candidates, finding, get),
    ...keysOfJoins(subjectOf(finding)),
    ...keysOfIncidents(get, finding),
    explanationKey(tenant, finding.id),
    ...keysOfCorrelations(set, finding, get),
  ];
}

/** Agents around the finding's one: contracted by playbooks that say so, and no state of theirs is needed else. */
function keysOfNeighbours(candidates: readonly CompiledPlaybook[], finding: Finding, get: Get): string[] {
  return candidates.some(({ target }) => target === 'neighbours')
    ? keysOnTargets(get, targetsOf({ target: 'neighbours' }, causeOf(finding)))
    : [];
}

/** The counts themselves, and what the finding that one of them completes now would need. */
function keysOfCorrelations(set: PlaybookSet, finding: Finding, get: Get): string[] {
  return set.counting(finding).flatMap((correlation) => {
    const group = groupOf(correlation, finding);
    if (group === undefined) return [];
    const key = correlationKey(finding.tenant, correlation.id, group);
    return [key, ...keysOfDerived(set, completedBy(correlation, get(key), finding, group), get)];
  });
}

function keysOfDerived(set: PlaybookSet, derived: Finding, get: Get): string[] {
  const { tenant } = derived;
  const candidates = set.candidates(derived);
  return [
    fleetKey(tenant),
    tenantKey(tenant),
    explanationKey(tenant, derived.id),
    findingDocumentKey(tenant, derived.timeMs, derived.id),
    riskKey(derived.entity),
    ...keysOnTargets(get, contractable(derived)),
    ...candidates.flatMap((playbook) => keysOfOutcome(playbook, causeOf(derived))),
    ...keysOfNeighbours(candidates, derived, get),
    ...keysOfJoins(subjectOf(derived)),
    ...keysOfIncidents(get, derived),
  ];
}

/** Counts that a finding of this subject could go into. */
function keysOfCounts(set: PlaybookSet, subject: PreviewSubject): string[] {
  const { tenant, agentId, sessionId, blueprint, userId, tool, model } = subject;
  const ids = { session: sessionId, agent: agentId, blueprint, user: userId, tool, model, tenant: 'tenant' };
  return set.correlations.flatMap(({ id, by }) => {
    const parts = by.map((type) => ids[type]);
    return parts.some((part) => part === undefined)
      ? []
      : [correlationKey(tenant, id, parts.map((part) => keyPart(part ?? '')).join('/'))];
  });
}

function keysOfAlert(set: PlaybookSet, signal: SignalOf<'alert'>, get: Get): string[] {
  const { tenant } = signal;
  const state = get<AlertState>(alertKey(tenant, signal.alertId));
  const live = state?.live ?? [];
  const targets: EntityRef[] = [
    { tenant, type: 'session', id: signal.sessionId },
    { tenant, type: 'agent', id: signal.agentId },
    ...(signal.userId === undefined ? [] : [{ tenant, type: 'user' as const, id: signal.userId }]),
  ];
  const finding = findingOfAlert(signal, state);
  return [
    ...live.flatMap((id) => keysOfLive(get, tenant, id)),
    ...keysOnTargets(get, targets),
    ...set.onAlert(signal.title).flatMap((playbook) => keysOfOutcome(playbook, causeOfAlert(signal, state))),
    ...keysOfJoins(subjectOf(finding)),
    ...keysOfIncidents(get, finding),
    explanationKey(tenant, finding.id),
  ];
}

export function keysOfSignal(set: PlaybookSet, signal: Signal, get: Get): string[] {
  const { tenant } = signal;
  switch (signal.kind) {
    case 'finding':
      return [tenantKey(tenant), ...keysOfFinding(set, signal.finding, get)];
    case 'attempt':
      return [tenantKey(tenant), ...signal.contractionIds.flatMap((id) => keysOfLive(get, tenant, id))];
    case 'session':
      return [tenantKey(tenant), fleetKey(tenant), ...keysOfSession(signal, get)];
    case 'alert':
      return [tenantKey(tenant), fleetKey(tenant), alertKey(tenant, signal.alertId), ...keysOfAlert(set, signal, get)];
    case 'command':
      return [tenantKey(tenant), ...keysOfCommand(signal, get)];
    case 'effect':
      return keysOfEffect(signal, get);
    case 'tick':
    case 'barrier':
      return [];
  }
}

export function keysOfPreview(set: PlaybookSet, subject: PreviewSubject, get: Get): string[] {
  const { tenant, agentId, sessionId, blueprint, userId, tool, model, traceId } = subject;
  const entity = (type: EntityRef['type'], id: string | undefined): EntityRef[] =>
    id === undefined ? [] : [{ tenant, type, id }];
  const targets = [
    ...entity('session', sessionId),
    ...entity('agent', agentId),
    ...entity('blueprint', blueprint),
    ...entity('user', userId),
    ...entity('tool', tool),
    ...entity('model', model),
  ];
  return [
    tenantKey(tenant),
    fleetKey(tenant),
    ...keysOnTargets(get, targets),
    ...keysOfJoins({ tenant, entities: targets, traceIds: traceId === undefined ? [] : [traceId] }),
    ...keysOfSession({ kind: 'session', tenant, timeMs: 0, state: 'resumed', sessionId, agentId }, get),
    ...set.all.map(({ id }) => playbookKey(tenant, id)),
    ...keysOfCounts(set, subject),
  ];
}

export function keysOfTimer(set: PlaybookSet, payload: TimerPayload, get: Get): string[] {
  switch (payload.about) {
    case 'contraction':
      return keysOfLive(get, payload.tenant, payload.id);
    case 'incident': {
      const incident = get<Incident>(incidentKey(payload.tenant, payload.id));
      return [
        incidentKey(payload.tenant, payload.id),
        ...(incident
          ? [...keysOfJoins(incident), ...incident.contractionIds.map((id) => liveKey(payload.tenant, id))]
          : []),
      ];
    }
    case 'digest':
      return keysOfDigest(get, payload.tenant, payload.playbookId);
    case 'ladder':
      return [targetKey(payload.target)];
    case 'correlation': {
      const { tenant, id, group } = payload;
      const key = correlationKey(tenant, id, group);
      const derived = awaitedBy(
        set.correlations.find((each) => each.id === id),
        get<CorrelationState>(key),
        group,
      );
      return [key, ...(derived ? keysOfDerived(set, derived, get) : [])];
    }
    case 'risk':
      return [riskKey(payload.entity)];
    case 'alert':
      return [alertKey(payload.tenant, payload.alertId)];
  }
}
