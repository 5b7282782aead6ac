/** A guarded call: what may be said of it, what became of it, and who makes it. */
import type { EffectClass } from '../../schemas/common.js';
import type { Refusal } from './refusal.js';

export interface CallOptions {
  toolCallId?: string | undefined;
  description?: string | undefined;
  effects?: readonly EffectClass[] | undefined;
  signal?: AbortSignal | undefined;
}

/** What became of a guarded call. */
export type Outcome<T> =
  { kind: 'done'; value: T } | { kind: 'masked'; value: unknown } | { kind: 'refused'; refusal: Refusal };

/** What guarded tools need of a session. */
export interface Caller {
  /** Tells the user's words, each once. */
  prompts(texts: readonly string[]): Promise<void>;
  /** Asks, runs where it is allowed, and says what of the result may be seen. */
  call<R>(tool: string, input: unknown, run: () => R | PromiseLike<R>, options?: CallOptions): Promise<Outcome<R>>;
}
