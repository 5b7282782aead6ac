/**
 * The ONNX runtime behind the deep tier, native where it is installed, else WebAssembly. Neither is a hard dependency:
 * without them the deep tier says that it is not there, and nothing else changes.
 */
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

export interface DeepSession {
  readonly runtime: 'onnxruntime-node' | 'onnxruntime-web';
  /** `ids`: rows × length word pieces, 0 where a row is shorter. Log-odds of each row, and of each of its pieces. */
  run(
    ids: BigInt64Array,
    rows: number,
    length: number,
  ): Promise<{ window: ArrayLike<number>; token: ArrayLike<number> }>;
  close(): Promise<void>;
}

const PACKAGES = ['onnxruntime-node', 'onnxruntime-web'] as const;

/** One thread: the runtime must not take the cores that decisions are made on. Throws `driver-unavailable` without a runtime. */
export async function openDeepSession(
  model: Uint8Array,
  packages: readonly (typeof PACKAGES)[number][] = PACKAGES,
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
          return { window: output['window']?.data ?? [], token: output['token']?.data ?? [] };
        },
        close: () => session.release(),
      };
    } catch (error) {
      cause = error;
    }
  }
  throw new StepdownError('driver-unavailable', 'the deep text model cannot be opened', {
    cause,
    mend: 'install onnxruntime-node, or onnxruntime-web where no native code may run',
  });
}
