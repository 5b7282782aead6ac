/** What the deep tier's thread and the thread that asks it tell one another. */
import type { ErrorCode } from '../../../runtime/errors.js';
import type { DeepRuntime } from './session.js';

export interface ThreadData {
  /** The ONNX file. */
  model: string;
}

/** To the thread: rows × length word pieces. */
export interface ThreadQuestion {
  id: number;
  ids: BigInt64Array<ArrayBuffer>;
  rows: number;
  length: number;
}

export type ThreadAnswer =
  | { kind: 'ready'; runtime: DeepRuntime; windowMs: number }
  | { kind: 'refused'; code: ErrorCode; message: string; mend: string | undefined }
  | { kind: 'read'; id: number; window: Float32Array; token: Float32Array }
  | { kind: 'failed'; id: number; message: string };
