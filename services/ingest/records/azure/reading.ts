/** What a kind of Azure record becomes. */
import type { Fields } from '../fields.js';
import { MAX_ID } from '../../identity.js';

/** An event in native form: what `admit` completes, checks and inspects. */
export type NativeEvent = Record<string, unknown> & { kind: string };

export type AzureRead =
  | { as: 'events'; events: NativeEvent[]; dialect: 'entra' | 'security-alert' }
  /** A request of OTLP spans, to be read as any other. */
  | { as: 'traces'; request: unknown }
  /** Of a kind that is read elsewhere or says nothing of agents. */
  | { as: 'nothing'; what: string }
  /** A kind that is read, without what makes it one. */
  | { as: 'fault'; field: string; message: string };

export type AzureReader = (fields: Fields) => AzureRead;

export const nothing = (what: string): AzureRead => ({ as: 'nothing', what });
export const fault = (field: string, message: string): AzureRead => ({ as: 'fault', field, message });
export const ofEntra = (...events: NativeEvent[]): AzureRead => ({ as: 'events', events, dialect: 'entra' });

/** An id as far as ids go. */
export function clipped(id: string): string {
  return id.slice(0, MAX_ID);
}

/** Leaves out what is not there, so that nothing stands in an event that the record does not say. */
export function defined<T extends Record<string, unknown>>(fields: T): Partial<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<T>;
}
