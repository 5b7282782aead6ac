/**
 * The sink port: where incidents go. A sink delivers a batch or says why not; it keeps no queue of its own, the outbox does.
 *
 * - `send` settles a whole batch with one outcome. After `success` every delivery of the batch is durable at the other side.
 * - After a crash the same delivery (same incident, same version) may be sent again: a sink that can tell drops the repeat,
 *   any other passes on the delivery's `id`, so that its reader can.
 * - `send` never throws for what the other side does; a thrown error is a bug.
 */
import type { Incident } from '../../schemas/incident.js';

export interface Delivery {
  /** `<incident id>:<version>`: the same for every repeat. */
  id: string;
  incident: Incident;
}

export type SendOutcome =
  | { kind: 'success' }
  /** Try again, not before `afterMs` from now where the other side named it. */
  | { kind: 'retryable'; reason: string; afterMs?: number }
  /** This delivery will never be taken; others may. */
  | { kind: 'failure'; reason: string };

export interface Sink {
  readonly name: string;
  /** How many deliveries one `send` takes. A sink that answers per delivery takes one. */
  readonly maxBatch: number;
  send(batch: readonly Delivery[]): Promise<SendOutcome>;
  close(): Promise<void>;
}

export function deliveryId(incident: Incident): string {
  return `${incident.id}:${incident.version}`;
}
