/**
 * The ONNX runtime behind the deep tier, native where it is installed, else WebAssembly. Neither is a hard dependency:
 * without them the deep tier says that it is not there, and nothing else changes.
 */
import { createRequire } from 'node:module';
import { StepdownError } from '../../../runtime/errors.js';

/** What is used of the runtime; both packages have it. */
interface Runtime {
  env: { wasm?: { numThreads?: number }; logLevel?: string };
  InferenceSession: { create(model: Uint8Array, options: Record<string, unknown>): Promise<RuntimeSession> };
  Tensor: new (type: 'int64', data: BigInt64Array, dims: readonly number[]) => unknown;
}
interface RuntimeSession {
  run(feeds: Record<string, unknown>): Promise<Record<string, { data: ArrayLike<number> }>>;
  release(): Promise<void>;
}

export type DeepRuntime = 'onnxruntime-node' | 'onnxruntime-web';

/** Why windows were not read: the event's time was spent, others stood before them, or the thread that reads them ended. */
export type DeepLeft = 'time' | 'queue' | { failed: string };

export type DeepRun =
  | {
      kind: 'read';
      /** Log-odds of each row. */
      window: ArrayLike<number>;
      /** Log-odds of each piece of each row. */
      token: ArrayLike<number>;
    }
  | { kind: 'left'; why: DeepLeft };

export interface DeepSession {
  readonly runtime: DeepRuntime;
  /** `ids`: rows × length word pieces, 0 where a row is shorter. `withinMs`: after this long nobody waits for the answer. */
  run(ids: BigInt64Array<ArrayBuffer>, rows: number, length: number, withinMs?: number): Promise<DeepRun>;
  close(): Promise<void>;
}

const PACKAGES = ['onnxruntime-node', 'onnxruntime-web'] as const;

/**
 * A session in this thread, which a run in WebAssembly holds as long as it lasts. One thread of the runtime's: it must not
 * take the cores that decisions are made on. Throws `driver-unavailable` without a runtime.
 */
export async function openDeepSession(
  model: Uint8Array,
  packages: readonly DeepRuntime[] = PACKAGES,
): Promise<DeepSession> {
  let cause: unknown;
  for (const name of packages) {
    try {
      const imported = (await import(name)) as Runtime & { default?: Runtime };
      const runtime =
        imported.InferenceSession === undefined && imported.default !== undefined ? imported.default : imported;
      if (runtime.env.wasm !== undefined && name === 'onnxruntime-web') runtime.env.wasm.numThreads = 1;
      const session = await runtime.InferenceSession.create(model, {
        intraOpNumThreads: 1,
        interOpNumThreads: 1,
        executionMode: 'sequential',
        logSeverityLevel: 3,
      });
      // The runtime in WebAssembly refuses a second run while one is under way.
      let last: Promise<unknown> = Promise.resolve();
      return {
        runtime: name,
        async run(ids, rows, length) {
          const turn = last.then(() => session.run({ ids: new runtime.Tensor('int64', ids, [rows, length]) }));
          last = turn.catch(() => undefined);
          const output = await turn;
          return { kind: 'read', window: output['window']?.data ?? [], token: output['token']?.data ?? [] };
        },
        close: () => session.release(),
      };
    } catch (error) {
      cause = error;
    }
  }
  throw withoutRuntime(cause);
}

/** Whether a runtime is installed, without loading it. Throws `driver-unavailable` where none is. */
export function mustHaveRuntime(packages: readonly string[] = PACKAGES): void {
  const { resolve } = createRequire(import.meta.url);
  let cause: unknown;
  for (const name of packages) {
    try {
      resolve(name);
      return;
    } catch (error) {
      cause = error;
    }
  }
  throw withoutRuntime(cause);
}

function withoutRuntime(cause: unknown): StepdownError {
  return new StepdownError('driver-unavailable', 'the deep text model cannot be opened', {
    cause,
    mend: 'install onnxruntime-node, or onnxruntime-web where no native code may run',
  });
}
