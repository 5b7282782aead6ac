/**
 * FNV-1a over UTF-16 units, 32 bits (Fowler, Noll, Vo): quick, and the same in every process. No secret rests on it.
 *
 * @param from goes on with the hash of what stands before; without, it begins
 */
export function fnv1a(text: string, from = 0x811c9dc5): number {
  let hash = from;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash;
}
