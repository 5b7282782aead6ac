/**
 * The place reader: how likely one request is an attacker's, from its words, what stands around it and its form. A
 * convolution over the word pieces, the strongest answer of each filter (Kim 2014), the mean of the pieces before, within and
 * behind, one hidden layer. Its log-odds and the fast tier's are added: they err on different texts. Some 0.4 million multiplications a place, so it reads doubted places only.
 */
import type { Reading } from '../../reading.js';
import type { WordPiece } from '../deep/wordpiece.js';
import type { FastAnswer } from '../fast/reader.js';
import { oddsAt, type Place, type PlaceView, viewOf, WITHIN_PIECES } from './view.js';
import { type PlaceModel, TAPS } from './weights.js';

export class PlaceReader {
  readonly #model: PlaceModel;
  readonly #pieces: WordPiece;
  /** By tap, piece number and filter: a row for each of the vector's numbers. */
  readonly #taps: Float32Array;

  constructor(model: PlaceModel, pieces: WordPiece) {
    this.#model = model;
    this.#pieces = pieces;
    const { filters, width, conv } = model;
    this.#taps = new Float32Array(conv.length);
    for (let filter = 0; filter < filters; filter++)
      for (let index = 0; index < width; index++)
        for (let tap = 0; tap < TAPS; tap++)
          this.#taps[(tap * width + index) * filters + filter] = conv[(filter * width + index) * TAPS + tap] as number;
  }

  /** Calibrated, 0 to 1. @param formless the stretch has nothing of a request's form in it */
  probability(reading: Reading, place: Place, answer: FastAnswer, formless: boolean): number {
    const { slope, intercept, fast } = this.#model.calibration;
    const [mean] = oddsAt(answer.windows, place);
    const odds = this.logOdds(viewOf(reading, place, answer, this.#pieces, formless)) + fast * mean;
    return 1 / (1 + Math.exp(-(slope * odds + intercept)));
  }

  /** Not calibrated. */
  logOdds({ before, within, behind, form }: PlaceView): number {
    const { width, filters, hidden, dense, denseBias, out, outBias } = this.#model;
    const joined = new Float32Array(filters + 3 * width + form.length);
    this.#filtered(within, joined);
    this.#mean(within, joined, filters);
    this.#mean(before, joined, filters + width);
    this.#mean(behind, joined, filters + 2 * width);
    joined.set(form, filters + 3 * width);
    let odds = outBias;
    for (let unit = 0, at = 0; unit < hidden; unit++) {
      let sum = denseBias[unit] as number;
      for (let index = 0; index < joined.length; index++, at++)
        sum += (dense[at] as number) * (joined[index] as number);
      if (sum > 0) odds += sum * (out[unit] as number);
    }
    return odds;
  }

  /** The strongest answer of each filter, not below 0. */
  #filtered(ids: Int32Array, into: Float32Array): void {
    const { width, filters, convBias, vectors, scale } = this.#model;
    const sums = new Float32Array(filters);
    // In training every text is filled up to one length, and what stands behind its end answers with the bias alone.
    const centres = Math.min(WITHIN_PIECES, ids.length + 1);
    if (centres < WITHIN_PIECES) into.set(convBias.map((bias) => Math.max(0, bias)));
    for (let centre = 0; centre < centres; centre++) {
      sums.set(convBias);
      for (let tap = 0; tap < TAPS; tap++) {
        const at = centre + tap - 1;
        if (at < 0 || at >= ids.length) continue;
        const row = (ids[at] as number) * width;
        for (let index = 0; index < width; index++) {
          const value = (vectors[row + index] as number) * scale;
          if (value === 0) continue;
          const weights = (tap * width + index) * filters;
          for (let filter = 0; filter < filters; filter++)
            sums[filter] = (sums[filter] as number) + value * (this.#taps[weights + filter] as number);
        }
      }
      for (let filter = 0; filter < filters; filter++)
        if ((sums[filter] as number) > (into[filter] as number)) into[filter] = sums[filter] as number;
    }
  }

  #mean(ids: Int32Array, into: Float32Array, from: number): void {
    const { width, vectors, scale } = this.#model;
    const share = scale / Math.max(1, ids.length);
    for (const id of ids)
      for (let index = 0; index < width; index++)
        into[from + index] = (into[from + index] as number) + (vectors[id * width + index] as number) * share;
  }
}
