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

/** What percent-encoding leaves as it is. */
const PLAIN = /^[A-Za-z0-9_.!~*'()-]*$/;

/**
 * One part of a key: percent-encoded, so that no text can spell a separator. Total and injective: half a surrogate pair,
 * which percent-encoding refuses, becomes `%uXXXX`.
 */
export function keyPart(text: string): string {
  // Most ids need no encoding, and keys are built for every event.
  if (PLAIN.test(text)) return text;
  if (text.isWellFormed()) return encodeURIComponent(text);
  let out = '';
  for (const character of text) {
    out += character.isWellFormed()
      ? encodeURIComponent(character)
      : `%u${character.charCodeAt(0).toString(16).toUpperCase()}`;
  }
  return out;
}

/** Reads back what {@link keyPart} wrote. Throws a URIError where the text is no such part. */
export function readKeyPart(part: string): string {
  return part
    .split(/(%u[0-9A-F]{4})/)
    .map((piece) =>
      /^%u[0-9A-F]{4}$/.test(piece) ? String.fromCharCode(parseInt(piece.slice(2), 16)) : decodeURIComponent(piece),
    )
    .join('');
}

/**
 * The key of an entity in stores and streams: `tenant/type/id`, each part percent-encoded, so that no
 * tenant, id or name can spell another entity's key.
 */
export function entityKey(entity: EntityRef): string {
  return `${keyPart(entity.tenant)}/${entity.type}/${keyPart(entity.id)}`;
}

/** Reads back what {@link entityKey} wrote; `undefined` where the text is no such key. */
export function parseEntityKey(key: string): EntityRef | undefined {
  const parts = key.split('/');
  if (parts.length !== 3) return undefined;
  const [tenant, type, id] = parts as [string, string, string];
  if (!(ENTITY_TYPES as readonly string[]).includes(type)) return undefined;
  try {
    return { tenant: readKeyPart(tenant), type: type as EntityType, id: readKeyPart(id) };
  } catch {
    return undefined;
  }
}

export function sameEntity(a: EntityRef, b: EntityRef): boolean {
  return a.type === b.type && a.id === b.id && a.tenant === b.tenant;
}
