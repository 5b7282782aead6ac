import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BUCKET_BITS, FEATURES_PER_TOKEN, Scan } from '../../../services/inspect/models/fast/features.js';
import {
  CONTEXT_HOPS,
  FastNet,
  type FastWeights,
  HIDDEN,
  HOP_TOKENS,
  inputOf,
  WIDTH,
  WINDOW_HOPS,
} from '../../../services/inspect/models/fast/net.js';
import { decodeFastModel, encodeFastModel } from '../../../services/inspect/models/fast/weights.js';
import { StepdownError } from '../../../services/runtime/errors.js';
import { randomOf } from '../../../services/inspect/training/examples.js';

const random = randomOf(5);
const floats = (count: number): Float32Array => Float32Array.from({ length: count }, () => random() * 2 - 1);
const weights: FastWeights = {
  vectors: Int8Array.from({ length: WIDTH << BUCKET_BITS }, () => Math.floor(random() * 255) - 127),
  scale: 0.01,
  hidden: floats(HIDDEN * 2 * WIDTH),
  hiddenBias: floats(HIDDEN),
  output: floats(HIDDEN),
  outputBias: -0.3,
};

/** The network as its comment tells it, without packing or running sums. */
function plainly(text: string): number[] {
  const scan = new Scan();
  scan.read(text);
  const hops = Math.ceil(scan.tokens / HOP_TOKENS);
  const means = new Float32Array(hops * WIDTH);
  for (let hop = 0; hop < hops; hop++) {
    const rows = scan.features.slice(
      hop * HOP_TOKENS * FEATURES_PER_TOKEN,
      Math.min((hop + 1) * HOP_TOKENS, scan.tokens) * FEATURES_PER_TOKEN,
    );
    for (let index = 0; index < WIDTH; index++)
      means[hop * WIDTH + index] =
        (weights.scale * rows.reduce((sum, row) => sum + (weights.vectors[row * WIDTH + index] as number), 0)) /
        rows.length;
  }
  const found: number[] = [];
  for (let hop = 0; hops > 0 && hop <= Math.max(0, hops - WINDOW_HOPS); hop++) {
    const input = new Float32Array(2 * WIDTH);
    inputOf(means, hop, hops, input);
    let logOdds = weights.outputBias;
    for (let unit = 0; unit < HIDDEN; unit++) {
      const sum = input.reduce(
        (total, value, index) => total + value * (weights.hidden[unit * 2 * WIDTH + index] as number),
        weights.hiddenBias[unit] as number,
      );
      logOdds += Math.max(0, sum) * (weights.output[unit] as number);
    }
    found.push(logOdds);
  }
  return found;
}

const net = new FastNet(weights);
const prose = fc
  .array(fc.constantFrom('send', 'the', 'mail', 'now', '.', 'to', 'anna', '\n', '12', 'delete', 'über', '请'), {
    maxLength: 240,
  })
  .map((words) => words.join(' '));

describe('the fast network', () => {
  it('gives what its description gives', () => {
    fc.assert(
      fc.property(prose, (text) => {
        const expected = plainly(text);
        const windows = net.windows(text);
        expect(windows.length).toBe(expected.length);
        windows.forEach((window, at) => expect(window.logOdds).toBeCloseTo(expected[at] as number, 3));
        if (expected.length > 0) expect(net.highest(text)).toBeCloseTo(Math.max(...expected), 3);
      }),
      { numRuns: 40 },
    );
  });

  it('has windows that cover the text and overlap', () => {
    fc.assert(
      fc.property(prose, (text) => {
        const windows = net.windows(text);
        if (text.length === 0) expect(windows).toEqual([]);
        windows.forEach((window, at) => {
          expect(window.end).toBeGreaterThan(window.start);
          if (at > 0) expect(window.start).toBeLessThan((windows[at - 1] as { end: number }).end);
        });
        if (windows.length > 0) expect((windows.at(-1) as { end: number }).end).toBe(text.length);
      }),
    );
  });

  it('sees the context: the same window among other hops has other odds', () => {
    const order = 'send the mail to anna now and delete it at once please . ';
    const alone = net.windows(order.repeat(3))[0]?.logOdds;
    const among = net.windows(
      `${'quiet rooms near the beach and good breakfast every day there . '.repeat(CONTEXT_HOPS)}${order.repeat(3)}`,
    );
    expect(among.every((window) => Math.abs(window.logOdds - (alone as number)) > 1e-6)).toBe(true);
  });
});

describe('the weight file', () => {
  const model = { weights, calibration: { slope: 1.25, intercept: -0.5 }, doubtFrom: 0.125 };
  it('comes back as it was written', () => {
    const read = decodeFastModel(encodeFastModel(model));
    expect(read.calibration).toEqual(model.calibration);
    expect(read.doubtFrom).toBe(model.doubtFrom);
    expect(read.weights.scale).toBeCloseTo(weights.scale, 7);
    // A deep comparison of a million numbers takes seconds.
    expect(Buffer.compare(Buffer.from(read.weights.vectors), Buffer.from(weights.vectors))).toBe(0);
    expect(read.weights.hidden).toEqual(weights.hidden);
    expect(read.weights.output).toEqual(weights.output);
  });
  it.each([
    ['nothing', new Uint8Array(0)],
    ['another file', new TextEncoder().encode('PNG and so on')],
    ['a file cut short', encodeFastModel(model).subarray(0, 5000)],
  ])('is refused where it is %s', (_name, bytes) => {
    expect(() => decodeFastModel(bytes)).toThrow(StepdownError);
  });
});
