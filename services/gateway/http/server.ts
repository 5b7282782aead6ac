/**
 * The socket side: reads a bounded body, asks `handle`, writes the answer. Knows no resource.
 *
 * Every limit is set against a caller that is slow, silent or endless: header and request timeouts, a body limit that
 * is checked while reading, a bound on requests under way (503 beyond it), and keep-alive longer than what usual
 * clients and proxies keep, so that they, and not we, close idle connections (a connection closed on both sides at
 * once costs the client a failed request).
 */
import { clientErrorStatus } from '../../runtime/client-error.js';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { type Problem, problemBody } from '../problem.js';
import { type HostRule, refusalOf } from './hygiene.js';
import type { ApiRequest, ApiResponse } from './message.js';

export interface ServerOptions extends HostRule {
  /** 0: the system picks one. */
  port: number;
  tls?: { cert: string; key: string } | undefined;
  maxBodyBytes: number;
  /** Requests under way at once, above which more are answered 503. */
  maxInFlight: number;
  handle(request: ApiRequest): Promise<ApiResponse>;
}

export interface RunningServer {
  readonly host: string;
  readonly port: number;
  /** Takes no new connection, lets running requests end, then closes what is idle. */
  close(): Promise<void>;
}

const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
const KEEP_ALIVE_MS = 75_000;
const DRAIN_MS = 5_000;

export async function listen(options: ServerOptions): Promise<RunningServer> {
  let inFlight = 0;
  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    if (inFlight >= options.maxInFlight) {
      refuse(response, { status: 503, code: 'stream-full', detail: 'Too many requests at once', retryAfterSeconds: 1 });
      return;
    }
    inFlight += 1;
    serve(request, response, options)
      .catch(() => response.destroy())
      .finally(() => {
        inFlight -= 1;
      });
  };
  const limits = {
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connectionsCheckingInterval: 5_000,
    maxHeaderSize: 16_384,
    noDelay: true,
  };
  const server: Server =
    options.tls === undefined
      ? createServer(limits, onRequest)
      : createTlsServer({ ...limits, ...options.tls }, onRequest);
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy();
      return;
    }
    const status = clientErrorStatus(error);
    const body = JSON.stringify(
      problemBody({
        status: Number(status.slice(0, 3)),
        code: 'input-malformed',
        detail: 'This is no HTTP request we can read',
      }),
    );
    socket.end(
      `HTTP/1.1 ${status}\r\ncontent-type: application/problem+json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.bind, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const address = server.address() as AddressInfo;
  return {
    host: options.bind,
    port: address.port,
    close: () => close(server),
  };
}

async function serve(request: IncomingMessage, response: ServerResponse, options: ServerOptions): Promise<void> {
  const headers: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(request.headers))
    headers[name] = Array.isArray(value) ? value.join(', ') : value;
  const refusal = refusalOf(headers, options);
  if (refusal !== undefined) {
    refuse(response, { status: 403, code: 'forbidden', detail: refusal });
    request.resume();
    return;
  }
  const body = await readBody(request, options.maxBodyBytes);
  if (body === undefined) {
    refuse(response, { status: 413, code: 'input-too-large', detail: `A body may have ${options.maxBodyBytes} bytes` });
    return;
  }
  const answer = await options.handle({
    method: request.method ?? 'GET',
    path: request.url ?? '/',
    headers,
    ...(body.byteLength === 0 ? {} : { body }),
  });
  if (response.destroyed) return;
  response.writeHead(answer.status, { ...answer.headers, 'content-length': Buffer.byteLength(answer.body) });
  response.end(request.method === 'HEAD' ? undefined : answer.body);
}

/** `undefined`: longer than allowed. What follows is not read; the connection is closed behind the answer. */
async function readBody(request: IncomingMessage, limit: number): Promise<Buffer | undefined> {
  if (Number(request.headers['content-length'] ?? 0) > limit) return undefined;
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength;
    if (bytes > limit) return undefined;
    chunks.push(chunk);
  }
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
}

function refuse(response: ServerResponse, problem: Problem): void {
  if (response.destroyed) return;
  const body = JSON.stringify(problemBody(problem));
  response.writeHead(problem.status, {
    'content-type': 'application/problem+json',
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    connection: 'close',
    ...(problem.retryAfterSeconds === undefined ? {} : { 'retry-after': String(problem.retryAfterSeconds) }),
  });
  response.end(body);
}

async function close(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
  await closed;
  clearTimeout(timer);
}
