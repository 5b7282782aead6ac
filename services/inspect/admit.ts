/**
 * The door every native event comes through: validated, completed, its time held in the window, its texts inspected.
 * Bad input is answered with its place, never thrown at the caller and never obeyed (invariant 9).
 */
import { keyPart } from '../../schemas/entity.js';
import { TypeCompiler, type TypeCheck } from '@sinclair/typebox/compiler';
import type { TSchema } from '@sinclair/typebox';
import { SCHEMA_VERSION, TRUSTS, type Skip, type Trust } from '../../schemas/common.js';
import { EVENT_KINDS, type Dialect, type EventKind, type TelemetryEvent } from '../../schemas/event.js';
import type { Inspection } from '../../schemas/inspection.js';
import { shortHash } from '../runtime/hash.js';
import { deeperThan, MAX_NESTING } from '../runtime/nesting.js';
import { textsOf } from './event-texts.js';
import type { Inspector } from './inspect-text.js';

export interface AdmitContext {
  inspector: Inspector;
  receivedAtMs: number;
  /** The tenant the sender is bound to; an event that names another one is refused. Not bound: the event's own, else `default`. */
  tenant?: string;
  /** How well the sender's identities are established. An event may claim less, never more. Default `claimed`. */
  trust?: Trust;
  /** Where it was read, e.g. `file:line`; makes the id of an event that has none. */
  position?: string;
  dialect?: Dialect;
  /** How far an event's time may lie behind or ahead of its reception. Defaults: 1 day, 5 minutes. */
  latenessMs?: number;
  skewMs?: number;
  /** Set for decision points only: they may hand in their decision and wait for an answer. */
  inline?: boolean;
}

export type Admitted =
  | { ok: true; event: TelemetryEvent }
  | { ok: false; code: 'input-malformed' | 'input-refused' | 'schema-too-new'; message: string; pointer: string };

const DAY_MS = 86_400_000;
export const DEFAULT_LATENESS_MS = DAY_MS;
export const DEFAULT_SKEW_MS = 300_000;

const checks = new Map<EventKind, TypeCheck<TSchema>>();

/** Compiled when the kind is first seen: most agents send four of them. */
function checkOf(kind: EventKind): TypeCheck<TSchema> {
  let check = checks.get(kind);
  if (check === undefined) {
    check = TypeCompiler.Compile(EVENT_KINDS[kind]);
    checks.set(kind, check);
  }
  return check;
}

function refused(
  code: 'input-malformed' | 'input-refused' | 'schema-too-new',
  pointer: string,
  message: string,
): Admitted {
  return { ok: false, code, message, pointer };
}

/** A native event as sent → a telemetry event, or what is wrong with it and where. The input is not changed. */
export function admit(input: unknown, context: AdmitContext): Admitted {
  if (input === null || typeof input !== 'object' || Array.isArray(input))
    return refused('input-malformed', '', 'an event is a JSON object');
  const sent = input as Record<string, unknown>;
  if (deeperThan(sent, MAX_NESTING)) return refused('input-malformed', '', `nested deeper than ${MAX_NESTING} levels`);
  const { kind } = sent;
  if (typeof kind !== 'string' || !Object.hasOwn(EVENT_KINDS, kind)) {
    return refused('input-malformed', '/kind', `\`kind\` must be one of ${Object.keys(EVENT_KINDS).join(', ')}`);
  }
  if (typeof sent['schemaVersion'] === 'number' && sent['schemaVersion'] > SCHEMA_VERSION) {
    return refused(
      'schema-too-new',
      '/schemaVersion',
      `the event has schema version ${sent['schemaVersion']}, this build reads up to ${SCHEMA_VERSION}`,
    );
  }
  const tenant = context.tenant ?? sent['tenant'] ?? 'default';
  if (typeof tenant !== 'string') return refused('input-malformed', '/tenant', 'a tenant is a text');
  if (context.tenant !== undefined && sent['tenant'] !== undefined && sent['tenant'] !== context.tenant) {
    return refused('input-refused', '/tenant', 'the sender does not speak for this tenant');
  }
  const completed = completedEvent(sent, tenant, context);
  if ('message' in completed) return refused('input-malformed', completed.pointer, completed.message);
  const check = checkOf(kind as EventKind);
  if (!check.Check(completed.event)) {
    const error = check.Errors(completed.event).First();
    return refused(
      'input-malformed',
      error?.path ?? '',
      `${error?.message ?? 'not a valid event'}${error?.path === undefined ? '' : ` at ${error.path}`}`,
    );
  }
  return { ok: true, event: inspectEvent(completed.event as TelemetryEvent, context.inspector) };
}

function completedEvent(
  sent: Record<string, unknown>,
  tenant: string,
  context: AdmitContext,
): { event: unknown } | { message: string; pointer: string } {
  const { receivedAtMs, position } = context;
  const assumed: ('agent.id' | 'session.id' | 'time')[] = [];
  const service = typeof sent['service'] === 'string' && sent['service'].length > 0 ? sent['service'] : undefined;

  const id = sent['id'] ?? (position === undefined ? undefined : shortHash(tenant, 'native', position));
  if (id === undefined) return { message: 'an event needs an `id` where its source has no position', pointer: '/id' };

  let agent = sent['agent'];
  if (agent === undefined) {
    agent = { id: service ?? 'unknown' };
    assumed.push('agent.id');
  }
  const agentId = (agent as { id?: unknown } | null)?.id;
  if (typeof agentId !== 'string') {
    const isObject = agent !== null && typeof agent === 'object' && !Array.isArray(agent);
    return { message: 'an agent is an object with an `id`', pointer: isObject ? '/agent/id' : '/agent' };
  }
  const trace = sent['trace'] as { traceId?: unknown } | null | undefined;
  let session = sent['session'];
  if (session === undefined) {
    // Without a conversation id the trace is the conversation; without either, all the agent does is one.
    session = { id: typeof trace?.traceId === 'string' ? trace.traceId : `agent:${agentId}` };
    assumed.push('session.id');
  }
  let timeMs = sent['timeMs'];
  if (timeMs === undefined) {
    timeMs = receivedAtMs;
    assumed.push('time');
  }
  const clamped =
    typeof timeMs === 'number' && Number.isFinite(timeMs)
      ? clampTime(timeMs, receivedAtMs, context.latenessMs, context.skewMs)
      : undefined;

  const { inspections: _inspections, clamped: _clamped, decision, replyTo, ...rest } = sent;
  const trust = lowerTrust(sent['trust'], context.trust ?? 'claimed');
  return {
    event: {
      ...rest,
      ...(context.inline === true && decision !== undefined ? { decision } : {}),
      ...(context.inline === true && replyTo !== undefined ? { replyTo } : {}),
      schemaVersion: sent['schemaVersion'] ?? SCHEMA_VERSION,
      id,
      tenant,
      agent,
      session,
      timeMs: clamped?.timeMs ?? timeMs,
      receivedAtMs,
      streamKey: streamKeyOf(tenant, service, agentId),
      trust,
      source: { dialect: context.dialect ?? 'native', ...(position === undefined ? {} : { position }) },
      ...(assumed.length > 0 ? { assumed } : {}),
      ...(clamped?.clamped === undefined ? {} : { clamped: clamped.clamped }),
    },
  };
}

/** What decides order and partition (docs/adr/0001): the service, else the agent. Parts are encoded, so keys cannot collide. */
export function streamKeyOf(tenant: string, service: string | undefined, agentId: string): string {
  return service === undefined
    ? `${keyPart(tenant)}/agent/${keyPart(agentId)}`
    : `${keyPart(tenant)}/${keyPart(service)}`;
}

/** Holds an event's time in [received − lateness, received + skew] (invariant 10). */
export function clampTime(
  timeMs: number,
  receivedAtMs: number,
  latenessMs = DEFAULT_LATENESS_MS,
  skewMs = DEFAULT_SKEW_MS,
): { timeMs: number; clamped?: 'late' | 'early' } {
  if (timeMs < receivedAtMs - latenessMs) return { timeMs: receivedAtMs - latenessMs, clamped: 'late' };
  if (timeMs > receivedAtMs + skewMs) return { timeMs: receivedAtMs + skewMs, clamped: 'early' };
  return { timeMs };
}

function lowerTrust(claimed: unknown, most: Trust): unknown {
  if (claimed === undefined) return most;
  const rank = TRUSTS.indexOf(claimed as Trust);
  return rank < 0 ? claimed : TRUSTS[Math.min(rank, TRUSTS.indexOf(most))];
}

const CONTENT_KINDS: ReadonlySet<EventKind> = new Set([
  'prompt',
  'tool.result',
  'memory.write',
  'message',
  'retrieval',
]);
const NOT_SENT: Skip = Object.freeze({ check: 'inspection', reason: 'content: not sent' });

/**
 * Reads every text of an event that reaches a model or leaves it, and stores the verdicts with it. Anything that was not
 * read is said in `skipped` (invariant 11). Gives the same event object where there is nothing to add.
 */
export function inspectEvent(event: TelemetryEvent, inspector: Inspector): TelemetryEvent {
  const texts = textsOf(event);
  if (texts.length === 0) {
    if (!CONTENT_KINDS.has(event.kind) || event.skipped?.some((skip) => skip.check === 'inspection') === true)
      return event;
    return { ...event, skipped: [...(event.skipped ?? []), NOT_SENT] };
  }
  const inspections: Inspection[] = [];
  const skipped: Skip[] = [...(event.skipped ?? [])];
  for (const { at, role, text } of texts) {
    const { hash, verdict, unread } = inspector.read(text, role);
    inspections.push({ hash, at, role, chars: text.length, verdict });
    if (unread !== undefined) skipped.push({ check: `inspection:${at}`, reason: unread });
    else if (verdict.kind === 'skipped') skipped.push({ check: `inspection:${at}`, reason: verdict.reason });
  }
  return { ...event, inspections, ...(skipped.length > 0 ? { skipped } : {}) };
}
