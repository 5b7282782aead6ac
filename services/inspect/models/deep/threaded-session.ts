/**
 * The deep tier in a thread of its own. Questions wait in a bounded queue, one is under way at a time; whoever asked waits no
 * longer than it said. A thread that ends, or hangs, is replaced, and what it was reading is said to be unread. The thread
 * keeps the process alive only while somebody waits for it.
 */
import { existsSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { StepdownError } from '../../../runtime/errors.js';
import type { DeepRun, DeepRuntime, DeepSession } from './session.js';
import type { ThreadAnswer, ThreadData, ThreadQuestion } from './thread-messages.js';

/** Windows that may wait: some two seconds' work natively. Whoever comes then is told so at once. */
const MOST_WAITING = 256;
/** A run that takes longer than this has hung. Milliseconds. */
const HUNG_MS = 15_000;
/** A thread that ended is begun again after the first of these, then after twice as long each time. Milliseconds. */
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 60_000;
const OPEN_MS = 60_000;

/** Threads are begun from compiled code; the sources find it where the build puts it. */
const COMPILED = [
  new URL('./thread.js', import.meta.url),
  new URL('../../../../dist/services/inspect/models/deep/thread.js', import.meta.url),
];

export interface ThreadedOptions {
  /** Begins a thread. */
  start: () => Worker;
  /** Hears that a thread ended and when the next one begins. */
  onFault?: ((message: string) => void) | undefined;
  mostWaiting?: number;
  hungMs?: number;
  firstPauseMs?: number;
}

interface Waiting extends ThreadQuestion {
  /** Once; what comes later is dropped. */
  settle: (run: DeepRun) => void;
  isSettled: boolean;
}

/** `model`: the ONNX file, which each thread reads by itself. */
export function threadOver(model: string): Worker {
  const file = COMPILED.find((url) => existsSync(url));
  if (file === undefined)
    throw new StepdownError('driver-unavailable', 'the deep text model has no thread to run in', {
      mend: 'build the package: npm run build',
    });
  // Options of the process (`--input-type`, `--inspect-brk`) are not meant for it.
  return new Worker(file, { workerData: { model } satisfies ThreadData, execArgv: [] });
}

export class ThreadedSession implements DeepSession {
  readonly #options: Required<Omit<ThreadedOptions, 'onFault'>> & Pick<ThreadedOptions, 'onFault'>;
  readonly #queue: Waiting[] = [];
  #thread: Worker | undefined;
  #ready: { runtime: DeepRuntime; windowMs: number } | undefined;
  #asked: Waiting | undefined;
  #hung: NodeJS.Timeout | undefined;
  #nextId = 1;
  #rows = 0;
  #pauseMs: number;
  /** Why no thread is there, while the next one has not begun. */
  #down: string | undefined;
  #again: NodeJS.Timeout | undefined;
  #closed = false;
  /** What is known of why the thread that is there is ending. */
  #fault: string | undefined;

  private constructor(options: ThreadedOptions) {
    this.#options = { mostWaiting: MOST_WAITING, hungMs: HUNG_MS, firstPauseMs: FIRST_PAUSE_MS, ...options };
    this.#pauseMs = this.#options.firstPauseMs;
  }

  /** Waits until the thread can read. Throws what it could not begin with: `driver-unavailable`, `model-unreadable`. */
  static async open(options: ThreadedOptions): Promise<ThreadedSession> {
    const session = new ThreadedSession(options);
    await session.#begin();
    return session;
  }

  /**
   * Does not wait: questions that come before the thread can read wait in the queue, each as long as it may. A thread that
   * cannot begin is tried again as one that ended is.
   */
  static inBackground(options: ThreadedOptions): ThreadedSession {
    const session = new ThreadedSession(options);
    session.#begin().catch((error: unknown) => {
      if (!session.#closed) session.#ended(messageOf(error));
    });
    session.#hold();
    return session;
  }

  get runtime(): DeepRuntime {
    return this.#ready?.runtime ?? 'onnxruntime-web';
  }

  /** What a window took when the thread had warmed up. Milliseconds. */
  get windowMs(): number {
    return this.#ready?.windowMs ?? Number.POSITIVE_INFINITY;
  }

  run(ids: BigInt64Array<ArrayBuffer>, rows: number, length: number, withinMs = OPEN_MS): Promise<DeepRun> {
    if (this.#closed) return Promise.resolve({ kind: 'left', why: { failed: 'it was closed' } });
    if (this.#down !== undefined) return Promise.resolve({ kind: 'left', why: { failed: this.#down } });
    if (this.#rows + rows > this.#options.mostWaiting) return Promise.resolve({ kind: 'left', why: 'queue' });
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#giveUp(waiting), withinMs);
      const waiting: Waiting = {
        id: this.#nextId++,
        ids,
        rows,
        length,
        isSettled: false,
        settle: (run) => {
          if (waiting.isSettled) return;
          waiting.isSettled = true;
          this.#rows -= rows;
          clearTimeout(timer);
          resolve(run);
        },
      };
      this.#rows += rows;
      this.#queue.push(waiting);
      this.#next();
    });
  }

  /** Ends the thread; who still waits is told so. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#again);
    this.#leaveAll('it was closed');
    const thread = this.#thread;
    this.#thread = undefined;
    await thread?.terminate();
  }

  #giveUp(waiting: Waiting): void {
    const at = this.#queue.indexOf(waiting);
    if (at >= 0) this.#queue.splice(at, 1);
    waiting.settle({ kind: 'left', why: 'time' });
    this.#hold();
  }

  #next(): void {
    if (this.#asked === undefined && this.#ready !== undefined) {
      const next = this.#queue.shift();
      this.#asked = next;
      if (next !== undefined) {
        const { id, ids, rows, length } = next;
        this.#hung = setTimeout(() => this.#endHung(), this.#options.hungMs).unref();
        this.#thread?.postMessage({ id, ids, rows, length } satisfies ThreadQuestion, [ids.buffer]);
      }
    }
    this.#hold();
  }

  /** The process waits for the thread only while somebody does. */
  #hold(): void {
    if (this.#rows > 0) this.#thread?.ref();
    else this.#thread?.unref();
  }

  #endHung(): void {
    this.#fault = `its thread did not answer for ${this.#options.hungMs} ms`;
    void this.#thread?.terminate();
  }

  async #begin(): Promise<void> {
    const thread = this.#options.start();
    this.#thread = thread;
    this.#fault = undefined;
    let isReady = false;
    const refused = await new Promise<Extract<ThreadAnswer, { kind: 'refused' }> | undefined>((resolve) => {
      thread.on('message', (answer: ThreadAnswer) => {
        if (answer.kind === 'refused') resolve(answer);
        else if (answer.kind === 'ready') {
          this.#ready = { runtime: answer.runtime, windowMs: answer.windowMs };
          this.#down = undefined;
          isReady = true;
          resolve(undefined);
          this.#next();
        } else this.#answered(answer);
      });
      thread.on('error', (error: unknown) => (this.#fault = messageOf(error)));
      thread.on('exit', (code) => {
        const message = this.#fault ?? `its thread ended with ${code}`;
        resolve({ kind: 'refused', code: 'driver-unavailable', message, mend: undefined });
        if (isReady && this.#thread === thread) this.#ended(message);
      });
    });
    if (refused === undefined) return;
    const { code, message, mend } = refused;
    this.#thread = undefined;
    await thread.terminate();
    throw new StepdownError(code, message, mend === undefined ? {} : { mend });
  }

  #answered(answer: Extract<ThreadAnswer, { kind: 'read' | 'failed' }>): void {
    const asked = this.#asked;
    if (asked?.id !== answer.id) return;
    this.#asked = undefined;
    clearTimeout(this.#hung);
    if (answer.kind === 'read') {
      this.#pauseMs = this.#options.firstPauseMs;
      asked.settle({ kind: 'read', window: answer.window, token: answer.token });
    } else asked.settle({ kind: 'left', why: { failed: answer.message } });
    this.#next();
  }

  /** Begins again after a pause. Until then whoever asks is told at once. */
  #ended(message: string): void {
    this.#thread = undefined;
    this.#ready = undefined;
    if (this.#closed) return;
    this.#down = message;
    this.#leaveAll(message);
    const pauseMs = this.#pauseMs;
    this.#pauseMs = Math.min(LONGEST_PAUSE_MS, 2 * pauseMs);
    this.#options.onFault?.(`${message}; the next begins in ${pauseMs} ms`);
    this.#again = setTimeout(() => {
      this.#begin().catch((error: unknown) => {
        if (!this.#closed) this.#ended(messageOf(error));
      });
      this.#hold();
    }, pauseMs).unref();
  }

  #leaveAll(message: string): void {
    clearTimeout(this.#hung);
    const all = [...(this.#asked === undefined ? [] : [this.#asked]), ...this.#queue.splice(0)];
    this.#asked = undefined;
    for (const waiting of all) waiting.settle({ kind: 'left', why: { failed: message } });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
