/** What a source has taken in, for logs and health. */
export interface Counters {
  requests: number;
  bytes: number;
  items: number;
  events: number;
  /** In no dialect that is read. */
  ignored: number;
  refused: number;
  /** Requests for `/v1/metrics`: accepted, not used. */
  metrics: number;
  /** Asked to come again later. */
  deferred: number;
}

export function newCounters(): Counters {
  return { requests: 0, bytes: 0, items: 0, events: 0, ignored: 0, refused: 0, metrics: 0, deferred: 0 };
}
