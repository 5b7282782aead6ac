/** Example values from the schema, for the mends of the check. */
import type { TSchema } from '@sinclair/typebox';

const UNKNOWN = '…';
const MOST_CHOICES = 8;

/** What could stand there, so that nobody has to look up what kind of value it is. */
export function exampleOf(schema: TSchema | undefined): string {
  if (schema === undefined) return UNKNOWN;
  if (Array.isArray(schema['enum'])) return (schema['enum'] as unknown[]).slice(0, MOST_CHOICES).join(' | ');
  if (Array.isArray(schema['anyOf']))
    return (schema['anyOf'] as TSchema[]).map(exampleOf).find((example) => example !== UNKNOWN) ?? UNKNOWN;
  if (schema['format'] === 'stepdown-duration') return '15m';
  if (schema['type'] === 'integer' || schema['type'] === 'number')
    return String(Math.max(1, Number(schema['minimum'] ?? 1)));
  if (schema['type'] === 'array') return `[${exampleOf(schema['items'] as TSchema | undefined)}]`;
  return UNKNOWN;
}
