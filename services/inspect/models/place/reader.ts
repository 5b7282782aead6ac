/**
 * The place reader: how likely one request is an attacker's, from its words, what stands around it and its form. A
 * convolution over the word pieces, the strongest answer of each filter (Kim 2014), the mean of the pieces before, within and
 * behind, one hidden layer. Its log-odds and the fast tier's are added: they err on different texts. What each piece answers to a filter is kept, so a place costs some 20,000 additions.
 */
import type { Reading } from '../../reading.js';
import type { WordPiece } from '../deep/wordpiece.js';
import type { FastAnswer } from '../fast/reader.js';
import { oddsAt, type Place, type PlaceView, viewOf, WITHIN_PIECES } from './view.js';
import { type PlaceModel, TAPS } from './weights.js';

/** Hidden units that are summed side by side: one addition need not wait for the other. */
const ABREAST = 4;

export class PlaceReader {
  readonly #model: PlaceModel;
  readonly #pieces: WordPiece;
  /** By tap, piece number and filter: a row for each of the vector's numbers. */
  readonly #taps: Float64Array;
  /**
   * What each piece answers to each tap of each filter, made when the piece is first met: a text has few pieces that no text
   * before it had, and what is left of the convolution is three additions a piece and filter. Pages of pieces never met stay untouched.
   */
  readonly #answers: Float64Array;
  readonly #answered: Uint8Array;
  /** The hidden layer's rows, filled up with units that say nothing to a multiple of ABREAST. */
  readonly #dense: { rows: Float64Array; bias: Float64Array; out: Float64Array };

  constructor(model: PlaceModel, pieces: WordPiece) {
    this.#model = model;
    this.#pieces = pieces;
    const { filters, width, conv } = model;
    this.#taps = new Float64Array(conv.length);
    for (let filter = 0; filter < filters; filter++)
      for (let index = 0; index < width; index++)
        for (let tap = 0; tap < TAPS; tap++)
          this.#taps[(tap * width + index) * filters + filter] = conv[(filter * width + index) * TAPS + tap] as number;
    this.#answers = new Float64Array(model.pieces * TAPS * filters);
    this.#answered = new Uint8Array(model.pieces);
    const units = Math.ceil(model.hidden / ABREAST) * ABREAST;
    const filled = (values: Float32Array, length: number): Float64Array => {
      const into = new Float64Array(length);
      into.set(values);
      return into;
    };
    this.#dense = {
      rows: filled(model.dense, (model.dense.length / model.hidden) * units),
      bias: filled(model.denseBias, units),
      out: filled(model.out, units),
    };
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
    const { width, filters, outBias } = this.#model;
    const { rows, bias, out } = this.#dense;
    const joined = new Float64Array(filters + 3 * width + form.length);
    this.#filtered(within, joined);
    this.#mean(within, joined, filters);
    this.#mean(before, joined, filters + width);
    this.#mean(behind, joined, filters + 2 * width);
    joined.set(form, filters + 3 * width);
    const { length } = joined;
    let odds = outBias;
    for (let unit = 0; unit < out.length; unit += ABREAST) {
      const [a, b, c, d] = [unit, unit + 1, unit + 2, unit + 3].map((each) => each * length) as [
        number,
        number,
        number,
        number,
      ];
      let [first, second, third, fourth] = [0, 0, 0, 0];
      for (let index = 0; index < length; index++) {
        const value = joined[index] as number;
        first += (rows[a + index] as number) * value;
        second += (rows[b + index] as number) * value;
        third += (rows[c + index] as number) * value;
        fourth += (rows[d + index] as number) * value;
      }
      for (const [at, sum] of [first, second, third, fourth].entries())
        odds += Math.max(0, sum + (bias[unit + at] as number)) * (out[unit + at] as number);
    }
    return odds;
  }

  /** The strongest answer of each filter, not below 0. */
  #filtered(ids: Int32Array, into: Float64Array): void {
    const { filters, convBias } = this.#model;
    for (const id of ids) if (this.#answered[id] === 0) this.#answer(id);
    const answers = this.#answers;
    const row = TAPS * filters;
    // In training every text is filled up to one length, and what stands behind its end answers with the bias alone.
    const centres = Math.min(WITHIN_PIECES, ids.length + 1);
    if (centres < WITHIN_PIECES) into.set(convBias.map((bias) => Math.max(0, bias)));
    for (let centre = 0; centre < centres; centre++) {
      const before = centre > 0 ? (ids[centre - 1] as number) * row : -1;
      const here = centre < ids.length ? (ids[centre] as number) * row + filters : -1;
      const behind = centre + 1 < ids.length ? (ids[centre + 1] as number) * row + 2 * filters : -1;
      for (let filter = 0; filter < filters; filter++) {
        let sum = convBias[filter] as number;
        if (before >= 0) sum += answers[before + filter] as number;
        if (here >= 0) sum += answers[here + filter] as number;
        if (behind >= 0) sum += answers[behind + filter] as number;
        if (sum > (into[filter] as number)) into[filter] = sum;
      }
    }
  }

  #answer(id: number): void {
    const { width, filters, vectors, scale } = this.#model;
    const taps = this.#taps;
    for (let tap = 0; tap < TAPS; tap++) {
      const into = (id * TAPS + tap) * filters;
      for (let index = 0; index < width; index++) {
        const value = (vectors[id * width + index] as number) * scale;
        const weights = (tap * width + index) * filters;
        for (let filter = 0; filter < filters; filter++)
          this.#answers[into + filter] =
            (this.#answers[into + filter] as number) + value * (taps[weights + filter] as number);
      }
    }
    this.#answered[id] = 1;
  }

  #mean(ids: Int32Array, into: Float64Array, from: number): void {
    const { width, vectors, scale } = this.#model;
    const share = scale / Math.max(1, ids.length);
    for (const id of ids)
      for (let index = 0; index < width; index++)
        into[from + index] = (into[from + index] as number) + (vectors[id * width + index] as number) * share;
  }
}
