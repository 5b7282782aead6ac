/** From a detector's statement to findings: one copy for each entity it is about, each with an id that is always the same. */
import { SCHEMA_VERSION } from '../../schemas/common.js';
import { entityKey, type EntityRef, type EntityType } from '../../schemas/entity.js';
import type { TelemetryEvent } from '../../schemas/event.js';
import type { Finding } from '../../schemas/finding.js';
import { shortHash } from '../runtime/hash.js';
import type { Detector, Statement } from './types.js';

/** The entity of a type that an event concerns; many events concern none. */
export function entityOf(event: TelemetryEvent, type: EntityType): EntityRef | undefined {
  const id = idOf(event, type);
  return id === undefined || id === '' ? undefined : { tenant: event.tenant, type, id };
}

function idOf(event: TelemetryEvent, type: EntityType): string | undefined {
  switch (type) {
    case 'agent':
      return event.agent.id;
    case 'blueprint':
      return event.agent.blueprint;
    case 'session':
      return event.session.id;
    case 'user':
      return event.user?.id;
    case 'tool':
      return 'tool' in event ? event.tool : undefined;
    case 'model':
      return 'model' in event ? event.model : undefined;
    case 'dataset':
      return 'dataset' in event ? event.dataset : undefined;
    case 'mcp-server':
      return 'server' in event ? event.server : undefined;
  }
}

/**
 * @param sessionId the conversation the event belongs to, after aliases
 * @param learning the agent's baseline is still being learned
 * @param neighbours agents this one exchanges messages with, the newest first
 */
export function findingsOf(
  detector: Pick<Detector, 'name' | 'version' | 'baseline'>,
  statement: Statement,
  event: TelemetryEvent,
  sessionId: string,
  learning: boolean,
  neighbours: readonly string[] = [],
): Finding[] {
  // What holds whatever the baseline says is no guess of an agent that is still being learned.
  const unsettled = learning && detector.baseline && statement.firm !== true;
  const confidence =
    Math.round(Math.min(1, Math.max(0, unsettled ? statement.confidence / 2 : statement.confidence)) * 1e4) / 1e4;
  const tool = idOf(event, 'tool');
  const model = idOf(event, 'model');
  const shared: Omit<Finding, 'id' | 'entity' | 'primary'> = {
    schemaVersion: SCHEMA_VERSION,
    tenant: event.tenant,
    detector: detector.name,
    codeVersion: detector.version,
    type: statement.type,
    title: statement.title,
    eventId: event.id,
    agentId: event.agent.id,
    ...(event.agent.blueprint === undefined ? {} : { blueprint: event.agent.blueprint }),
    sessionId,
    ...(event.user === undefined ? {} : { userId: event.user.id }),
    ...(tool === undefined ? {} : { tool }),
    ...(model === undefined ? {} : { model }),
    ...(event.trace === undefined ? {} : { traceId: event.trace.traceId }),
    ...(statement.peers === undefined || statement.peers.length === 0 ? {} : { peers: statement.peers }),
    ...(neighbours.length === 0 ? {} : { neighbours: [...neighbours] }),
    trust: event.trust,
    timeMs: event.timeMs,
    confidence,
    severity: statement.severity,
    evidence: statement.evidence,
    ...(statement.origin === undefined ? {} : { origin: statement.origin }),
    ...(statement.predicted === undefined || statement.predicted.length === 0
      ? {}
      : { predicted: statement.predicted }),
    atlas: [...statement.atlas],
    owasp: [...statement.owasp],
    pillar: statement.pillar,
    ...(unsettled ? { learning: true } : {}),
  };
  const findings: Finding[] = [];
  for (const type of statement.about) {
    const entity = type === 'session' ? { tenant: event.tenant, type, id: sessionId } : entityOf(event, type);
    if (entity === undefined) continue;
    findings.push({
      ...shared,
      id: shortHash(event.tenant, detector.name, statement.type, event.id, entityKey(entity)),
      entity,
      primary: findings.length === 0,
    });
  }
  return findings;
}
