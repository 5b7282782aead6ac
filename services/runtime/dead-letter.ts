/** What is kept of an input on which a machine failed. */
import { SCHEMA_VERSION } from '../../schemas/common.js';
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

/** The same input of the same machine always gives the same id, however often it is tried. */
export function deadLetterOf({ machine, what, value, cause, atMs, keep }: FailedInput): Outgoing<'deadletter'> {
  const named = (value as { tenant?: unknown } | undefined)?.tenant;
  const tenant = typeof named === 'string' && named !== '' ? named : 'default';
  const id = shortHash('deadletter', machine, what);
  return {
    topic: 'deadletter',
    key: id,
    value: {
      schemaVersion: SCHEMA_VERSION,
      id,
      tenant,
      atMs,
      source: what,
      reason: { code: 'step-failed', text: `${machine}: ${cause instanceof Error ? cause.message : String(cause)}` },
      format: `stepdown/${what.split('/')[0] ?? 'record'}`,
      ...(keep ? { payload: value } : {}),
      redacted: !keep,
    },
  };
}
