import { fnv1a } from './fnv.js';

/** A memo: an agent's few tools and models are met with every event. Bounded; emptied when full. */
const hashes = new Map<string, string>();
const MAX_HASHES = 10_000;

/** 32 bits (FNV-1a) in base 36: names are compared, not kept. Two of a thousand names collide with a chance of 1 in 8,600. */
export function itemHash(item: string): string {
  const known = hashes.get(item);
  if (known !== undefined) return known;
  const text = passingHash(item);
  if (hashes.size >= MAX_HASHES) hashes.clear();
  hashes.set(item, text);
  return text;
}

/** The same of an item that hardly comes again, such as a call's id: it is not remembered. */
export function passingHash(item: string): string {
  return (fnv1a(item) >>> 0).toString(36);
}
