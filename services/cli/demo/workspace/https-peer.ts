/** An https server on loopback that misbehaves as told; what it answers otherwise is up to whoever makes it. */
import { createServer, type Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { type Certificate, selfSigned } from './certificate.js';

export type Misbehaviour =
  /** The connection breaks before anything is done. */
  | 'reset'
  /** It is done, and the answer is lost. */
  | 'reset-afterwards'
  /** No answer ever comes, as over a half-open connection. */
  | 'silent'
  /** It is done, and no answer ever comes. */
  | 'silent-afterwards'
  | { status: number; headers?: Record<string, string>; body?: unknown }
  | RawAnswer;

/** Bytes of an answer as they stand, for answers that no server means to give. The connection ends behind them. */
export interface RawAnswer {
  raw: string;
  /** One byte at a time, so many milliseconds apart; else all at once. */
  dripMs?: number;
  /** It is done before. */
  done?: true;
}

export interface PeerRequest {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: IncomingMessage['headers'];
  body: Buffer;
}
export interface PeerResponse {
  status: number;
  headers?: Record<string, string>;
  body?: unknown;
}
export type Answer = (request: PeerRequest) => PeerResponse | Promise<PeerResponse>;

export class HttpsPeer {
  readonly certificate: Certificate;
  /** Worked off first, one a request; afterwards it behaves. */
  misbehaviours: Misbehaviour[] = [];
  /** For every request that it fits, before `misbehaviours`. */
  always: ((request: PeerRequest) => Misbehaviour | undefined) | undefined;
  readonly requests: PeerRequest[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(answer: Answer, certificate: Certificate) {
    this.certificate = certificate;
    this.#server = createServer(certificate, (request, response) => {
      this.#serve(answer, request, response).catch((error: unknown) => {
        response.destroy(error instanceof Error ? error : new Error(String(error)));
      });
    });
    this.#server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    this.#server.on('tlsClientError', () => undefined);
  }

  static async start(answer: Answer, certificate: Certificate = selfSigned()): Promise<HttpsPeer> {
    const peer = new HttpsPeer(answer, certificate);
    await new Promise<void>((resolve) => peer.#server.listen(0, '127.0.0.1', resolve));
    return peer;
  }

  get url(): string {
    return `https://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(answer: Answer, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const url = new URL(incoming.url ?? '/', 'https://peer');
    // Query keys arrive percent-encoded (`api%2Dversion`); URLSearchParams decodes them, as the service does.
    const request: PeerRequest = {
      method: incoming.method ?? 'GET',
      path: decodeURIComponent(url.pathname),
      query: url.searchParams,
      headers: incoming.headers,
      body: Buffer.concat(chunks),
    };
    this.requests.push(request);
    const misbehaviour = this.always?.(request) ?? this.misbehaviours.shift();
    switch (misbehaviour) {
      case 'reset':
        incoming.socket.destroy();
        return;
      case 'silent':
        return;
      case 'reset-afterwards':
        await answer(request);
        incoming.socket.destroy();
        return;
      case 'silent-afterwards':
        await answer(request);
        return;
      case undefined:
        reply(response, await answer(request));
        return;
      default:
        if (!('raw' in misbehaviour)) return reply(response, misbehaviour);
        if (misbehaviour.done === true) await answer(request);
        drip(incoming.socket, misbehaviour);
    }
  }
}

function drip(socket: Socket, { raw, dripMs }: RawAnswer): void {
  if (dripMs === undefined) {
    socket.end(raw);
    return;
  }
  let at = 0;
  const timer = setInterval(() => {
    if (at < raw.length && !socket.destroyed) socket.write(raw.charAt(at++));
    else socket.end();
  }, dripMs);
  socket.on('error', () => undefined);
  socket.on('close', () => clearInterval(timer));
}

function reply(response: ServerResponse, { status, headers, body }: PeerResponse): void {
  if (body === undefined) response.writeHead(status, headers).end();
  else response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}
