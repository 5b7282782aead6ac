/**
 * The weight file of the fast tier: the bytes `SDF1`, a header of eight little-endian float32 (scale, output bias, Platt
 * slope, Platt intercept, lower bound of doubt, four spare values left out), the dense layers as float32, then the vectors
 * as int8. Written by the training program, read once.
 */
import { StepdownError } from '../../../runtime/errors.js';
import { BUCKET_BITS } from './features.js';
import { type FastWeights, HIDDEN, WIDTH } from './net.js';

const MAGIC = 'SDF1';
const HEADER_FLOATS = 8;

export interface Calibration {
  /** probability = 1 / (1 + exp(−(slope · logOdds + intercept))), Platt 1999. */
  slope: number;
  intercept: number;
}

export interface FastModel {
  weights: FastWeights;
  calibration: Calibration;
  /** From this probability on a window goes to the deep tier. */
  doubtFrom: number;
}

const DENSE = HIDDEN * 2 * WIDTH + HIDDEN + HIDDEN;

export function encodeFastModel(model: FastModel): Uint8Array {
  const floats = HEADER_FLOATS + DENSE;
  const bytes = new Uint8Array(4 + floats * 4 + model.weights.vectors.length);
  bytes.set(new TextEncoder().encode(MAGIC));
  const view = new DataView(bytes.buffer);
  const { weights, calibration } = model;
  const values = [
    ...[weights.scale, weights.outputBias, calibration.slope, calibration.intercept, model.doubtFrom, 0, 0, 0],
    ...weights.hidden,
    ...weights.hiddenBias,
    ...weights.output,
  ];
  values.forEach((value, index) => view.setFloat32(4 + index * 4, value, true));
  bytes.set(new Uint8Array(weights.vectors.buffer, weights.vectors.byteOffset, weights.vectors.length), 4 + floats * 4);
  return bytes;
}

/** Throws `model-unreadable` for bytes that are not such a file. */
export function decodeFastModel(bytes: Uint8Array): FastModel {
  const expected = 4 + (HEADER_FLOATS + DENSE) * 4 + (WIDTH << BUCKET_BITS);
  if (bytes.length !== expected || new TextDecoder().decode(bytes.subarray(0, 4)) !== MAGIC)
    throw new StepdownError(
      'model-unreadable',
      `not weights of the fast tier (${bytes.length} bytes, expected ${expected})`,
    );
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const float = (index: number): number => view.getFloat32(4 + index * 4, true);
  let at = HEADER_FLOATS;
  const take = (count: number): Float32Array => Float32Array.from({ length: count }, () => float(at++));
  const hidden = take(HIDDEN * 2 * WIDTH);
  const hiddenBias = take(HIDDEN);
  const output = take(HIDDEN);
  const vectors = new Int8Array(bytes.buffer, bytes.byteOffset + 4 + (HEADER_FLOATS + DENSE) * 4, WIDTH << BUCKET_BITS);
  return {
    weights: { vectors, scale: float(0), outputBias: float(1), hidden, hiddenBias, output },
    calibration: { slope: float(2), intercept: float(3) },
    doubtFrom: float(4),
  };
}
