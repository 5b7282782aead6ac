/** The thread in which the deep tier reads, so that nobody's event loop stands still meanwhile. */
import { readFile } from 'node:fs/promises';
import { performance } from 'node:perf_hooks';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { StepdownError } from '../../../runtime/errors.js';
import { WINDOW_PIECES } from './laid-windows.js';
import { type DeepSession, openDeepSession } from './session.js';
import type { ThreadAnswer, ThreadData, ThreadQuestion } from './thread-messages.js';

/** Code in WebAssembly is compiled well only when it has run for a while; without this the first windows take four times as long. */
const WARM_UP_MS = 600;
const WARM_UP_RUNS = 40;

const port = parentPort as MessagePort;
const say = (answer: ThreadAnswer, transfer: ArrayBuffer[] = []): void => port.postMessage(answer, transfer);

try {
  const { model } = workerData as ThreadData;
  const session = await openDeepSession(await bytesOf(model));
  const windowMs = await warmedUp(session);
  port.on('message', ({ id, ids, rows, length }: ThreadQuestion) => {
    session.run(ids, rows, length).then(
      (run) => {
        if (run.kind !== 'read') return;
        const window = Float32Array.from(run.window);
        const token = Float32Array.from(run.token);
        say({ kind: 'read', id, window, token }, [window.buffer, token.buffer]);
      },
      (error: unknown) => say({ kind: 'failed', id, message: messageOf(error) }),
    );
  });
  say({ kind: 'ready', runtime: session.runtime, windowMs });
} catch (error) {
  const { code, mend } =
    error instanceof StepdownError ? error : { code: 'driver-unavailable' as const, mend: undefined };
  say({ kind: 'refused', code, message: messageOf(error), mend });
}

/** Milliseconds that a window takes in the end. */
async function warmedUp(session: DeepSession): Promise<number> {
  const beganMs = performance.now();
  let least = Number.POSITIVE_INFINITY;
  for (let run = 0; run < WARM_UP_RUNS && performance.now() - beganMs < WARM_UP_MS; run++) {
    const runMs = performance.now();
    const ids = BigInt64Array.from({ length: WINDOW_PIECES }, (_, at) => BigInt(1_000 + at));
    await session.run(ids, 1, WINDOW_PIECES);
    least = Math.min(least, performance.now() - runMs);
  }
  return least;
}

async function bytesOf(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw new StepdownError('model-unreadable', 'the weights of a text model are missing', { place: { file }, cause });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
