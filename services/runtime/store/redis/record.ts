/** A document as write.lua stores it: `version epoch partition offset token\nJSON`. Version 0: deleted. */
import { StepdownError } from '../../errors.js';
import type { Document, Seen, StoredText } from '../types.js';

const HEAD = /^(\d+) (\S+) (\S+) (\S+) \S+$/;

/** `undefined` for what is absent or deleted. Throws `store-corrupt` for what no write of ours has stored. */
export function documentOf<T>(key: string, record: string | null | undefined): Document<T> | undefined {
  const parts = partsOf(key, record);
  if (parts === undefined) return undefined;
  const { version, seen, text } = parts;
  return { key, value: valueOf(key, text) as T, version, ...(seen === undefined ? {} : { seen }) };
}

/** The same, with its value as it is written. */
export function textOf(key: string, record: string | null | undefined): StoredText | undefined {
  const parts = partsOf(key, record);
  return parts && { key, text: parts.text };
}

function partsOf(
  key: string,
  record: string | null | undefined,
): { version: number; seen: Seen | undefined; text: string } | undefined {
  if (record === null || record === undefined || record === '') return undefined;
  const end = record.indexOf('\n');
  const [, version, epoch, partition, offset] = HEAD.exec(record.slice(0, Math.max(0, end))) ?? [];
  if (version === undefined) throw corrupt(key);
  if (version === '0') return undefined;
  const seen: Seen | undefined =
    offset === '-' ? undefined : { epoch: Number(epoch), partition: Number(partition), offset: Number(offset) };
  return { version: Number(version), seen, text: record.slice(end + 1) };
}

export function corrupt(key: string, cause?: unknown): StepdownError {
  return new StepdownError('store-corrupt', `what Redis holds for ${key} is no document of ours`, {
    mend: 'give Stepdown a `store.redis.prefix` of its own, or restore Redis from a backup',
    cause,
  });
}

function valueOf(key: string, json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw corrupt(key, cause);
  }
}
