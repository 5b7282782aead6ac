/** Words that several nouns share. Every other schema builds on these; see GLOSSARY.md. */
import { Kind, type Static, type TSchema, Type, TypeRegistry } from '@sinclair/typebox';

/** The version written into every stored record; a reader migrates older ones and refuses newer ones. */
export const SCHEMA_VERSION = 1;

export interface TOneOf<T extends string> extends TSchema {
  [Kind]: 'OneOf';
  static: T;
  type: 'string';
  enum: T[];
}

TypeRegistry.Set<TOneOf<string>>('OneOf', (schema, value) => typeof value === 'string' && schema.enum.includes(value));

/** A closed set of strings: an `enum` in JSON Schema, a union of literals in TypeScript. */
export function OneOf<const T extends readonly string[]>(values: T, description: string): TOneOf<T[number]> {
  return {
    [Kind]: 'OneOf',
    type: 'string',
    enum: [...values],
    ...(description === '' ? {} : { description }),
  } as TOneOf<T[number]>;
}

export const Id = Type.String({ minLength: 1, maxLength: 512 });
export const TimeMs = Type.Number({
  description: 'Milliseconds since 1970-01-01 UTC; fractions keep the order of close events.',
});
export const DurationMs = Type.Number({ minimum: 0, description: 'Length in milliseconds.' });
export const Probability = Type.Number({ minimum: 0, maximum: 1 });
export const Tenant = Type.String({
  minLength: 1,
  maxLength: 128,
  description: 'Whose data this is; `default` where there is only one.',
});
export const SchemaVersion = Type.Literal(SCHEMA_VERSION);

export const PILLARS = [
  'identity',
  'devices',
  'network',
  'applications',
  'data',
  'infrastructure',
  'governance',
] as const;
export const Pillar = OneOf(PILLARS, 'Zero Trust pillar (`applications` stands for applications and workloads).');
export type Pillar = (typeof PILLARS)[number];

export const SEVERITIES = ['informational', 'low', 'medium', 'high'] as const;
export const Severity = OneOf(SEVERITIES, 'How much a person should care; the four levels Sentinel has.');
export type Severity = (typeof SEVERITIES)[number];

/** The graver of two severities. */
export function graver(a: Severity, b: Severity): Severity {
  return SEVERITIES.indexOf(a) >= SEVERITIES.indexOf(b) ? a : b;
}

export const TRUSTS = ['claimed', 'authenticated', 'attested'] as const;
export const Trust = OneOf(TRUSTS, 'How an identity was established, weakest first.');
export type Trust = (typeof TRUSTS)[number];

/** Something that was not checked, and why (invariant 11: anything skipped is said). */
export const Skip = Type.Object({ check: Type.String(), reason: Type.String() }, { additionalProperties: false });
export type Skip = Static<typeof Skip>;

export const EFFECT_CLASSES = [
  'read',
  'write',
  'send',
  'pay',
  'execute',
  'delete',
  'share',
  'authenticate',
  'unknown',
] as const;
/** What calling a tool does to the world. `unknown` is treated as side-effecting. */
export const EffectClass = OneOf(EFFECT_CLASSES, 'What calling a tool does to the world.');
export type EffectClass = (typeof EFFECT_CLASSES)[number];

/** An object that refuses keys it does not know. */
export function Strict<T extends Record<string, TSchema>>(properties: T, description?: string) {
  return Type.Object(properties, {
    additionalProperties: false,
    ...(description === undefined ? {} : { description }),
  });
}
