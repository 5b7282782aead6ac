/**
 * The router: one explicit table of routes; authentication, rights, body reading and problems in one place, so that a
 * resource is only what it does. Needs no socket.
 */
import type { Static, TSchema } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import type { Principal } from '../../../schemas/principal.js';
import type { Authenticated } from '../sign-in/authentication.js';
import { StepdownError } from '../../runtime/errors.js';
import { deeperThan, MAX_NESTING } from '../../runtime/nesting.js';
import { may, type Right } from '../principals.js';
import { type Problem, problemBody, problemOf } from '../problem.js';
import type { ApiRequest, ApiResponse, Reply } from './message.js';

export interface Call {
  method: string;
  params: Record<string, string>;
  query: URLSearchParams;
  headers: Record<string, string | undefined>;
  principal: Principal;
  /** The body's text; throws `input-malformed` for bytes that are no UTF-8. */
  text(): string;
  /** The body as JSON of this shape, else `input-malformed` with the pointer of the first fault. */
  json<S extends TSchema>(schema: S): Static<S>;
}

export interface Route {
  method: 'GET' | 'POST' | 'DELETE';
  /** `/v1/incidents/:id` */
  path: string;
  /** `public` routes see no principal but {@link ANYONE}; `own` routes do their own authentication. */
  right: Right | 'public';
  /** Media types a body may have; the default is JSON alone. */
  accepts?: readonly string[];
  run(call: Call): Promise<Reply> | Reply;
}

export interface RouterOptions {
  routes: readonly Route[];
  authenticate(token: string): Authenticated | Promise<Authenticated>;
  maxBodyBytes: number;
  /** Told of bugs; the caller sees an `internal` problem. */
  onBug(error: unknown, request: { method: string; path: string }): void;
  /** Told of each answer; `route` is the pattern, or `none` where nothing was found. */
  onAnswer?(answer: { method: string; route: string; status: number; seconds: number }): void;
}

interface Compiled {
  route: Route;
  parts: string[];
}

const JSON_ONLY = ['application/json'] as const;

export class Router {
  readonly #byDepth = new Map<number, Compiled[]>();
  readonly #options: RouterOptions;

  constructor(options: RouterOptions) {
    this.#options = options;
    for (const route of options.routes) {
      const parts = route.path.split('/').slice(1);
      const list = this.#byDepth.get(parts.length) ?? [];
      list.push({ route, parts });
      this.#byDepth.set(parts.length, list);
    }
  }

  async handle(request: ApiRequest): Promise<ApiResponse> {
    const begunAt = performance.now();
    let reply: Reply;
    try {
      reply = await this.#answer(request);
    } catch (error) {
      const problem = problemOf(error);
      if (problem.status === 500) this.#options.onBug(error, { method: request.method, path: pathOf(request.path) });
      reply = problemReply(problem);
    }
    this.#tell(request, reply.status, (performance.now() - begunAt) / 1_000);
    const requestId = request.headers?.['x-request-id'];
    return {
      status: reply.status,
      headers: {
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
        ...(reply.body === undefined ? {} : { 'content-type': 'application/json' }),
        // AuthZEN 1.0, "Request Identification": the caller's id comes back unchanged.
        ...(requestId !== undefined && /^[\x21-\x7e]{1,200}$/.test(requestId) ? { 'x-request-id': requestId } : {}),
        ...reply.headers,
      },
      body: reply.text ?? (reply.body === undefined ? '' : JSON.stringify(reply.body)),
    };
  }

  #candidates(parts: string[]): Compiled[] {
    return (this.#byDepth.get(parts.length) ?? []).filter((candidate) => fits(candidate.parts, parts));
  }

  /** What is asked for, by the pattern of its route: as many as there are routes, whatever is sent. */
  nameOf(request: ApiRequest): string {
    const { method, route } = this.#named(request);
    return `${method} ${route}`;
  }

  #named({ method, path }: ApiRequest): { method: string; route: string } {
    try {
      const found = this.#candidates(decodeParts(pathOf(path))).find(({ route }) => route.method === method);
      if (found !== undefined) return { method: found.route.method, route: found.route.path };
    } catch {
      // A path that cannot be decoded is none of ours.
    }
    return { method: 'other', route: 'none' };
  }

  #tell(request: ApiRequest, status: number, seconds: number): void {
    this.#options.onAnswer?.({ ...this.#named(request), status, seconds });
  }

  async #answer(request: ApiRequest): Promise<Reply> {
    const path = pathOf(request.path);
    const parts = decodeParts(path);
    const candidates = this.#candidates(parts);
    const found = candidates.find((candidate) => candidate.route.method === request.method);
    if (found === undefined) {
      if (candidates.length === 0) throw new StepdownError('not-found', `There is nothing at ${clip(path)}`);
      return problemReply(
        { status: 405, code: 'method-not-allowed', detail: `${clip(request.method)} is not answered here` },
        { allow: candidates.map((candidate) => candidate.route.method).join(', ') },
      );
    }
    const { route } = found;
    const principal = await this.#admit(route, request);
    const body = request.body === undefined || request.body.length === 0 ? undefined : request.body;
    if (body !== undefined) {
      if (bytesOf(body) > this.#options.maxBodyBytes)
        throw new StepdownError('input-too-large', `A body may have ${this.#options.maxBodyBytes} bytes`);
      // A cross-site form can send text/plain but not application/json without a preflight, which we never grant.
      const type = request.headers?.['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
      const accepts = route.accepts ?? JSON_ONLY;
      if (request.principal === undefined && !accepts.includes(type ?? ''))
        return problemReply({ status: 415, code: 'unsupported-media-type', detail: `Send ${accepts.join(' or ')}` });
    }
    const params: Record<string, string> = {};
    found.parts.forEach((part, at) => {
      if (part.startsWith(':')) params[part.slice(1)] = parts[at] ?? '';
    });
    const text = () => textOf(body);
    return route.run({
      method: request.method,
      params,
      query: new URLSearchParams(queryOf(request.path)),
      headers: request.headers ?? {},
      principal,
      text,
      json: (schema) => readJson(schema, text()),
    });
  }

  async #admit(route: Route, request: ApiRequest): Promise<Principal> {
    if (request.principal !== undefined) return request.principal;
    if (route.right === 'public') return ANYONE;
    const token = bearer(request.headers?.authorization);
    if (token === undefined) throw new StepdownError('unauthenticated', 'Send a bearer token');
    const principal = await this.#options.authenticate(token);
    if ('refused' in principal)
      throw new StepdownError('unauthenticated', `The token is refused: ${principal.refused}`);
    if (!may(principal, route.right))
      throw new StepdownError('forbidden', `The role ${principal.role} may not do this`);
    return principal;
  }
}

const ANYONE: Principal = {
  schemaVersion: 1,
  id: 'anyone',
  name: 'anyone',
  role: 'agent',
  agents: [],
  tokenHash: '',
  createdAtMs: 0,
  createdBy: 'engine',
};

export function problemReply(problem: Problem, headers: Record<string, string> = {}): Reply {
  return {
    status: problem.status,
    headers: {
      'content-type': 'application/problem+json',
      ...(problem.status === 401 ? { 'www-authenticate': 'Bearer' } : {}),
      ...(problem.retryAfterSeconds === undefined ? {} : { 'retry-after': String(problem.retryAfterSeconds) }),
      ...headers,
    },
    body: problemBody(problem),
  };
}

/** The bearer token of an Authorization header. */
export function bearer(header: string | undefined): string | undefined {
  return header === undefined ? undefined : /^bearer +([^\s]+) *$/i.exec(header)?.[1];
}

/** JSON of a shape, else `input-malformed` with the pointer of the first fault. */
export function readJson<S extends TSchema>(schema: S, text: string): Static<S> {
  const value = parseJson(text);
  if (deeperThan(value, MAX_NESTING))
    throw new StepdownError('input-malformed', `Nested deeper than ${MAX_NESTING} levels`, { place: { pointer: '' } });
  return shaped(schema, value);
}

export function parseJson(text: string): unknown {
  if (text.trim() === '')
    throw new StepdownError('input-malformed', 'A JSON body is needed', { place: { pointer: '' } });
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new StepdownError('input-malformed', `The body is no JSON: ${(error as Error).message.slice(0, 200)}`, {
      place: { pointer: '' },
      cause: error,
    });
  }
}

export function shaped<S extends TSchema>(schema: S, value: unknown, base = ''): Static<S> {
  const fault = Value.Errors(schema, value).First();
  if (fault !== undefined)
    throw new StepdownError('input-malformed', fault.message, { place: { pointer: `${base}${fault.path}` } });
  return value;
}

function fits(pattern: string[], parts: string[]): boolean {
  return pattern.every((part, at) => (part.startsWith(':') ? parts[at] !== '' : part === parts[at]));
}

function decodeParts(path: string): string[] {
  try {
    return path.split('/').slice(1).map(decodeURIComponent);
  } catch (error) {
    throw new StepdownError('input-malformed', 'The path is not percent-encoded rightly', { cause: error });
  }
}

const pathOf = (path: string): string => path.split('?', 1)[0] ?? '';
function queryOf(path: string): string {
  const at = path.indexOf('?');
  return at < 0 ? '' : path.slice(at + 1);
}
const clip = (text: string): string => text.slice(0, 100);
const bytesOf = (body: string | Uint8Array): number =>
  typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength;

const utf8 = new TextDecoder('utf-8', { fatal: true });
function textOf(body: string | Uint8Array | undefined): string {
  if (body === undefined) return '';
  if (typeof body === 'string') return body;
  try {
    return utf8.decode(body);
  } catch (error) {
    throw new StepdownError('input-malformed', 'The body is no UTF-8', { cause: error });
  }
}
