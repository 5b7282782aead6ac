/** An incident version that a sink will never get, kept so that a person can send it once more. */
import { SCHEMA_VERSION } from '../../schemas/common.js';
import type { DeadLetter } from '../../schemas/deadletter.js';
import type { Incident } from '../../schemas/incident.js';
import { shortHash } from '../runtime/hash.js';
import type { OutboxEntry } from './outbox.js';
import { deliveryId } from './sink.js';

export const LETTER_FORMAT = 'incident';
const SOURCE = 'forward:';

/** The same version for the same sink is the same letter, however often it is given up. */
export function undeliverable(
  { sink, tenant }: Pick<OutboxEntry, 'sink' | 'tenant'>,
  incident: Incident,
  reason: string,
  atMs: number,
): DeadLetter {
  return {
    schemaVersion: SCHEMA_VERSION,
    id: shortHash('forward', sink, tenant, deliveryId(incident)),
    tenant,
    atMs,
    source: `${SOURCE}${sink}`,
    reason: { code: 'input-refused', text: reason },
    format: LETTER_FORMAT,
    payload: incident,
    redacted: false,
  };
}

export function sinkOf(letter: Pick<DeadLetter, 'source'>): string {
  return letter.source.startsWith(SOURCE) ? letter.source.slice(SOURCE.length) : '';
}
