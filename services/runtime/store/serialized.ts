/** A write as drivers take it: its value is serialized when the write is asked for, since the caller's object lives on. */
import { StepdownError } from '../errors.js';
import type { Write } from './types.js';

export interface SerializedWrite extends Omit<Write, 'value' | 'json'> {
  /** `null` deletes. */
  json: string | null;
}

/**
 * @param known texts of objects that were serialized in the same turn already: a contraction is told and kept
 * @throws StepdownError `input-malformed` for what is no JSON
 */
export function serializeWrite({ value, json, ...rest }: Write, known?: ReadonlyMap<object, string>): SerializedWrite {
  if (json !== undefined) return { ...rest, json };
  if (value === undefined) return { ...rest, json: null };
  const text = known?.get(value as object) ?? JSON.stringify(value);
  if (text === undefined) throw new StepdownError('input-malformed', `the document ${rest.key} is no JSON`);
  return { ...rest, json: text };
}
