/** What a caller asks leave for, in one form whatever interface it came by (AuthZEN, Copilot Studio). */
import type { EffectClass, Trust } from '../../schemas/common.js';
import { SCHEMA_VERSION } from '../../schemas/common.js';
import type { TelemetryEvent } from '../../schemas/event.js';
import { streamKeyOf } from '../inspect/admit.js';
import type { AccessRequest } from '../policy/request.js';
import { shortHash } from '../runtime/hash.js';

export interface Asked {
  kind: 'tool' | 'model' | 'retrieval' | 'message';
  /** The tool, model, dataset or receiving agent. */
  name: string;
  agent: { id: string; name?: string; version?: string; blueprint?: string };
  /** Left out: the trace stands in, else the agent, and the answer says so. */
  sessionId?: string;
  userId?: string;
  toolCallId?: string;
  arguments?: unknown;
  description?: string;
  server?: string;
  /** What the tool does, where the caller's code declares it. */
  effects?: EffectClass[];
  trace?: { traceId: string; spanId?: string };
  /** Groups the event with what the same process sends by other ways. */
  service?: string;
  /** Only where the engine runs in event time. */
  timeMs?: number;
  /** What certain controls ask about; what is not said counts as not given. */
  about?: Pick<AccessRequest, 'auth' | 'scopes' | 'sandbox' | 'model' | 'maxOutputTokens' | 'offersTools'>;
}

/** The conversation a question belongs to; what stands in for a missing one is never shared by two agents. */
export function sessionOf(asked: Asked): { id: string; assumed: boolean } {
  if (asked.sessionId !== undefined) return { id: asked.sessionId, assumed: false };
  return { id: asked.trace?.traceId ?? `agent:${asked.agent.id}`, assumed: true };
}

/**
 * The event that stands for the question. Asking again about the same call gives the same id, so that a caller that
 * waits for an approval, or repeats a lost request, makes one call and not many.
 *
 * `decisionId` makes the id where the call has none of its own.
 */
export function eventOf(
  asked: Asked,
  of: { tenant: string; trust: Trust; nowMs: number; decisionId: string },
): TelemetryEvent {
  const session = sessionOf(asked);
  const base = {
    schemaVersion: SCHEMA_VERSION as typeof SCHEMA_VERSION,
    id: `inline:${shortHash(of.tenant, asked.agent.id, session.id, asked.kind, asked.name, ...callOf(asked, of.decisionId))}`,
    tenant: of.tenant,
    timeMs: asked.timeMs ?? of.nowMs,
    receivedAtMs: of.nowMs,
    streamKey: streamKeyOf(of.tenant, asked.service, asked.agent.id),
    agent: asked.agent,
    session: { id: session.id },
    ...(asked.userId === undefined ? {} : { user: { id: asked.userId } }),
    ...(asked.service === undefined ? {} : { service: asked.service }),
    trust: of.trust,
    ...(asked.trace === undefined ? {} : { trace: asked.trace }),
    source: { dialect: 'inline' as const },
    ...(session.assumed ? { assumed: ['session.id' as const] } : {}),
  };
  switch (asked.kind) {
    case 'tool':
      return {
        ...base,
        kind: 'tool.call',
        tool: asked.name,
        ...(asked.toolCallId === undefined ? {} : { toolCallId: asked.toolCallId }),
        ...(asked.server === undefined ? {} : { server: asked.server }),
        ...(asked.description === undefined ? {} : { description: asked.description }),
        ...(asked.arguments === undefined ? {} : { arguments: asked.arguments }),
      };
    case 'model':
      return { ...base, kind: 'model.call', model: asked.name };
    case 'retrieval': {
      const query = textOf(asked.arguments, 'query');
      return { ...base, kind: 'retrieval', dataset: asked.name, ...(query === undefined ? {} : { query }) };
    }
    case 'message': {
      const text = textOf(asked.arguments, 'text');
      return {
        ...base,
        kind: 'message',
        from: asked.agent.id,
        to: asked.name,
        ...(text === undefined ? {} : { text }),
      };
    }
  }
}

/** A model may give an id that it has used before to another call, so what is asked for is part of a call's identity. */
function callOf(asked: Asked, decisionId: string): string[] {
  return asked.toolCallId === undefined ? [decisionId] : [asked.toolCallId, JSON.stringify(asked.arguments) ?? ''];
}

function textOf(value: unknown, key: string): string | undefined {
  if (typeof value === 'string') return value;
  const inner = value !== null && typeof value === 'object' ? (value as Record<string, unknown>)[key] : undefined;
  return typeof inner === 'string' ? inner : undefined;
}
