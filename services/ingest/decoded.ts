/** What reading a request gave: events, and what could not be read with its place. */
import type { TelemetryEvent } from '../../schemas/event.js';
import type { Resource } from './span.js';

/** What could not be read, and where. */
export interface Refusal {
  /** JSON pointer into the request. */
  pointer: string;
  code: 'malformed' | 'no-trace-id' | 'no-span-id' | 'no-time' | 'refused';
  message: string;
  /** A request that holds the span or record alone, for the dead-letter stream. */
  payload: unknown;
}

export interface Decoded {
  /** In time order. */
  events: TelemetryEvent[];
  refused: Refusal[];
  /** Spans or log records in the request. */
  items: number;
  /** Of these, how many are in no dialect that is read (HTTP, databases, …): accepted, and no event. */
  ignored: number;
}

/** Where a span or record stands; one object for a whole scope, so copy what is kept. */
export interface ItemPlace {
  /** JSON pointer. */
  pointer: string;
  resource: Resource;
  scope: string;
  /** The item as a request of its own. */
  alone: (raw: unknown) => unknown;
}
