/** A write as drivers take it: its value is serialized when the write is asked for, since the caller's object lives on. */
import { StepdownError } from '../errors.js';
import type { Write } from './types.js';

export interface SerializedWrite extends Omit<Write, 'value'> {
  /** `null` deletes. */
  json: string | null;
}

/** @throws StepdownError `input-malformed` for what is no JSON */
export function serializeWrite({ value, ...rest }: Write): SerializedWrite {
  if (value === undefined) return { ...rest, json: null };
  const json = JSON.stringify(value) as string | undefined;
  if (json === undefined) throw new StepdownError('input-malformed', `the document ${rest.key} is no JSON`);
  return { ...rest, json };
}
