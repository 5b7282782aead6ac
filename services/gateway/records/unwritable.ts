/** What is kept of a record that no stream takes: which it was and why, without what stood in it. Pure. */
import { letterOf, tenantNamedBy } from '../../runtime/dead-letter.js';
import { shortHash } from '../../runtime/hash.js';
import type { AnyOutgoing } from '../../runtime/stream/types.js';

/** `undefined`: it was a dead letter itself. The same record is one letter, however often it comes. */
export function unwritable({ topic, key, value }: AnyOutgoing, reason: string, atMs: number): AnyOutgoing | undefined {
  if (topic === 'deadletter') return undefined;
  const { id: own } = ((value as unknown) ?? {}) as { id?: unknown };
  const named = typeof own === 'string' ? own : undefined;
  return letterOf({
    id: shortHash('unwritable', topic, key, named ?? ''),
    tenant: tenantNamedBy(value),
    atMs,
    source: `gateway:${topic}/${named ?? key}`.slice(0, 600),
    reason: { code: 'unwritable', text: reason.slice(0, 1_000) },
    format: `stepdown/${topic}`,
    redacted: true,
  });
}
