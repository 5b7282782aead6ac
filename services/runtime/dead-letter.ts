/** What is kept of an input on which a machine failed. */
import { SCHEMA_VERSION } from '../../schemas/common.js';
import type { DeadLetter } from '../../schemas/deadletter.js';
import { shortHash } from './hash.js';
import type { Outgoing } from './stream/types.js';

export interface FailedInput {
  machine: string;
  /** `topic/partition@offset` or `timer/id@due`. */
  what: string;
  value: unknown;
  cause: unknown;
  atMs: number;
  /** Whether the input itself is kept; it may hold texts of users. */
  keep: boolean;
}

/** A dead letter as the stream takes it: under its own id, so that the same one is there once. */
export function letterOf(letter: Omit<DeadLetter, 'schemaVersion'>): Outgoing<'deadletter'> {
  return { topic: 'deadletter', key: letter.id, value: { schemaVersion: SCHEMA_VERSION, ...letter } };
}

/** The tenant that a value names, as far as it can be read. */
export function tenantNamedBy(value: unknown): string {
  const named = (value as { tenant?: unknown } | null | undefined)?.tenant;
  return typeof named === 'string' && named !== '' ? named : 'default';
}

/** The same input of the same machine always gives the same id, however often it is tried. */
export function deadLetterOf({ machine, what, value, cause, atMs, keep }: FailedInput): Outgoing<'deadletter'> {
  return letterOf({
    id: shortHash('deadletter', machine, what),
    tenant: tenantNamedBy(value),
    atMs,
    source: what,
    reason: { code: 'step-failed', text: `${machine}: ${cause instanceof Error ? cause.message : String(cause)}` },
    format: `stepdown/${what.split('/')[0] ?? 'record'}`,
    ...(keep ? { payload: value } : {}),
    redacted: !keep,
  });
}
