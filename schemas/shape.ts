/**
 * Whether a stored value has what its noun must have, by the noun's schema: everything that is required is there and of its
 * JSON type. Words, lengths and ranges are not looked at, and what is there beyond the schema is let be: that is what a
 * newer writer may have changed. So it is quick, and tells a record from somebody else's JSON.
 */
import { type TSchema, Type } from '@sinclair/typebox';
import { Approval } from './approval.js';
import { AuditEntry } from './audit.js';
import { Tenant } from './common.js';
import { Contraction } from './contraction.js';
import { DeadLetter } from './deadletter.js';
import { Decision } from './decision.js';
import { TelemetryEvent } from './event.js';
import { Incident } from './incident.js';
import { Signal } from './signal.js';
import type { Topic } from './topics.js';

/** @returns JSON pointer of what is missing or of another type; `undefined`: nothing is */
export type Shape = (value: unknown) => string | undefined;

/** Properties by which unions of objects are told apart. */
const TELLING = ['kind', 'do'];

const right = (): undefined => undefined;
const when =
  (is: (value: unknown) => boolean): Shape =>
  (value) =>
    is(value) ? undefined : '';

/** @param depth how many levels of objects are looked into */
export function shapeOf(schema: TSchema, depth: number): Shape {
  if (Array.isArray(schema['anyOf'])) return shapeOfUnion(schema['anyOf'] as TSchema[], depth);
  switch (schema['type'] as unknown) {
    case 'object':
      return shapeOfObject(schema, depth);
    case 'array':
      return when(Array.isArray);
    case 'string':
    case 'boolean':
      return when((value) => typeof value === schema['type']);
    case 'number':
    case 'integer':
      return when(Number.isFinite);
    default:
      return right;
  }
}

function shapeOfObject(schema: TSchema, depth: number): Shape {
  const properties = (schema['properties'] ?? {}) as Record<string, TSchema>;
  const required = ((schema['required'] ?? []) as string[]).map(
    (name) => [name, depth > 0 ? shapeOf(properties[name] as TSchema, depth - 1) : right] as const,
  );
  return (value) => {
    if (value === null || typeof value !== 'object' || Array.isArray(value)) return '';
    for (const [name, shape] of required) {
      const found = shape((value as Record<string, unknown>)[name]);
      if (found !== undefined) return `/${name}${found}`;
    }
    return undefined;
  };
}

function shapeOfUnion(members: readonly TSchema[], depth: number): Shape {
  const literal = (member: TSchema, name: string): unknown =>
    (member['properties'] as Record<string, TSchema> | undefined)?.[name]?.['const'];
  const telling = TELLING.find((name) => members.every((member) => typeof literal(member, name) === 'string'));
  if (telling === undefined) {
    const shapes = members.map((member) => shapeOf(member, depth));
    return when((value) => shapes.some((shape) => shape(value) === undefined));
  }
  const shapes = new Map(members.map((member) => [literal(member, telling), shapeOf(member, depth)]));
  return (value) => {
    if (value === null || typeof value !== 'object') return '';
    const shape = shapes.get((value as Record<string, unknown>)[telling]);
    return shape === undefined ? `/${telling}` : shape(value);
  };
}

/** Without these it restricts nothing and cannot end; a record of the ledger is not set aside for anything else. */
const Restriction = Type.Pick(Contraction, [
  ...(['id', 'tenant', 'version', 'state', 'target', 'controls'] as const),
  ...(['until', 'leaseUntilMs', 'maxAtMs', 'effects'] as const),
]);
const ContractionRecord = Type.Union([
  Type.Object({ kind: Type.Literal('contraction'), contraction: Restriction }),
  Type.Object({
    kind: Type.Literal('barrier'),
    tenant: Tenant,
    eventId: Type.String(),
    replyTo: Type.String(),
  }),
  Type.Object({ kind: Type.Literal('paused'), tenant: Tenant, paused: Type.Boolean() }),
]);

/** What each topic carries, as deep as those go who read it. */
export const TOPIC_SHAPES: Readonly<Record<Topic, Shape>> = {
  telemetry: shapeOf(TelemetryEvent, 2),
  signals: shapeOf(Signal, 3),
  contractions: shapeOf(ContractionRecord, 2),
  incidents: shapeOf(Incident, 1),
  decisions: shapeOf(Decision, 1),
  approvals: shapeOf(Approval, 1),
  audit: shapeOf(AuditEntry, 1),
  deadletter: shapeOf(DeadLetter, 1),
};
