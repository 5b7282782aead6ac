/** Which states a signal, a timer or a preview needs; asked again as they are loaded, until nothing new is named. */
import type { Contraction } from '../../schemas/contraction.js';
import type { EntityRef } from '../../schemas/entity.js';
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
import { alertKey, fleetKey, incidentKey, liveKey, playbookKey, riskKey, targetKey, tenantKey } from './keys.js';
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
function targetsOf(finding: Finding): EntityRef[] {
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
    ...keysOnTargets(get, targetsOf(finding)),
    ...candidates.flatMap((playbook) => keysOfOutcome(playbook, causeOf(finding))),
    ...keysOfJoins(subjectOf(finding)),
    ...keysOfIncidents(get, finding),
  ];
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
  ];
}

export function keysOfTimer(payload: TimerPayload, get: Get): string[] {
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
    case 'risk':
      return [riskKey(payload.entity)];
    case 'alert':
      return [alertKey(payload.tenant, payload.alertId)];
  }
}
