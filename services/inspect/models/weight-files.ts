/** Opens the models that ship with the package, or others of the same form from a folder. */
import { existsSync } from 'node:fs';
import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { StepdownError } from '../../runtime/errors.js';
import { DeepReader } from './deep/reader.js';
import { mustHaveRuntime } from './deep/session.js';
import { ThreadedSession, threadOver } from './deep/threaded-session.js';
import { WordPiece } from './deep/wordpiece.js';
import { FastReader } from './fast/reader.js';
import { FastNet } from './fast/net.js';
import { decodeFastModel } from './fast/weights.js';
import { PlaceReader } from './place/reader.js';
import { decodePlaceModel } from './place/weights.js';
import { type PromptCalibration, PromptReader } from './prompt/reader.js';
import type { JointCalibration } from './deep/joint.js';
import type { DeepTier } from './semantic-inspector.js';

/** Weights stand with the sources; the compiled package finds them there too. */
const SHIPPED = [
  new URL('./weights/', import.meta.url),
  new URL('../../../../services/inspect/models/weights/', import.meta.url),
]
  .map((url) => fileURLToPath(url))
  .find((folder, index, all) => existsSync(join(folder, 'fast-1.bin')) || index === all.length - 1) as string;

/** Throws `model-unreadable` where the file is missing or not what it should be. */
export async function openFastReader(folder: string = SHIPPED): Promise<FastReader> {
  return new FastReader(decodeFastModel(await bytesOf(join(folder, 'fast-1.bin'))));
}

/** Throws `model-unreadable` where a file is missing or not what it should be. */
export async function openPromptReader(folder: string = SHIPPED): Promise<PromptReader> {
  const [weights, card] = await Promise.all(
    ['prompt-1.bin', 'prompt-1.json'].map((name) => bytesOf(join(folder, name))),
  );
  const { calibration } = JSON.parse(new TextDecoder().decode(card)) as { calibration: PromptCalibration };
  return new PromptReader(new FastNet(decodeFastModel(weights as Uint8Array).weights), calibration);
}

export interface DeepOpening {
  /** The folder of the weights; without, those of the package. */
  folder?: string | undefined;
  /** Monotonic milliseconds. */
  nowMs?: () => number;
  /** Does not wait until the thread can read (a second or so): what is asked earlier waits for it, within its budget. */
  inBackground?: boolean | undefined;
  /** Hears that the thread of the deep tier ended and is begun again. */
  onFault?: ((message: string) => void) | undefined;
}

/**
 * The deep tier in a thread of its own. Throws `driver-unavailable` where no ONNX runtime is installed, `model-unreadable`
 * where a file is missing.
 */
export async function openDeepTier(opening: DeepOpening = {}): Promise<DeepTier> {
  const { folder = SHIPPED, nowMs = () => performance.now(), inBackground = false, onFault } = opening;
  const [vocabulary, card] = await Promise.all(
    ['wordpiece-vocab.txt', 'deep-1.json'].map((name) => bytesOf(join(folder, name))),
  );
  const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);
  const { calibration } = JSON.parse(text(card)) as { calibration: JointCalibration };
  const model = join(folder, 'deep-1.onnx');
  const options = { start: () => threadOver(model), onFault };
  if (inBackground) await mustBeThere(model);
  const session = inBackground ? ThreadedSession.inBackground(options) : await ThreadedSession.open(options);
  return { reader: new DeepReader(session, new WordPiece(text(vocabulary)), nowMs), calibration };
}

/** What the thread would find missing only when it has begun. */
async function mustBeThere(model: string): Promise<void> {
  mustHaveRuntime();
  await access(model).catch((cause: unknown) => {
    throw missing(model, cause);
  });
}

/** Word pieces as the deep tier and the place reader were trained with. Throws `model-unreadable` where the file is missing. */
export async function openWordPiece(folder: string = SHIPPED): Promise<WordPiece> {
  return new WordPiece(new TextDecoder().decode(await bytesOf(join(folder, 'wordpiece-vocab.txt'))));
}

/** Throws `model-unreadable` where a file is missing or not what it should be. */
export async function openPlaceReader(folder: string = SHIPPED): Promise<PlaceReader> {
  const [bytes, pieces] = await Promise.all([bytesOf(join(folder, 'place-1.bin')), openWordPiece(folder)]);
  return new PlaceReader(decodePlaceModel(bytes), pieces);
}

async function bytesOf(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw missing(file, cause);
  }
}

function missing(file: string, cause: unknown): StepdownError {
  return new StepdownError('model-unreadable', 'the weights of a text model are missing', { place: { file }, cause });
}
