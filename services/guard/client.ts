/**
 * The guard's line to the engine: JSON over HTTP with a deadline. Nothing here throws for what a network does; the
 * outcome is a union. Node's own fetch keeps connections open and uses them again.
 */
import { setTimeout as sleep } from 'node:timers/promises';

export type Sent =
  | { kind: 'answer'; body: unknown }
  /** The engine answered that it will not: a wrong token, a malformed question. Sending again does not help. */
  | { kind: 'refused'; status: number; message: string }
  /** No answer within the deadline. */
  | { kind: 'none'; message: string };

export interface ClientOptions {
  url: string;
  token: string | undefined;
  /** Where a token was looked for that nobody gave. */
  tokenFile: string;
}

const FIRST_PAUSE_MS = 15;

export class Client {
  readonly #options: ClientOptions;

  constructor(options: ClientOptions) {
    this.#options = options;
  }

  /**
   * Sends until there is an answer or the deadline is reached. Tried again, with growing pauses and jitter: a broken
   * connection, 429 and 5xx (after `Retry-After`, where it fits). Questions carry ids, so a repeat does no harm.
   */
  async post(path: string, body: unknown, timeoutMs: number, signal?: AbortSignal): Promise<Sent> {
    const deadline = performance.now() + timeoutMs;
    let text: string;
    try {
      text = JSON.stringify(body);
    } catch (error) {
      return { kind: 'refused', status: 0, message: `the arguments are no JSON: ${(error as Error).message}` };
    }
    let pause = FIRST_PAUSE_MS;
    for (;;) {
      const sent = await this.#once(path, text, Math.max(1, deadline - performance.now()), signal);
      if (sent.kind !== 'again') return sent;
      const wait = Math.max(sent.afterMs, pause * (0.5 + Math.random()));
      pause *= 2;
      if (performance.now() + wait >= deadline) return { kind: 'none', message: sent.message };
      try {
        await sleep(wait, undefined, signal === undefined ? {} : { signal });
      } catch {
        return { kind: 'none', message: 'aborted' };
      }
    }
  }

  async #once(
    path: string,
    text: string,
    timeoutMs: number,
    signal?: AbortSignal,
  ): Promise<Sent | { kind: 'again'; afterMs: number; message: string }> {
    const timeout = AbortSignal.timeout(Math.ceil(timeoutMs));
    try {
      const response = await fetch(`${this.#options.url}${path}`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(this.#options.token === undefined ? {} : { authorization: `Bearer ${this.#options.token}` }),
        },
        body: text,
        // A redirect could lead the token to another host.
        redirect: 'error',
        signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
      });
      const body: unknown = await response.json().catch(() => undefined);
      if (response.ok || response.status === 422) return { kind: 'answer', body };
      const detail = (body as { detail?: unknown } | undefined)?.detail;
      if (response.status === 401 && this.#options.token === undefined)
        return {
          kind: 'refused',
          status: 401,
          message: `no token: ${this.#options.tokenFile} cannot be read; STEPDOWN_TOKEN_FILE or STEPDOWN_TOKEN names another`,
        };
      const message = `${response.status}${typeof detail === 'string' ? `: ${detail}` : ''}`;
      if (response.status === 429 || response.status >= 500)
        return { kind: 'again', afterMs: retryAfterMs(response), message };
      return { kind: 'refused', status: response.status, message };
    } catch (error) {
      if (timeout.aborted) return { kind: 'none', message: `no answer within ${Math.round(timeoutMs)} ms` };
      if (signal?.aborted === true) return { kind: 'none', message: 'aborted' };
      const cause = (error as { cause?: { code?: unknown } }).cause?.code;
      const message = typeof cause === 'string' ? cause : (error as Error).message;
      // Nobody listens, or the address is none that can be fetched: that does not change within a decision's deadline.
      if (typeof cause !== 'string' || cause === 'ECONNREFUSED' || cause === 'ENOTFOUND')
        return { kind: 'none', message };
      return { kind: 'again', afterMs: 0, message };
    }
  }
}

function retryAfterMs(response: Response): number {
  const seconds = Number(response.headers.get('retry-after') ?? '0');
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : 0;
}
