/** A document as write.lua stores it: `version epoch partition offset token\nJSON`. Version 0: deleted. */
import { StepdownError } from '../../errors.js';
import type { Document, Seen } from '../types.js';

const HEAD = /^(\d+) (\S+) (\S+) (\S+) \S+$/;

/** `undefined` for what is absent or deleted. Throws `store-corrupt` for what no write of ours has stored. */
export function documentOf<T>(key: string, record: string | null | undefined): Document<T> | undefined {
  if (record === null || record === undefined || record === '') return undefined;
  const end = record.indexOf('\n');
  const [, version, epoch, partition, offset] = HEAD.exec(record.slice(0, Math.max(0, end))) ?? [];
  if (version === undefined) throw corrupt(key);
  if (version === '0') return undefined;
  const seen: Seen | undefined =
    offset === '-' ? undefined : { epoch: Number(epoch), partition: Number(partition), offset: Number(offset) };
  return {
    key,
    value: valueOf(key, record.slice(end + 1)) as T,
    version: Number(version),
    ...(seen === undefined ? {} : { seen }),
  };
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
