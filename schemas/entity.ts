/** What can have a risk or a contraction: always within a tenant. */
import { type Static } from '@sinclair/typebox';
import { Id, OneOf, Strict, Tenant } from './common.js';

export const ENTITY_TYPES = [
  'agent',
  'blueprint',
  'session',
  'user',
  'tool',
  'model',
  'dataset',
  'mcp-server',
] as const;
export type EntityType = (typeof ENTITY_TYPES)[number];

export const EntityRef = Strict({
  tenant: Tenant,
  type: OneOf(ENTITY_TYPES, 'What kind of thing this is.'),
  id: Id,
});
export type EntityRef = Static<typeof EntityRef>;

/**
 * The key of an entity in stores and streams: `tenant/type/id`, each part percent-encoded, so that no
 * tenant, id or name can spell another entity's key.
 */
export function entityKey(entity: EntityRef): string {
  return `${encodeURIComponent(entity.tenant)}/${entity.type}/${encodeURIComponent(entity.id)}`;
}

/** Reads back what {@link entityKey} wrote; `undefined` where the text is no such key. */
export function parseEntityKey(key: string): EntityRef | undefined {
  const parts = key.split('/');
  if (parts.length !== 3) return undefined;
  const [tenant, type, id] = parts as [string, string, string];
  if (!(ENTITY_TYPES as readonly string[]).includes(type)) return undefined;
  try {
    return { tenant: decodeURIComponent(tenant), type: type as EntityType, id: decodeURIComponent(id) };
  } catch {
    return undefined;
  }
}

export function sameEntity(a: EntityRef, b: EntityRef): boolean {
  return a.type === b.type && a.id === b.id && a.tenant === b.tenant;
}
