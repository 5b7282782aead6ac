/** Holds a resource against the published types of Azure's APIs (tests/fixtures/azure). */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

type PublishedType = { required?: true; readOnly?: true } & (
  | { t: 'object'; properties: Record<string, PublishedType>; more?: PublishedType }
  | { t: 'oneOf'; by: string; properties: Record<string, PublishedType>; elements: Record<string, PublishedType> }
  | { t: 'array'; items: PublishedType; minLength?: number; maxLength?: number }
  | { t: 'union'; of: PublishedType[] }
  | { t: 'literal'; value: string }
  | { t: 'string'; minLength?: number; maxLength?: number; pattern?: string }
  | { t: 'integer'; minValue?: number; maxValue?: number }
  | { t: 'boolean' | 'any' }
);

const TYPES = JSON.parse(
  readFileSync(join(import.meta.dirname, '..', '..', 'fixtures', 'azure', 'resource-types.json'), 'utf8'),
) as Record<string, PublishedType>;

/** The versions that are published here, of a type of resource. */
export function publishedVersion(type: string): string | undefined {
  return Object.keys(TYPES)
    .find((name) => name.startsWith(`${type}@`))
    ?.slice(type.length + 1);
}

/** What stands around a resource in a template and is not the resource's own. */
const TEMPLATE_KEYS = new Set(['condition', 'dependsOn', 'scope', 'comments']);

/** What is wrong with a resource of a template, each with its place. */
export function faultsOf(resource: Record<string, unknown> & { type: string }): string[] {
  const version = publishedVersion(resource.type);
  const type = TYPES[`${resource.type}@${version ?? ''}`];
  if (type === undefined) return [`nothing is published of ${resource.type}`];
  const own = Object.entries(resource).filter(([key]) => !TEMPLATE_KEYS.has(key));
  return faults(Object.fromEntries([...own, ['apiVersion', version]]), type, '');
}

/** Whether a path of properties is there, e.g. `properties.endpoints.logsIngestion`. */
export function hasPath(type: string, path: string): boolean {
  let at = TYPES[`${type}@${publishedVersion(type) ?? ''}`];
  for (const part of path.split('.')) {
    if (at === undefined || (at.t !== 'object' && at.t !== 'oneOf')) return false;
    at = at.properties[part];
  }
  return at !== undefined;
}

/** What a template works out when it is deployed; its type is not known before. */
const isExpression = (value: unknown): boolean =>
  typeof value === 'string' && value.startsWith('[') && !value.startsWith('[[');

function faults(value: unknown, type: PublishedType, at: string): string[] {
  const place = at === '' ? '/' : at;
  if (isExpression(value)) return type.t === 'object' || type.t === 'array' ? [`${place}: an expression`] : [];
  switch (type.t) {
    case 'any':
      return [];
    case 'boolean':
      return typeof value === 'boolean' ? [] : [`${place}: no boolean`];
    case 'integer':
      if (!Number.isInteger(value)) return [`${place}: no integer`];
      return (value as number) < (type.minValue ?? -Infinity) || (value as number) > (type.maxValue ?? Infinity)
        ? [`${place}: out of range`]
        : [];
    case 'literal':
      return value === type.value ? [] : [`${place}: not ${type.value}`];
    case 'string':
      if (typeof value !== 'string') return [`${place}: no text`];
      if (value.length < (type.minLength ?? 0) || value.length > (type.maxLength ?? Infinity))
        return [`${place}: ${value.length} characters`];
      return type.pattern === undefined || new RegExp(type.pattern).test(value)
        ? []
        : [`${place}: not ${type.pattern}`];
    case 'union': {
      // A set that is left open (`string` beside its words) is held to the words that are published.
      const words = type.of.filter(({ t }) => t === 'literal');
      return (words.length > 0 ? words : type.of).some((each) => faults(value, each, at).length === 0)
        ? []
        : [`${place}: ${JSON.stringify(value)} is none of ${type.of.map(shown).join(', ')}`];
    }
    case 'array':
      if (!Array.isArray(value)) return [`${place}: no list`];
      if (value.length < (type.minLength ?? 0) || value.length > (type.maxLength ?? Infinity))
        return [`${place}: ${value.length} items`];
      return value.flatMap((item, index) => faults(item, type.items, `${at}/${index}`));
    case 'object':
      return members(value, type.properties, type.more, at);
    case 'oneOf': {
      const element = type.elements[String((value as Record<string, unknown> | null)?.[type.by])];
      if (element?.t !== 'object') return [`${place}: no such ${type.by}`];
      return members(value, { ...type.properties, ...element.properties }, element.more, at);
    }
  }
}

function members(
  value: unknown,
  properties: Record<string, PublishedType>,
  more: PublishedType | undefined,
  at: string,
): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [`${at}: no object`];
  const there = value as Record<string, unknown>;
  const missing = Object.entries(properties)
    .filter(([name, { required, readOnly }]) => required === true && readOnly !== true && !(name in there))
    .map(([name]) => `${at}/${name}: is missing`);
  const wrong = Object.entries(there).flatMap(([name, item]) => {
    const type = properties[name] ?? more;
    if (type === undefined) return [`${at}/${name}: there is no such property`];
    if (type.readOnly === true && name !== 'type' && name !== 'apiVersion') return [`${at}/${name}: cannot be set`];
    return faults(item, type, `${at}/${name}`);
  });
  return [...missing, ...wrong];
}

const shown = (type: PublishedType): string => (type.t === 'literal' ? type.value : type.t);
