/** Names made from content: the same parts give the same id on every machine and in every run. */
import { createHash } from 'node:crypto';

/**
 * Sha-256 over the parts, cut to 128 bits, as 32 hex digits. Each part is written with its length in front, so that no
 * two different lists of parts are joined to the same text (`'a','bc'` and `'ab','c'` differ).
 */
export function shortHash(...parts: string[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:${part},`);
  return hash.digest('hex').slice(0, 32);
}

/** Sha-256 of a text's UTF-8 bytes, 64 hex digits: says that two contents are the same without keeping either. */
export function contentHash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
