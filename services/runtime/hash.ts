/** Names made from content: the same parts give the same id on every machine and in every run. */
import { hash } from 'node:crypto';

/**
 * Sha-256 over the parts, cut to 128 bits, as 32 hex digits. Each part is written with its length in front, so that no
 * two different lists of parts are joined to the same text (`'a','bc'` and `'ab','c'` differ).
 */
export function shortHash(...parts: string[]): string {
  let text = '';
  for (const part of parts) text += `${Buffer.byteLength(part)}:${part},`;
  return hash('sha256', text, 'hex').slice(0, 32);
}

/** Sha-256 of a text's UTF-8 bytes, 64 hex digits: says that two contents are the same without keeping either. */
export function contentHash(text: string): string {
  return hash('sha256', text, 'hex');
}
