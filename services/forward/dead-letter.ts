/** What a sink will never get, kept so that a person can send it once more. */
import { SCHEMA_VERSION } from '../../schemas/common.js';
import type { DeadLetter } from '../../schemas/deadletter.js';
import { shortHash } from '../runtime/hash.js';
import type { OutboxEntry } from './outbox.js';
import { type ForwardRecord, recordId, type RecordKind } from './record.js';

/**
 * Kinds whose letters hold the record, and so can be sent again. A finding quotes what was attacked, and dead letters are
 * kept longer than content may be: it stays where findings are kept, and its letter only names it, as a decision's does.
 */
const KEPT_WHOLE: ReadonlySet<RecordKind> = new Set(['incident', 'contraction']);
const SOURCE = 'forward:';

/** The same version for the same sink is the same letter, however often it is given up. */
export function undeliverable(
  { sink, tenant }: Pick<OutboxEntry, 'sink' | 'tenant'>,
  record: ForwardRecord,
  reason: string,
  atMs: number,
): DeadLetter {
  const whole = KEPT_WHOLE.has(record.kind);
  return {
    schemaVersion: SCHEMA_VERSION,
    id: shortHash('forward', sink, tenant, recordId(record)),
    tenant,
    atMs,
    source: `${SOURCE}${sink}`,
    reason: { code: 'input-refused', text: reason },
    format: record.kind,
    payload: whole ? record.value : { id: record.value.id },
    redacted: !whole,
  };
}

export function sinkOf(letter: Pick<DeadLetter, 'source'>): string {
  return letter.source.startsWith(SOURCE) ? letter.source.slice(SOURCE.length) : '';
}

/** Whether this letter is forward's, not something that could not be read. */
export function isUndeliverable(letter: Pick<DeadLetter, 'source'>): boolean {
  return letter.source.startsWith(SOURCE);
}
