/**
 * The fast tier's network. A token's features each have a vector of 16 small numbers; twelve tokens are a *hop*, whose
 * vector is their mean; a *window* is three hops, and its context the two hops on either side of it. Both means (32
 * numbers) pass one hidden layer of 16 units to a log-odds. Cf. Joulin et al., "Bag of Tricks for Efficient Text
 * Classification" (2016), for why averaged hashed n-grams go a long way; the context is what makes "does not belong
 * here" something that can be learned at all.
 *
 * Vectors are int8 with one scale. In memory four stand in one 32-bit word, each with a bias of 128: a vector is a quarter of a
 * cache line. Taken apart into two words of two, one addition adds two: a hop has 60 features, and 60 × 255 stays below 2¹⁶.
 */
import { BUCKET_BITS, FEATURES_PER_TOKEN, Scan } from './features.js';

export const WIDTH = 16;
export const HIDDEN = 16;
export const HOP_TOKENS = 12;
/** Hops in a window, and hops of context on either side. */
export const WINDOW_HOPS = 3;
export const CONTEXT_HOPS = 2;

/** The first and the third of a word's four numbers. */
const PAIR = 0x00ff00ff;

export interface FastWeights {
  /** 2^BUCKET_BITS × WIDTH. */
  vectors: Int8Array;
  /** What one step of a vector's number is worth. */
  scale: number;
  /** HIDDEN × 2·WIDTH, row by row; window first, then context. */
  hidden: Float32Array;
  hiddenBias: Float32Array;
  output: Float32Array;
  outputBias: number;
}

export interface FastWindow {
  /** UTF-16 code units of the text that was read; `end` is behind the window. */
  start: number;
  end: number;
  /** Not calibrated. */
  logOdds: number;
}

/** Buckets are the power of two in `features.ts`: weights of another size cannot be read. */
export class FastNet {
  readonly #packed: Int32Array;
  readonly #scan = new Scan();
  readonly #weights: FastWeights;
  /** Running sums of the hops' means, WIDTH each, the first all zero: any stretch of hops is one subtraction. */
  #sums = new Float64Array(64 * WIDTH);
  readonly #hidden: Float64Array;

  constructor(weights: FastWeights) {
    if (weights.vectors.length !== WIDTH << BUCKET_BITS)
      throw new RangeError('the fast tier has vectors of another size');
    this.#weights = weights;
    const packed = new Int32Array(weights.vectors.length / 4);
    const biased = (at: number): number => (weights.vectors[at] as number) + 128;
    for (let at = 0; at < packed.length; at++)
      packed[at] = biased(4 * at) | (biased(4 * at + 2) << 8) | (biased(4 * at + 1) << 16) | (biased(4 * at + 3) << 24);
    this.#packed = packed;
    this.#hidden = Float64Array.from(weights.hidden);
  }

  /** Every window of a text, in order. An empty text has none; one shorter than a hop has one. */
  windows(text: string): FastWindow[] {
    const scan = this.#scan;
    scan.read(text);
    const hops = this.#readHops();
    const found: FastWindow[] = [];
    const last = Math.max(0, hops - WINDOW_HOPS);
    for (let hop = 0; hop <= last && hops > 0; hop++) {
      const endToken = (hop + WINDOW_HOPS) * HOP_TOKENS;
      found.push({
        start: scan.starts[hop * HOP_TOKENS] as number,
        end: endToken < scan.tokens ? (scan.starts[endToken] as number) : text.length,
        logOdds: this.#logOdds(hop, hops),
      });
    }
    return found;
  }

  /** The highest log-odds alone: what most texts need. −Infinity for a text without tokens. */
  highest(text: string): number {
    this.#scan.read(text);
    const hops = this.#readHops();
    let highest = Number.NEGATIVE_INFINITY;
    const last = Math.max(0, hops - WINDOW_HOPS);
    for (let hop = 0; hop <= last && hops > 0; hop++) highest = Math.max(highest, this.#logOdds(hop, hops));
    return highest;
  }

  #readHops(): number {
    const { tokens, features } = this.#scan;
    const packed = this.#packed;
    const hops = Math.ceil(tokens / HOP_TOKENS);
    if ((hops + 1) * WIDTH > this.#sums.length) this.#sums = new Float64Array((hops + 1) * WIDTH * 2);
    const out = this.#sums;
    for (let hop = 0; hop < hops; hop++) {
      const from = hop * HOP_TOKENS * FEATURES_PER_TOKEN;
      const to = Math.min(from + HOP_TOKENS * FEATURES_PER_TOKEN, tokens * FEATURES_PER_TOKEN);
      let a = 0;
      let b = 0;
      let c = 0;
      let d = 0;
      let e = 0;
      let f = 0;
      let g = 0;
      let h = 0;
      for (let at = from; at < to; at++) {
        const row = (features[at] as number) << 2;
        const first = packed[row] as number;
        const second = packed[row + 1] as number;
        const third = packed[row + 2] as number;
        const fourth = packed[row + 3] as number;
        a = (a + (first & PAIR)) | 0;
        b = (b + ((first >>> 8) & PAIR)) | 0;
        c = (c + (second & PAIR)) | 0;
        d = (d + ((second >>> 8) & PAIR)) | 0;
        e = (e + (third & PAIR)) | 0;
        f = (f + ((third >>> 8) & PAIR)) | 0;
        g = (g + (fourth & PAIR)) | 0;
        h = (h + ((fourth >>> 8) & PAIR)) | 0;
      }
      const count = to - from;
      const scale = this.#weights.scale / count;
      const bias = 128 * count;
      const base = (hop + 1) * WIDTH;
      out[base] = (out[base - 16] as number) + ((a & 0xffff) - bias) * scale;
      out[base + 1] = (out[base - 15] as number) + ((a >>> 16) - bias) * scale;
      out[base + 2] = (out[base - 14] as number) + ((b & 0xffff) - bias) * scale;
      out[base + 3] = (out[base - 13] as number) + ((b >>> 16) - bias) * scale;
      out[base + 4] = (out[base - 12] as number) + ((c & 0xffff) - bias) * scale;
      out[base + 5] = (out[base - 11] as number) + ((c >>> 16) - bias) * scale;
      out[base + 6] = (out[base - 10] as number) + ((d & 0xffff) - bias) * scale;
      out[base + 7] = (out[base - 9] as number) + ((d >>> 16) - bias) * scale;
      out[base + 8] = (out[base - 8] as number) + ((e & 0xffff) - bias) * scale;
      out[base + 9] = (out[base - 7] as number) + ((e >>> 16) - bias) * scale;
      out[base + 10] = (out[base - 6] as number) + ((f & 0xffff) - bias) * scale;
      out[base + 11] = (out[base - 5] as number) + ((f >>> 16) - bias) * scale;
      out[base + 12] = (out[base - 4] as number) + ((g & 0xffff) - bias) * scale;
      out[base + 13] = (out[base - 3] as number) + ((g >>> 16) - bias) * scale;
      out[base + 14] = (out[base - 2] as number) + ((h & 0xffff) - bias) * scale;
      out[base + 15] = (out[base - 1] as number) + ((h >>> 16) - bias) * scale;
    }
    return hops;
  }

  readonly #input = new Float64Array(2 * WIDTH);

  #logOdds(hop: number, hops: number): number {
    const sums = this.#sums;
    const input = this.#input;
    const windowEnd = Math.min(hop + WINDOW_HOPS, hops);
    const from = Math.max(0, hop - CONTEXT_HOPS);
    const to = Math.min(hops, windowEnd + CONTEXT_HOPS);
    const around = hop - from + (to - windowEnd);
    const inside = 1 / (windowEnd - hop);
    const outside = around === 0 ? 0 : 1 / around;
    for (let index = 0; index < WIDTH; index++) {
      const window = (sums[windowEnd * WIDTH + index] as number) - (sums[hop * WIDTH + index] as number);
      const all = (sums[to * WIDTH + index] as number) - (sums[from * WIDTH + index] as number);
      input[index] = window * inside;
      input[WIDTH + index] = (all - window) * outside;
    }
    const hidden = this.#hidden;
    const { hiddenBias, output, outputBias } = this.#weights;
    let logOdds = outputBias;
    // Two units at a time, and of each the even and the odd inputs for themselves: four additions need not wait for one another.
    for (let unit = 0, at = 0; unit < HIDDEN; unit += 2, at += 4 * WIDTH) {
      const other = at + 2 * WIDTH;
      let even = hiddenBias[unit] as number;
      let odd = 0;
      let otherEven = hiddenBias[unit + 1] as number;
      let otherOdd = 0;
      for (let index = 0; index < 2 * WIDTH; index += 2) {
        const first = input[index] as number;
        const second = input[index + 1] as number;
        even += (hidden[at + index] as number) * first;
        odd += (hidden[at + index + 1] as number) * second;
        otherEven += (hidden[other + index] as number) * first;
        otherOdd += (hidden[other + index + 1] as number) * second;
      }
      const sum = even + odd;
      if (sum > 0) logOdds += sum * (output[unit] as number);
      const otherSum = otherEven + otherOdd;
      if (otherSum > 0) logOdds += otherSum * (output[unit + 1] as number);
    }
    return logOdds;
  }
}

/** Mean of a window's hops, then mean of its context's (zeros where there is none). Training uses the same. */
export function inputOf(hopMeans: Float32Array, hop: number, hops: number, into: Float32Array): void {
  into.fill(0);
  const windowEnd = Math.min(hop + WINDOW_HOPS, hops);
  for (let at = hop; at < windowEnd; at++)
    for (let index = 0; index < WIDTH; index++)
      into[index] = (into[index] as number) + (hopMeans[at * WIDTH + index] as number) / (windowEnd - hop);
  const from = Math.max(0, hop - CONTEXT_HOPS);
  const to = Math.min(hops, windowEnd + CONTEXT_HOPS);
  const around = hop - from + (to - windowEnd);
  if (around === 0) return;
  for (let at = from; at < to; at++) {
    if (at >= hop && at < windowEnd) continue;
    for (let index = 0; index < WIDTH; index++)
      into[WIDTH + index] = (into[WIDTH + index] as number) + (hopMeans[at * WIDTH + index] as number) / around;
  }
}
