/**
 * Microsoft Graph as we use it: one request, or up to twenty in a batch; under the limiter, with a token that is fetched when
 * it is needed and never written anywhere. What is certain after each is said as the enforcement port says it.
 */
import type { TokenCredential } from '@azure/core-auth';
import type { HttpMethods } from '@azure/core-rest-pipeline';
import { type Response, retryAfterMs, Transport } from '../transport.js';
import { type Lane, Limiter } from './limiter.js';

export type Failure =
  | { kind: 'retry'; reason: string; afterMs?: number }
  | { kind: 'unknown'; reason: string }
  | { kind: 'refused'; reason: string };
export type Answer = { kind: 'ok'; body: unknown } | { kind: 'missing'; reason: string } | Failure;

export interface Ask {
  method: HttpMethods;
  /** Behind the version, e.g. `/groups/…`. */
  path: string;
  body?: unknown;
}

export interface GraphOptions {
  /** E.g. `https://graph.microsoft.com`. */
  url: string;
  credential: TokenCredential;
  ca?: string;
  now: () => number;
  limiter?: Limiter;
}

const BATCH = 20;
/** How long a request may wait for its turn before it is put back. */
const PATIENCE_MS = 8_000;

export class Graph {
  readonly url: string;
  readonly #options: GraphOptions;
  readonly #transport: Transport;
  readonly #limiter: Limiter;
  #token: { text: string; untilMs: number } | undefined;

  constructor(options: GraphOptions) {
    this.url = options.url.replace(/\/+$/, '');
    this.#options = options;
    this.#transport = new Transport(options.ca);
    this.#limiter = options.limiter ?? new Limiter(options.now);
  }

  async ask(ask: Ask, signal: AbortSignal): Promise<Answer> {
    const lane = laneOf(ask);
    const waitMs = await this.#limiter.take(lane, 1, PATIENCE_MS, signal);
    if (waitMs !== undefined) return { kind: 'retry', reason: 'the limits of the directory', afterMs: waitMs };
    const token = await this.#bearer(signal);
    if (typeof token !== 'string') return token;
    const response = await this.#transport.send({
      method: ask.method,
      url: `${this.url}/v1.0${ask.path}`,
      headers: {
        authorization: `Bearer ${token}`,
        ...(ask.body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(ask.body === undefined ? {} : { body: JSON.stringify(ask.body) }),
      signal,
    });
    if (response.kind === 'unsent') return { kind: 'retry', reason: response.reason };
    if (response.kind === 'lost') return { kind: 'unknown', reason: response.reason };
    return this.#read(ask, lane, response);
  }

  /** Many at once, each with an answer of its own, in their order. */
  async batch(asks: readonly Ask[], signal: AbortSignal): Promise<Answer[]> {
    const answers: Answer[] = [];
    for (let at = 0; at < asks.length; at += BATCH)
      answers.push(...(await this.#batch(asks.slice(at, at + BATCH), signal)));
    return answers;
  }

  async #batch(asks: readonly Ask[], signal: AbortSignal): Promise<Answer[]> {
    const [only] = asks;
    if (asks.length === 1 && only !== undefined) return [await this.ask(only, signal)];
    const lane: Lane = asks.some(({ method }) => method !== 'GET') ? 'writes' : 'reads';
    const waitMs = await this.#limiter.take(lane, asks.length, PATIENCE_MS, signal);
    if (waitMs !== undefined)
      return asks.map(() => ({ kind: 'retry', reason: 'the limits of the directory', afterMs: waitMs }));
    const whole = await this.ask({ method: 'POST', path: '/$batch', body: { requests: asks.map(inBatch) } }, signal);
    if (whole.kind === 'missing') return asks.map(() => ({ kind: 'refused', reason: whole.reason }));
    if (whole.kind !== 'ok') return asks.map(() => whole);
    const { responses = [] } = (whole.body ?? {}) as { responses?: BatchResponse[] };
    const byId = new Map(responses.map((response) => [response.id, response]));
    return asks.map((ask, index) => {
      const part = byId.get(String(index));
      if (part === undefined) return { kind: 'unknown', reason: 'the batch does not tell what became of it' };
      return this.#read(ask, laneOf(ask), {
        kind: 'answer',
        status: part.status,
        header: (name) => lower(part.headers ?? {})[name],
        body: part.body === undefined ? '' : JSON.stringify(part.body),
      });
    });
  }

  /** Every item of a list, over its pages. */
  async list(
    path: string,
    signal: AbortSignal,
  ): Promise<{ kind: 'ok'; items: unknown[] } | Exclude<Answer, { kind: 'ok' }>> {
    const items: unknown[] = [];
    for (let next: string | undefined = path; next !== undefined;) {
      const answer: Answer = await this.ask({ method: 'GET', path: next }, signal);
      if (answer.kind !== 'ok') return answer;
      const { value = [], '@odata.nextLink': link } = answer.body as { value?: unknown[]; '@odata.nextLink'?: string };
      items.push(...value);
      next = link === undefined ? undefined : this.#within(link);
      if (link !== undefined && next === undefined)
        return { kind: 'refused', reason: 'the next page of a list lies on another server' };
    }
    return { kind: 'ok', items };
  }

  /** Our token goes to nobody else, whatever a page says. */
  #within(link: string): string | undefined {
    const prefix = `${this.url}/v1.0`;
    return link.startsWith(`${prefix}/`) ? link.slice(prefix.length) : undefined;
  }

  #read(ask: Ask, lane: Lane, response: Extract<Response, { kind: 'answer' }>): Answer {
    const { status } = response;
    if (status >= 200 && status < 300) {
      this.#limiter.passed(lane);
      const body = parsed(response.body);
      // A page of something in between: of a reading nothing is known, a change may be made.
      if (response.body !== '' && !isObject(body))
        return {
          kind: ask.method === 'GET' ? 'retry' : 'unknown',
          reason: `${ask.method} ${ask.path.split('?')[0] ?? ''}: no JSON`,
        };
      if (ask.method === 'GET' && !isObject(body))
        return { kind: 'retry', reason: `GET ${ask.path.split('?')[0] ?? ''}: empty` };
      return { kind: 'ok', body };
    }
    const reason = `${ask.method} ${ask.path.split('?')[0] ?? ''}: ${status}${said(response.body)}`;
    const asked = retryAfterMs(response.header('retry-after'), this.#options.now());
    if (status === 404) return { kind: 'missing', reason };
    if (status === 429) return { kind: 'retry', reason, afterMs: this.#limiter.throttled(lane, asked) };
    if (status === 401) {
      this.#token = undefined;
      return { kind: 'retry', reason };
    }
    if (status === 503 || status === 409 || status === 412 || status === 423)
      return { kind: 'retry', reason, ...(asked === undefined ? {} : { afterMs: asked }) };
    if (status >= 500) return { kind: 'unknown', reason };
    return { kind: 'refused', reason: status === 403 ? `${reason}; run \`stepdown entra check\`` : reason };
  }

  async #bearer(signal: AbortSignal): Promise<string | Failure> {
    const nowMs = this.#options.now();
    if (this.#token !== undefined && this.#token.untilMs - nowMs > 120_000) return this.#token.text;
    try {
      const token = await this.#options.credential.getToken(`${this.url}/.default`, { abortSignal: signal });
      if (token === null) return { kind: 'retry', reason: 'the credential gave no token' };
      this.#token = { text: token.token, untilMs: token.expiresOnTimestamp };
      return token.token;
    } catch (error) {
      // Its message names what to mend, and holds no secret.
      const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
      return { kind: 'retry', reason: `no token: ${line.slice(0, 200)}` };
    }
  }
}

interface BatchResponse {
  id: string;
  status: number;
  headers?: Record<string, string>;
  body?: unknown;
}
const lower = (headers: Record<string, string>) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));

const inBatch = ({ method, path, body }: Ask, index: number) => ({
  id: String(index),
  method,
  url: path,
  ...(body === undefined ? {} : { body, headers: { 'content-type': 'application/json' } }),
});

function laneOf({ method, path }: Ask): Lane {
  if (path.startsWith('/identity/conditionalAccess/')) return 'policies';
  return method === 'GET' || path === '/$batch' ? 'reads' : 'writes';
}

function parsed(body: string): unknown {
  if (body === '') return undefined;
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return undefined;
  }
}

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;

/** What Graph says went wrong, in its words. */
function said(body: string): string {
  const { error } = (parsed(body) ?? {}) as { error?: { code?: unknown; message?: unknown } };
  const words = [error?.code, error?.message].filter((word) => typeof word === 'string').join(': ');
  return words === '' ? '' : ` ${words.slice(0, 200)}`;
}
