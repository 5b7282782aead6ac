/**
 * The weight file of the place reader: the bytes `SDP1`, five little-endian uint32 (pieces, width, filters, hidden units,
 * numbers of form), four float32 (Platt slope and intercept, the fast tier's share, scale of the vectors), the dense layers as float32, then the
 * pieces' vectors as int8. Written by the training program, read once.
 */
import { StepdownError } from '../../../runtime/errors.js';

const MAGIC = 'SDP1';
const HEADER_BYTES = 4 + 5 * 4 + 4 * 4;
/** A filter looks at a piece and its neighbours. */
export const TAPS = 3;

export interface PlaceModel {
  pieces: number;
  width: number;
  filters: number;
  hidden: number;
  form: number;
  /** probability = 1 / (1 + exp(−(slope · (logOdds + fast · the fast tier's log-odds) + intercept))). */
  calibration: { slope: number; intercept: number; fast: number };
  scale: number;
  /** filters × width × TAPS. */
  conv: Float32Array;
  convBias: Float32Array;
  /** hidden × (filters + 3 · width + form). */
  dense: Float32Array;
  denseBias: Float32Array;
  out: Float32Array;
  outBias: number;
  /** pieces × width. */
  vectors: Int8Array;
}

/** Throws `model-unreadable` for bytes that are not such a file. */
export function decodePlaceModel(bytes: Uint8Array): PlaceModel {
  const unreadable = (why: string): StepdownError =>
    new StepdownError('model-unreadable', `not weights of the place reader (${why})`);
  if (bytes.length < HEADER_BYTES || new TextDecoder().decode(bytes.subarray(0, 4)) !== MAGIC)
    throw unreadable(`${bytes.length} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const [pieces, width, filters, hidden, form] = [0, 1, 2, 3, 4].map((at) => view.getUint32(4 + at * 4, true)) as [
    number,
    number,
    number,
    number,
    number,
  ];
  const joined = filters + 3 * width + form;
  const floats = filters * width * TAPS + filters + hidden * joined + hidden + hidden + 1;
  const expected = HEADER_BYTES + floats * 4 + pieces * width;
  if (bytes.length !== expected) throw unreadable(`${bytes.length} bytes, expected ${expected}`);
  const [slope, intercept, share, scale] = [0, 1, 2, 3].map((at) => view.getFloat32(24 + at * 4, true)) as [
    number,
    number,
    number,
    number,
  ];
  let at = HEADER_BYTES;
  const take = (count: number): Float32Array => {
    const values = Float32Array.from({ length: count }, (_, index) => view.getFloat32(at + index * 4, true));
    at += count * 4;
    return values;
  };
  const conv = take(filters * width * TAPS);
  const convBias = take(filters);
  const dense = take(hidden * joined);
  const denseBias = take(hidden);
  const out = take(hidden);
  const [outBias] = take(1) as unknown as [number];
  const vectors = new Int8Array(bytes.buffer, bytes.byteOffset + at, pieces * width);
  return {
    ...{ pieces, width, filters, hidden, form, calibration: { slope, intercept, fast: share }, scale },
    ...{ conv, convBias, dense, denseBias, out, outBias, vectors },
  };
}
