/** Labelled texts, one JSON object a line, as corpus.py writes them. */
import { readFileSync } from 'node:fs';

export interface Example {
  text: string;
  /** UTF-16 code units of what was planted; empty: nothing was. */
  spans: [number, number][];
  /** `clean`, `bare`, or the family of the wrapper. */
  family: string;
  carrier: string;
  language: string;
  /** Where the planted request comes from. */
  source: string;
  /** The text is known to be an attack, the place in it is not. */
  sought?: boolean;
}

export function readExamples(file: string): Example[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.length > 0)
    .map((line) => {
      const example = JSON.parse(line) as Example;
      return {
        ...example,
        spans: example.spans.map(([start, end]) => [units(example.text, start), units(example.text, end)]),
      };
    });
}

/** The training program counts code points, this one UTF-16 code units. */
function units(text: string, points: number): number {
  if (!/[\ud800-\udfff]/.test(text)) return points;
  let at = 0;
  for (let point = 0; point < points && at < text.length; point++) at += (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
  return at;
}

/** Small, fast and seeded (mulberry32): training gives the same weights for the same seed. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
