/**
 * Trains the fast tier: logistic loss over windows, gradients by hand, Adagrad (Duchi et al. 2011) since most features
 * are rare. A window that holds at least half of a planted request (or is half filled by one) is positive, one that
 * touches none is negative, what lies between is not learned from. Where only the text is known to be an attack and not
 * the place in it (`sought`), the windows that look most like one are learned from, a third of them (multiple-instance
 * learning). Tokens are dropped at random, so that no single word decides. The features come from the code that reads
 * texts in production, so the two cannot differ.
 */
import { FEATURES_PER_TOKEN, Scan } from '../models/fast/features.js';
import { CONTEXT_HOPS, type FastWeights, HIDDEN, HOP_TOKENS, inputOf, WIDTH, WINDOW_HOPS } from '../models/fast/net.js';
import { BUCKET_BITS } from '../models/fast/features.js';
import type { Example } from './examples.js';

export interface TrainingOptions {
  epochs: number;
  rate: number;
  /** Share of features left out at each step, 0 to 1. */
  drop: number;
  /** Weight of a negative window against a positive one. */
  negative: number;
}

const INPUT = 2 * WIDTH;

export class FastTrainer {
  readonly #vectors = new Float32Array(WIDTH << BUCKET_BITS);
  readonly #seen = new Float32Array(1 << BUCKET_BITS);
  readonly #hidden = new Float32Array(HIDDEN * INPUT);
  readonly #hiddenBias = new Float32Array(HIDDEN);
  readonly #output = new Float32Array(HIDDEN);
  #outputBias = 0;
  readonly #squares = new Float32Array(HIDDEN * INPUT + 2 * HIDDEN + 1).fill(1e-3);
  readonly #scan = new Scan();
  readonly #random: () => number;

  constructor(random: () => number) {
    this.#random = random;
    const spread = (array: Float32Array, by: number): void => {
      for (let at = 0; at < array.length; at++) array[at] = (random() * 2 - 1) * by;
    };
    spread(this.#vectors, 0.05);
    spread(this.#hidden, 0.5);
    spread(this.#output, 0.5);
  }

  /** One pass over the examples in the order given; the mean loss. `progress` 0 to 1 lowers the rate. */
  pass(examples: readonly Example[], options: TrainingOptions, progress: (done: number) => number): number {
    let loss = 0;
    let count = 0;
    examples.forEach((example, index) => {
      const rate = options.rate * (1 - 0.95 * progress(index / examples.length));
      const [sum, windows] = this.#learn(example, rate, options);
      loss += sum;
      count += windows;
    });
    return loss / Math.max(1, count);
  }

  #learn(example: Example, rate: number, options: TrainingOptions): [number, number] {
    const scan = this.#scan;
    scan.read(example.text.length > 6000 ? example.text.slice(0, 6000) : example.text);
    const hops = Math.ceil(scan.tokens / HOP_TOKENS);
    if (hops === 0) return [0, 0];
    const means = new Float32Array(hops * WIDTH);
    const kept: Int32Array[] = [];
    for (let hop = 0; hop < hops; hop++) {
      const from = hop * HOP_TOKENS * FEATURES_PER_TOKEN;
      const to = Math.min(from + HOP_TOKENS * FEATURES_PER_TOKEN, scan.tokens * FEATURES_PER_TOKEN);
      const rows = scan.features.slice(from, to).filter(() => this.#random() >= options.drop);
      kept.push(rows);
      for (const row of rows)
        for (let index = 0; index < WIDTH; index++)
          means[hop * WIDTH + index] =
            (means[hop * WIDTH + index] as number) + (this.#vectors[row * WIDTH + index] as number);
      for (let index = 0; index < WIDTH; index++)
        means[hop * WIDTH + index] = (means[hop * WIDTH + index] as number) / Math.max(1, rows.length);
    }
    const gradients = new Float32Array(hops * WIDTH);
    const input = new Float32Array(INPUT);
    const last = Math.max(0, hops - WINDOW_HOPS);
    const least = example.sought === true ? this.#leastLearned(means, hops, last) : Number.NEGATIVE_INFINITY;
    let loss = 0;
    let count = 0;
    for (let hop = 0; hop <= last; hop++) {
      const endToken = (hop + WINDOW_HOPS) * HOP_TOKENS;
      const start = scan.starts[hop * HOP_TOKENS] as number;
      const end = endToken < scan.tokens ? (scan.starts[endToken] as number) : example.text.length;
      const label = labelOf(example, start, end);
      if (label === undefined) continue;
      inputOf(means, hop, hops, input);
      if (example.sought === true && this.#logOdds(input) < least) continue;
      loss += this.#step(input, label, rate, label === 1 ? 1 : options.negative, gradients, hop, hops);
      count++;
    }
    this.#apply(kept, gradients, rate);
    return [loss, count];
  }

  /** The log-odds that a third of the windows, and at least one, reach. */
  #leastLearned(means: Float32Array, hops: number, last: number): number {
    const input = new Float32Array(INPUT);
    const found: number[] = [];
    for (let hop = 0; hop <= last; hop++) {
      inputOf(means, hop, hops, input);
      found.push(this.#logOdds(input));
    }
    found.sort((a, b) => b - a);
    return found[Math.ceil(found.length / 3) - 1] as number;
  }

  #logOdds(input: Float32Array): number {
    let logOdds = this.#outputBias;
    for (let unit = 0, at = 0; unit < HIDDEN; unit++) {
      let sum = this.#hiddenBias[unit] as number;
      for (let index = 0; index < INPUT; index++, at++) sum += (this.#hidden[at] as number) * (input[index] as number);
      if (sum > 0) logOdds += sum * (this.#output[unit] as number);
    }
    return logOdds;
  }

  #step(
    input: Float32Array,
    label: number,
    rate: number,
    weight: number,
    gradients: Float32Array,
    hop: number,
    hops: number,
  ): number {
    const units = new Float32Array(HIDDEN);
    let logOdds = this.#outputBias;
    for (let unit = 0, at = 0; unit < HIDDEN; unit++) {
      let sum = this.#hiddenBias[unit] as number;
      for (let index = 0; index < INPUT; index++, at++) sum += (this.#hidden[at] as number) * (input[index] as number);
      units[unit] = sum;
      if (sum > 0) logOdds += sum * (this.#output[unit] as number);
    }
    const probability = 1 / (1 + Math.exp(-logOdds));
    const error = (probability - label) * weight;
    const back = new Float32Array(INPUT);
    const squares = this.#squares;
    const dense = rate * 0.2;
    const biasAt = HIDDEN * INPUT;
    for (let unit = 0; unit < HIDDEN; unit++) {
      if ((units[unit] as number) <= 0) continue;
      const out = this.#output[unit] as number;
      const passed = error * out;
      const outGradient = error * (units[unit] as number);
      const outAt = biasAt + HIDDEN + unit;
      squares[outAt] = (squares[outAt] as number) + outGradient * outGradient;
      this.#output[unit] = out - (dense * outGradient) / Math.sqrt(squares[outAt]);
      squares[biasAt + unit] = (squares[biasAt + unit] as number) + passed * passed;
      this.#hiddenBias[unit] =
        (this.#hiddenBias[unit] as number) - (dense * passed) / Math.sqrt(squares[biasAt + unit] as number);
      for (let index = 0; index < INPUT; index++) {
        const at = unit * INPUT + index;
        back[index] = (back[index] as number) + passed * (this.#hidden[at] as number);
        const gradient = passed * (input[index] as number);
        squares[at] = (squares[at] as number) + gradient * gradient;
        this.#hidden[at] = (this.#hidden[at] as number) - (dense * gradient) / Math.sqrt(squares[at]);
      }
    }
    const lastSquare = squares.length - 1;
    squares[lastSquare] = (squares[lastSquare] as number) + error * error;
    this.#outputBias -= (dense * error) / Math.sqrt(squares[lastSquare]);
    spreadBack(back, gradients, hop, hops);
    return -Math.log(Math.max(1e-7, label === 1 ? probability : 1 - probability));
  }

  #apply(kept: readonly Int32Array[], gradients: Float32Array, rate: number): void {
    kept.forEach((rows, hop) => {
      let square = 0;
      for (let index = 0; index < WIDTH; index++) square += (gradients[hop * WIDTH + index] as number) ** 2;
      if (square === 0) return;
      const share = 1 / rows.length;
      square = (square / WIDTH) * share * share;
      for (const row of rows) {
        // One step size for all of a feature's numbers: a sixteenth of the memory, and as good here.
        const seen = (this.#seen[row] as number) + square;
        this.#seen[row] = seen;
        const step = (rate * share) / Math.sqrt(seen + 1e-10);
        for (let index = 0; index < WIDTH; index++) {
          const at = row * WIDTH + index;
          this.#vectors[at] = (this.#vectors[at] as number) - step * (gradients[hop * WIDTH + index] as number);
        }
      }
    });
  }

  /** Rounded to int8: the scale is set so that one number in 2,000 is cut off. */
  weights(): FastWeights {
    const used = this.#vectors
      .filter((_, at) => (this.#seen[at >> 4] as number) > 0)
      .map(Math.abs)
      .sort();
    const most = used[Math.floor(used.length * 0.9995)] ?? 1;
    const scale = most / 127;
    const vectors = new Int8Array(this.#vectors.length);
    for (let at = 0; at < vectors.length; at++)
      // A bucket that was never seen says nothing: its random beginnings are left out.
      vectors[at] =
        (this.#seen[at >> 4] as number) > 0
          ? Math.max(-127, Math.min(127, Math.round((this.#vectors[at] as number) / scale)))
          : 0;
    return {
      vectors,
      scale,
      hidden: this.#hidden,
      hiddenBias: this.#hiddenBias,
      output: this.#output,
      outputBias: this.#outputBias,
    };
  }
}

/** 1: the window holds the request; 0: it touches none; nothing: between. */
export function labelOf(example: Example, start: number, end: number): 0 | 1 | undefined {
  let most = 0;
  let touched = false;
  for (const [from, to] of example.spans) {
    const shared = Math.min(end, to) - Math.max(start, from);
    if (shared <= 0) continue;
    touched = true;
    most = Math.max(most, shared / Math.max(1, Math.min(to - from, end - start)));
  }
  return most >= 0.5 ? 1 : touched ? undefined : 0;
}

/** The transpose of `inputOf`: from the input's gradient to those of the hops. */
function spreadBack(back: Float32Array, gradients: Float32Array, hop: number, hops: number): void {
  const windowEnd = Math.min(hop + WINDOW_HOPS, hops);
  const from = Math.max(0, hop - CONTEXT_HOPS);
  const to = Math.min(hops, windowEnd + CONTEXT_HOPS);
  const around = hop - from + (to - windowEnd);
  for (let at = from; at < to; at++) {
    const inside = at >= hop && at < windowEnd;
    const share = 1 / (inside ? windowEnd - hop : around);
    const offset = inside ? 0 : WIDTH;
    for (let index = 0; index < WIDTH; index++)
      gradients[at * WIDTH + index] =
        (gradients[at * WIDTH + index] as number) + (back[offset + index] as number) * share;
  }
}
