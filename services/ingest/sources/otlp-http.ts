/**
 * The OTLP/HTTP receiver. `POST /v1/traces` and `/v1/logs` are read, `/v1/metrics` is accepted and not used. A 200 is
 * sent only after everything the request became is durable; what cannot be taken now is answered 503 with `Retry-After`,
 * which emitters obey. Browsers are not served: no CORS, and a request with an `Origin` is refused.
 */
import { own } from '../../runtime/own-key.js';
import { clientErrorStatus } from '../../runtime/client-error.js';
import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type ErrorCode, StepdownError } from '../../runtime/errors.js';
import type { Log } from '../../runtime/log.js';
import type { AnyOutgoing } from '../../runtime/stream/types.js';
import { newCounters } from '../counters.js';
import type { Arrival, Intake, TakenIn } from '../intake.js';
import { readProtobuf } from '../protobuf.js';
import { readJson } from './json-place.js';
import { answerFailure, answerOk, type Encoding } from './otlp-answer.js';
import { requestBody } from './request-body.js';

export interface OtlpHttpOptions {
  host: string;
  port: number;
  token: string | undefined;
  /** PEM texts. */
  tls: { cert: string; key: string } | undefined;
  maxBodyBytes: number;
  maxPendingBytes: number;
  intake: Intake;
  append: (records: readonly AnyOutgoing[]) => Promise<unknown>;
  log: Log;
  /** Milliseconds since 1970. */
  now: () => number;
  /** Event-time runs: a request's latest time counts as its arrival. */
  eventTime: boolean;
  /** How long a request may take to arrive, milliseconds. Default: 10 s for its headers, 30 s for all of it. */
  patience?: { headersMs: number; requestMs: number };
}

const SIGNALS: Readonly<Record<string, { read: 'traces' | 'logs' | undefined; rejected: string }>> = {
  '/v1/traces': { read: 'traces', rejected: 'rejectedSpans' },
  '/v1/logs': { read: 'logs', rejected: 'rejectedLogRecords' },
  '/v1/metrics': { read: undefined, rejected: 'rejectedDataPoints' },
};

/** Emitters wait this long before they try again. Seconds. */
const SAY_AGAIN_MS = 10_000;
const RETRY_AFTER = '2';
const GRPC_PREFACE = 'PRI * HTTP/2';
const PATIENCE = { headersMs: 10_000, requestMs: 30_000 };

/** Why a sender is to come again, by what the stream says. */
const DEFERRED: Partial<Record<ErrorCode, string>> = {
  'stream-full': 'the stream is full',
  'stream-closed': 'shutting down',
};

export class OtlpHttpSource {
  readonly counters = newCounters();
  readonly #options: OtlpHttpOptions;
  readonly #server: Server;
  readonly #tokenHash: Buffer | undefined;
  readonly #running = new Set<Promise<void>>();
  #pendingBytes = 0;
  #stopping = false;
  #saidMetrics = false;
  #saidDeferred: { code: string; atMs: number; times: number } | undefined;
  #saidGrpc = false;

  constructor(options: OtlpHttpOptions) {
    this.#options = options;
    this.#tokenHash = options.token === undefined ? undefined : sha256(options.token);
    // A client that sends its headers or body drop by drop is cut off; sizes of headers are bounded.
    const { headersMs, requestMs } = options.patience ?? PATIENCE;
    const limits = {
      headersTimeout: headersMs,
      requestTimeout: requestMs,
      keepAliveTimeout: 65_000,
      connectionsCheckingInterval: Math.min(2_000, headersMs),
      maxHeaderSize: 16_384,
    };
    const handle = (request: IncomingMessage, response: ServerResponse): void => this.#take(request, response);
    this.#server = options.tls ? createTlsServer({ ...limits, ...options.tls }, handle) : createServer(limits, handle);
    this.#server.maxConnections = 1_000;
    this.#server.on('clientError', (error: NodeJS.ErrnoException & { rawPacket?: Buffer }, socket) =>
      this.#clientError(error, socket),
    );
  }

  /** Where it listens; useful where the port was 0. */
  get address(): AddressInfo {
    const address = this.#server.address();
    if (address === null || typeof address === 'string')
      throw new StepdownError('not-running', 'the OTLP receiver does not listen');
    return address;
  }

  async start(): Promise<void> {
    const { host, port } = this.#options;
    await new Promise<void>((resolve, reject) => {
      const failed = (error: NodeJS.ErrnoException): void =>
        reject(
          new StepdownError(
            'driver-unavailable',
            `cannot listen on ${host}:${port} for OTLP: ${error.code ?? error.message}`,
            {
              cause: error,
              mend:
                error.code === 'EADDRINUSE'
                  ? 'stop what uses the port, or set `ingest.otlp.port`'
                  : 'set `ingest.otlp.host` and `ingest.otlp.port`',
            },
          ),
        );
      this.#server.once('error', failed);
      this.#server.listen(port, host, () => {
        this.#server.off('error', failed);
        this.#server.on('error', (error) => this.#options.log.error({ err: error }, 'OTLP receiver'));
        resolve();
      });
    });
  }

  /** Takes no new request, and resolves when the running ones are answered. */
  async stop(): Promise<void> {
    this.#stopping = true;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeIdleConnections();
    await Promise.allSettled([...this.#running]);
    this.#server.closeAllConnections();
    await closed;
  }

  #take(request: IncomingMessage, response: ServerResponse): void {
    const work = this.#answer(request, response).catch((error: unknown) => {
      this.#options.log.error({ err: error }, 'OTLP request failed');
      answerFailure(response, encodingOf(request) ?? 'json', 500, 'internal error');
    });
    this.#running.add(work);
    void work.finally(() => this.#running.delete(work));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.counters.requests += 1;
    const encoding = encodingOf(request);
    const fail = (status: number, message: string, headers?: Record<string, string>): void => {
      if (status === 413 || status === 408) response.setHeader('connection', 'close');
      request.resume();
      answerFailure(response, encoding ?? 'json', status, message, headers);
    };
    const path = (request.url ?? '').split('?', 1)[0] ?? '';
    const signal = own(SIGNALS, path);
    if (!signal) return fail(404, `nothing here; OTLP is received at ${Object.keys(SIGNALS).join(', ')}`);
    if (request.method !== 'POST') return fail(405, 'send POST', { allow: 'POST' });
    if (request.headers.origin !== undefined) return fail(403, 'requests from web pages are not accepted');
    if (!this.#mayName(request.headers.host)) return fail(403, 'the Host header names another machine');
    if (!this.#authentic(request.headers.authorization))
      return fail(401, 'a valid bearer token is needed', { 'www-authenticate': 'Bearer' });
    if (!encoding) return fail(415, 'content-type must be application/x-protobuf or application/json');
    const compression = (request.headers['content-encoding'] ?? 'identity').toLowerCase();
    if (compression !== 'identity' && compression !== 'gzip')
      return fail(415, 'content-encoding must be gzip or identity');
    const { maxBodyBytes, maxPendingBytes } = this.#options;
    const declared = Number(request.headers['content-length'] ?? 0);
    if (declared > maxBodyBytes) return fail(413, `a request may have ${maxBodyBytes} bytes, also after decompression`);
    if (this.#stopping || this.#pendingBytes + declared > maxPendingBytes)
      return this.#defer(fail, this.#stopping ? 'shutting down' : 'too much is waiting to be stored');

    let held = 0;
    try {
      const body = await requestBody(request, maxBodyBytes, compression === 'gzip', (bytes) => {
        held += bytes;
        this.#pendingBytes += bytes;
        this.counters.bytes += bytes;
      });
      if (!body.ok) {
        if (body.reason === 'aborted') return;
        if (body.reason === 'too-large')
          return fail(413, `a request may have ${maxBodyBytes} bytes, also after decompression`);
        return fail(400, 'the body is not gzip, though content-encoding says so');
      }
      if (body.bytes.length > held) {
        this.#pendingBytes += body.bytes.length - held;
        held = body.bytes.length;
      }
      if (this.#pendingBytes > maxPendingBytes + maxBodyBytes)
        return this.#defer(fail, 'too much is waiting to be stored');
      if (signal.read === undefined) return this.#metrics(response, encoding, signal.rejected);
      await this.#store(signal.read, signal.rejected, body.bytes, encoding, path, fail, response);
    } finally {
      this.#pendingBytes -= held;
    }
  }

  async #store(
    kind: 'traces' | 'logs',
    rejectedField: string,
    bytes: Buffer,
    encoding: Encoding,
    path: string,
    fail: Fail,
    response: ServerResponse,
  ): Promise<void> {
    const { intake, eventTime, now, append } = this.#options;
    const nowMs = now();
    const arrival: Arrival = { receivedAtMs: eventTime ? undefined : nowMs, source: `POST ${path}`, atMs: nowMs };
    const read = readRequest(kind, bytes, encoding);
    const taken: TakenIn = read.ok
      ? intake[kind](read.value, arrival)
      : intake.refusal(
          {
            code: 'malformed',
            text: `${read.message} at byte ${read.offset}`,
            format: 'text',
            payload: encoding === 'json' ? bytes.toString('utf8') : bytes.toString('base64'),
          },
          arrival,
        );
    try {
      if (taken.records.length > 0) await append(taken.records);
    } catch (error) {
      // Whatever hinders the stream passes or is mended; any other answer would tell the exporter to drop what it holds.
      if (!(error instanceof StepdownError) || error.code === 'input-too-large') throw error;
      this.#sayDeferred(error);
      return this.#defer(fail, DEFERRED[error.code] ?? 'the stream cannot be written to');
    }
    this.counters.items += taken.items;
    this.counters.events += taken.events;
    this.counters.ignored += taken.ignored;
    this.counters.refused += taken.refused.length;
    if (!read.ok) return fail(400, `${read.message} at byte ${read.offset}`);
    // Something that is no request of this kind at all is the sender's mistake, not a part of a request.
    const whole = taken.items === 0 ? taken.refused[0] : undefined;
    if (whole) return fail(400, `${whole.pointer || '/'}: ${whole.message}`);
    answerOk(
      response,
      encoding,
      rejectedField,
      taken.refused.length > 0 ? { rejected: taken.refused.length, message: refusalMessage(taken.refused) } : undefined,
    );
  }

  /** Senders come again many times a second; what hinders them is said when it begins, and now and then while it lasts. */
  #sayDeferred(error: StepdownError): void {
    const { log, now } = this.#options;
    const nowMs = now();
    const said = this.#saidDeferred;
    if (said !== undefined && said.code === error.code && Math.abs(nowMs - said.atMs) < SAY_AGAIN_MS) {
      said.times += 1;
      return;
    }
    const since = said === undefined || said.times === 0 ? {} : { unsaid: said.times };
    log.warn({ err: error, ...since }, 'a request could not be taken in; its sender is to come again');
    this.#saidDeferred = { code: error.code, atMs: nowMs, times: 0 };
  }

  #metrics(response: ServerResponse, encoding: Encoding, rejectedField: string): void {
    this.counters.metrics += 1;
    if (!this.#saidMetrics) this.#options.log.info('metrics arrive at /v1/metrics: they are counted and not used');
    this.#saidMetrics = true;
    answerOk(response, encoding, rejectedField, undefined);
  }

  #defer(fail: Fail, message: string): void {
    this.counters.deferred += 1;
    fail(503, message, { 'retry-after': RETRY_AFTER });
  }

  #authentic(header: string | undefined): boolean {
    if (!this.#tokenHash) return true;
    const given = /^Bearer +(\S+) *$/i.exec(header ?? '')?.[1];
    return given !== undefined && timingSafeEqual(sha256(given), this.#tokenHash);
  }

  /** Without a token a web page could reach loopback by a name of its own that resolves to it; such a name is refused. */
  #mayName(host: string | undefined): boolean {
    if (this.#tokenHash || host === undefined) return true;
    const name = host.replace(/:\d+$/, '').toLowerCase();
    return (
      name === 'localhost' ||
      name.endsWith('.localhost') ||
      name === '[::1]' ||
      /^127(?:\.\d{1,3}){3}$/.test(name) ||
      name === this.#options.host.toLowerCase()
    );
  }

  #clientError(error: NodeJS.ErrnoException & { rawPacket?: Buffer }, socket: Duplex | Socket): void {
    if (error.rawPacket?.subarray(0, GRPC_PREFACE.length).toString('latin1') === GRPC_PREFACE && !this.#saidGrpc) {
      this.#saidGrpc = true;
      this.#options.log.warn(
        'an emitter speaks OTLP over gRPC to the OTLP/HTTP port: set OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf for it',
      );
    }
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy();
      return;
    }
    const status = clientErrorStatus(error);
    socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
  }
}

type Fail = (status: number, message: string, headers?: Record<string, string>) => void;

function readRequest(
  kind: 'traces' | 'logs',
  bytes: Buffer,
  encoding: Encoding,
): { ok: true; value: unknown } | { ok: false; message: string; offset: number } {
  if (encoding === 'protobuf') return readProtobuf(kind === 'traces' ? 'TracesRequest' : 'LogsRequest', bytes);
  return readJson(bytes.toString('utf8'));
}

/** The first few refusals with their places; the rest as a number. */
function refusalMessage(refused: TakenIn['refused']): string {
  const shown = refused.slice(0, 5).map(({ pointer, message }) => `${pointer}: ${message}`);
  return shown.join('; ') + (refused.length > shown.length ? `; and ${refused.length - shown.length} more` : '');
}

function encodingOf(request: IncomingMessage): Encoding | undefined {
  const type = (request.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase();
  if (type === 'application/x-protobuf' || type === 'application/protobuf') return 'protobuf';
  return type === 'application/json' ? 'json' : undefined;
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
