/** What is kept of a record that no stream takes: which it was and why, without what stood in it. Pure. */
import { SCHEMA_VERSION } from '../../../schemas/common.js';
import { shortHash } from '../../runtime/hash.js';
import type { AnyOutgoing } from '../../runtime/stream/types.js';

/** `undefined`: it was a dead letter itself. The same record is one letter, however often it comes. */
export function unwritable({ topic, key, value }: AnyOutgoing, reason: string, atMs: number): AnyOutgoing | undefined {
  if (topic === 'deadletter') return undefined;
  const { id: named, tenant } = ((value as unknown) ?? {}) as { id?: unknown; tenant?: unknown };
  const id = shortHash('unwritable', topic, key, typeof named === 'string' ? named : '');
  return {
    topic: 'deadletter',
    key: id,
    value: {
      schemaVersion: SCHEMA_VERSION,
      id,
      tenant: typeof tenant === 'string' && tenant !== '' ? tenant : 'default',
      atMs,
      source: `gateway:${topic}/${typeof named === 'string' ? named : key}`.slice(0, 600),
      reason: { code: 'unwritable', text: reason.slice(0, 1_000) },
      format: `stepdown/${topic}`,
      redacted: true,
    },
  };
}
