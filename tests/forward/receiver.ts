/** A webhook receiver on loopback that misbehaves as told. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Behaviour = 'reset' | 'silent' | 'half-body' | { status: number; headers?: Record<string, string> };

export interface Received {
  id: string;
  signature: string;
  timestamp: string;
  body: string;
}

export class Receiver {
  readonly received: Received[] = [];
  /** Worked off first; afterwards everything is taken. */
  behaviours: Behaviour[] = [];
  /** For every request, over `behaviours`. */
  always: Behaviour | undefined;
  requests = 0;
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  static async start(): Promise<Receiver> {
    const receiver = new Receiver();
    await new Promise<void>((resolve) => receiver.#server.listen(0, '127.0.0.1', resolve));
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/hook`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    this.requests += 1;
    const behaviour = this.always ?? this.behaviours.shift() ?? { status: 204 };
    if (behaviour === 'reset') {
      request.socket.resetAndDestroy();
      return;
    }
    if (behaviour === 'silent') return;
    if (behaviour === 'half-body') {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('half');
      request.socket.resetAndDestroy();
      return;
    }
    if (behaviour.status < 300) {
      const header = (name: string) => String(request.headers[name] ?? '');
      this.received.push({
        id: header('webhook-id'),
        signature: header('webhook-signature'),
        timestamp: header('webhook-timestamp'),
        body: Buffer.concat(chunks).toString('utf8'),
      });
    }
    response.writeHead(behaviour.status, behaviour.headers).end();
  }
}

/** As a receiver checks it, by the Standard Webhooks specification. */
export function verify(secret: string, { id, timestamp, body, signature }: Received): boolean {
  const wanted = `v1,${createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
  return wanted.length === signature.length && timingSafeEqual(Buffer.from(wanted), Buffer.from(signature));
}
