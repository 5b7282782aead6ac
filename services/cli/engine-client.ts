/**
 * How a command reaches the engine: over its HTTP API where one runs on the data directory, else, for reading only, through
 * the same API in this process over read-only drivers. So `incidents show` works, and looks the same, after the engine stopped.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../runtime/config.js';
import { ERROR_CODES, type ErrorCode, StepdownError } from '../runtime/errors.js';
import { type EngineFile, readEngineFile } from '../runtime/engine-file.js';
import { invocation } from './invocation.js';

export interface ApiAnswer {
  status: number;
  body: string;
}

/** One exchange with the API; `path` with its query. Throws `not-running` where nobody answers. */
export interface Wire {
  readonly live: boolean;
  exchange(method: string, path: string, body?: unknown): Promise<ApiAnswer>;
  close(): Promise<void>;
}

const REQUEST_TIMEOUT_MS = 15_000;
const PAGE = 200;
/** How many items a search by the beginning of an id looks through. */
const SEARCHED = 2_000;

export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

export class EngineClient {
  readonly #wire: Wire;

  constructor(wire: Wire) {
    this.#wire = wire;
  }

  /** False where a stopped engine's store is read. */
  get live(): boolean {
    return this.#wire.live;
  }

  async get<T>(path: string, query: Query = {}): Promise<T> {
    return this.#ask<T>('GET', path + queryString(query));
  }

  /** `act`: what the person wanted, for the message where no engine runs. */
  async post<T>(path: string, body: unknown, act: string): Promise<T> {
    this.#mustLive(act);
    return this.#ask<T>('POST', path, body);
  }

  async delete<T>(path: string, act: string, query: Query = {}): Promise<T> {
    this.#mustLive(act);
    return this.#ask<T>('DELETE', path + queryString(query));
  }

  /** Up to `limit` items of a list, page by page. */
  async list<T>(path: string, query: Query, limit: number): Promise<T[]> {
    const items: T[] = [];
    for (let after: string | undefined; items.length < limit;) {
      const page = await this.get<{ items: T[]; nextCursor?: string }>(path, {
        ...query,
        limit: Math.min(PAGE, limit - items.length),
        cursor: after,
      });
      items.push(...page.items);
      if (page.nextCursor === undefined) break;
      after = page.nextCursor;
    }
    return items;
  }

  /**
   * One item of a list by its id, or by a beginning of it that only one item has. Throws `not-found`, or `usage` where
   * several begin so.
   */
  async one<T extends { id: string }>(path: string, id: string, query: Query = {}): Promise<T> {
    try {
      return await this.get<T>(`${path}/${encodeURIComponent(id)}`);
    } catch (error) {
      if (!(error instanceof StepdownError) || error.code !== 'not-found') throw error;
      const found = (await this.list<T>(path, query, SEARCHED)).filter((item) => item.id.startsWith(id));
      const [only] = found;
      if (only === undefined) throw error;
      if (found.length > 1)
        throw new StepdownError('usage', `${found.length} begin with ${JSON.stringify(id)}`, {
          mend: `give more of the id: ${found
            .slice(0, 3)
            .map((item) => item.id)
            .join(', ')} …`,
        });
      return only;
    }
  }

  close(): Promise<void> {
    return this.#wire.close();
  }

  #mustLive(act: string): void {
    if (!this.#wire.live) throw notRunning(`${act} needs a running engine`);
  }

  async #ask<T>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await this.#wire.exchange(method, path, body);
    const value = parse(answer.body);
    if (answer.status >= 200 && answer.status < 300) return value as T;
    throw problem(answer.status, value);
  }
}

export function notRunning(message: string, cause?: unknown): StepdownError {
  return new StepdownError('not-running', message, {
    mend: `start it with \`${invocation()} up\`, with the same --data-dir or --config`,
    ...(cause === undefined ? {} : { cause }),
  });
}

/** The wire to a running engine; `undefined` where none runs on this data directory. */
export function liveWire(config: Config): Wire | undefined {
  const engine = readEngineFile(config.dataDir);
  return engine === undefined ? undefined : httpWire(engine, readToken(config));
}

export function httpWire(engine: Pick<EngineFile, 'gatewayUrl'>, token: string | undefined): Wire {
  return {
    live: true,
    async exchange(method, path, body) {
      let response: Response;
      try {
        response = await fetch(new URL(path, engine.gatewayUrl), {
          method,
          signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
          headers: {
            ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
            ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        });
      } catch (cause) {
        if (cause instanceof Error && cause.name === 'TimeoutError')
          throw new StepdownError(
            'deadline',
            `the engine at ${engine.gatewayUrl} did not answer within ${REQUEST_TIMEOUT_MS / 1000} s`,
            { cause },
          );
        throw notRunning(`the engine at ${engine.gatewayUrl} does not answer`, cause);
      }
      return { status: response.status, body: await response.text() };
    },
    async close() {
      // The connection pool ends with the process.
    },
  };
}

export function tokenPath(config: Config): string {
  return join(config.dataDir, 'token');
}

export function readToken(config: Config): string | undefined {
  try {
    return readFileSync(tokenPath(config), 'utf8').trim();
  } catch {
    return undefined;
  }
}

function queryString(query: Query): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, String(value));
  const text = search.toString();
  return text === '' ? '' : `?${text}`;
}

function parse(body: string): unknown {
  if (body === '') return undefined;
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

const BY_STATUS: Readonly<Record<number, ErrorCode>> = {
  400: 'usage',
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'not-found',
  409: 'conflict',
  413: 'input-too-large',
  422: 'input-refused',
  503: 'not-running',
  504: 'deadline',
};

function problem(status: number, value: unknown): StepdownError {
  const body = (value ?? {}) as { detail?: unknown; title?: unknown; code?: unknown; pointer?: unknown };
  const named = ERROR_CODES.find((code) => code === body.code);
  const message =
    typeof body.detail === 'string'
      ? body.detail
      : typeof body.title === 'string'
        ? body.title
        : `the engine answered ${status}`;
  return new StepdownError(named ?? BY_STATUS[status] ?? 'conflict', message, {
    ...(typeof body.pointer === 'string' ? { place: { pointer: body.pointer } } : {}),
    ...(status === 401 ? { mend: 'the token in <data-dir>/token is missing or was revoked' } : {}),
  });
}
