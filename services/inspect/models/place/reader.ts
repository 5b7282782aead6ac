/**
 * The place reader: how likely one request is an attacker's, from its words, what stands around it and its form. A
 * convolution over the word pieces, the strongest answer of each filter (Kim 2014), the mean of the pieces before, within and
 * behind, one hidden layer. Its log-odds and the fast tier's are added: they err on different texts.
 *
 * The hidden layer is a sum over what is said, what stands before and behind, and the form; each of the first three depends on
 * a few hundred characters alone, which come again in other readings of the text and in other texts. So what they add is
 * remembered, and a place seen before costs the numbers of its form. Added up in the same order either way: what was
 * remembered and what is made anew give the same number.
 */
import type { Reading } from '../../reading.js';
import type { WordPiece } from '../deep/wordpiece.js';
import type { FastAnswer } from '../fast/reader.js';
import { Remembered } from '../../remembered.js';
import {
  beforePieces,
  behindPieces,
  formBefore,
  formBehind,
  formOf,
  formSaid,
  oddsAt,
  type Place,
  type PlaceView,
  withinPieces,
  WITHIN_PIECES,
  wordsOf,
} from './view.js';
import { type PlaceModel, TAPS } from './weights.js';

/** Words remembered of each kind: some 2 KB each with what they add. */
const REMEMBERED = 2_048;

/** What the words of one kind add to the hidden layer, and the numbers of form that they give. */
interface Share {
  hidden: Float64Array;
  form: Float32Array;
}

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
  /** The hidden layer by input: for each of them, what it is worth to each unit. */
  readonly #columns: Float64Array;
  readonly #before = new Remembered<Share>(REMEMBERED);
  readonly #said = new Remembered<Share>(REMEMBERED);
  readonly #behind = new Remembered<Share>(REMEMBERED);

  constructor(model: PlaceModel, pieces: WordPiece) {
    this.#model = model;
    this.#pieces = pieces;
    const { filters, width, conv, dense, hidden } = model;
    this.#taps = new Float64Array(conv.length);
    for (let filter = 0; filter < filters; filter++)
      for (let index = 0; index < width; index++)
        for (let tap = 0; tap < TAPS; tap++)
          this.#taps[(tap * width + index) * filters + filter] = conv[(filter * width + index) * TAPS + tap] as number;
    this.#answers = new Float64Array(model.pieces * TAPS * filters);
    this.#answered = new Uint8Array(model.pieces);
    const inputs = dense.length / hidden;
    this.#columns = Float64Array.from(
      dense,
      (_, at) => dense[(at % hidden) * inputs + Math.floor(at / hidden)] as number,
    );
  }

  /** Calibrated, 0 to 1. @param formless the stretch has nothing of a request's form in it */
  probability(reading: Reading, place: Place, answer: FastAnswer, formless: boolean): number {
    const { slope, intercept, fast } = this.#model.calibration;
    const words = wordsOf(reading.text, place);
    const before = this.#before.of(words.before, (text) => ({
      hidden: this.#beforeShare(beforePieces(text, this.#pieces)),
      form: formBefore(text),
    }));
    const said = this.#said.of(words.said, (text) => ({
      hidden: this.#withinShare(withinPieces(text, this.#pieces)),
      form: formSaid(text),
    }));
    const behind = this.#behind.of(words.behind, (text) => ({
      hidden: this.#behindShare(behindPieces(text, this.#pieces)),
      form: formBehind(text),
    }));
    const at = oddsAt(answer.windows, place);
    const form = formOf(reading, place, at, words, formless, {
      before: before.form,
      said: said.form,
      behind: behind.form,
    });
    const odds = this.#joined(said.hidden, before.hidden, behind.hidden, form) + fast * at[0];
    return 1 / (1 + Math.exp(-(slope * odds + intercept)));
  }

  /** Not calibrated. */
  logOdds({ before, within, behind, form }: PlaceView): number {
    return this.#joined(this.#withinShare(within), this.#beforeShare(before), this.#behindShare(behind), form);
  }

  #joined(within: Float64Array, before: Float64Array, behind: Float64Array, form: Float32Array): number {
    const { filters, width, hidden, denseBias, out, outBias } = this.#model;
    const sums = new Float64Array(hidden);
    for (let unit = 0; unit < hidden; unit++)
      sums[unit] =
        (denseBias[unit] as number) + (within[unit] as number) + (before[unit] as number) + (behind[unit] as number);
    this.#add(form, filters + 3 * width, sums);
    let odds = outBias;
    for (let unit = 0; unit < hidden; unit++) odds += Math.max(0, sums[unit] as number) * (out[unit] as number);
    return odds;
  }

  /** What inputs from `first` on add to the hidden layer. */
  #add(inputs: Float64Array | Float32Array, first: number, sums: Float64Array): void {
    const columns = this.#columns;
    const { hidden } = this.#model;
    for (let index = 0; index < inputs.length; index++) {
      const value = inputs[index] as number;
      if (value === 0) continue;
      const column = (first + index) * hidden;
      for (let unit = 0; unit < hidden; unit++)
        sums[unit] = (sums[unit] as number) + value * (columns[column + unit] as number);
    }
  }

  #withinShare(ids: Int32Array): Float64Array {
    const { filters, width, hidden } = this.#model;
    const inputs = new Float64Array(filters + width);
    this.#filtered(ids, inputs);
    this.#mean(ids, inputs, filters);
    const sums = new Float64Array(hidden);
    this.#add(inputs, 0, sums);
    return sums;
  }

  #beforeShare(ids: Int32Array): Float64Array {
    return this.#meanShare(ids, 1);
  }

  #behindShare(ids: Int32Array): Float64Array {
    return this.#meanShare(ids, 2);
  }

  /** @param part of the three means: within, before, behind */
  #meanShare(ids: Int32Array, part: number): Float64Array {
    const { filters, width, hidden } = this.#model;
    const inputs = new Float64Array(width);
    this.#mean(ids, inputs, 0);
    const sums = new Float64Array(hidden);
    this.#add(inputs, filters + part * width, sums);
    return sums;
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
