/**
 * A text known again inside another one, without keeping the text: hashes of its word triples, the smallest of them kept
 * (bottom-k sketch; Broder 1997, "On the resemblance and containment of documents"). What share of the kept ones another
 * text has is an estimate of how much of the first is in it, wherever it stands there and whatever stands around it.
 */
import { fnv1a } from './fnv.js';
import { normalWords } from './provenance.js';

/** Hashes kept of one text. */
export const KEPT_HASHES = 16;
const TRIPLE = 3;

/** The hashes of all word triples; of a text of fewer words there are none. */
export function tripleHashes(text: string): Set<number> {
  const words = normalWords(text).trim().split(' ');
  const hashes = new Set<number>();
  for (let at = 0; at + TRIPLE <= words.length; at++) {
    const hash = fnv1a(`${words.slice(at, at + TRIPLE).join(' ')} `);
    hashes.add((Math.imul(hash ^ (hash >>> 15), 0x9e3779b1) ^ (hash >>> 13)) >>> 0);
  }
  return hashes;
}

/** What is kept of a text: at most {@link KEPT_HASHES} numbers; none where it has fewer than three words. */
export function fingerprintOf(text: string): number[] {
  return [...tripleHashes(text)].sort((a, b) => a - b).slice(0, KEPT_HASHES);
}

/** How much of the text behind a fingerprint another text holds, 0 to 1. */
export function containment(fingerprint: readonly number[], hashes: ReadonlySet<number>): number {
  if (fingerprint.length === 0) return 0;
  let held = 0;
  for (const hash of fingerprint) if (hashes.has(hash)) held++;
  return held / fingerprint.length;
}
