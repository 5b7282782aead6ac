/**
 * An enforcement point as somebody else would write one: a real https server that checks signatures, times and repeats, and
 * keeps a world (enforced-world.ts). It can be told to hang, to be slow, to break connections, and to answer nonsense.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Order } from '../../services/enforce/point.js';
import { selfSigned } from './certificate.js';
import { type Mood, World } from './enforced-world.js';

interface Body {
  type: 'apply' | 'revert' | 'state';
  effects: {
    id: string;
    contraction: string;
    sequence: number;
    target: Order['target'];
    control: Order['control'];
    reason: string;
    expiresAt: string;
    expiresInMs: number;
    hash?: string;
  }[];
}
export type Trouble = 'hang' | 'nonsense' | '500' | '429' | '404' | 'reset-before' | 'reset-after' | 'half-open';

const TOLERANCE_MS = 5 * 60_000;

export class EnforcementPeer {
  readonly world: World;
  readonly secret = 'a-secret-of-at-least-16';
  readonly requests: { type: string; ids: string[]; headers: Record<string, unknown>; raw: string }[] = [];
  /** The next requests go wrong so; each is used up once. */
  readonly troubles: Trouble[] = [];
  refusedSignatures = 0;
  replays = 0;
  slowMs = 0;
  readonly #certificate = selfSigned();
  readonly #server: Server;
  readonly #seen = new Set<string>();

  private constructor(world: World) {
    this.world = world;
    this.#server = createServer(this.#certificate, (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('error', () => undefined);
      request.on('end', () => {
        const raw = Buffer.concat(chunks).toString('utf8');
        void this.#answer(raw, request.headers).then(({ status, body, headers, destroy }) => {
          if (destroy === 'now') request.socket.destroy();
          else if (destroy === 'never') return;
          else if (destroy === 'half') {
            response.writeHead(200, { 'content-length': 1000 });
            response.write('{"sta');
            setTimeout(() => request.socket.destroy(), 20);
          } else response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);
        });
      });
    });
  }

  static async start(world = new World()): Promise<EnforcementPeer> {
    const peer = new EnforcementPeer(world);
    await new Promise<void>((resolve) => peer.#server.listen(0, '127.0.0.1', resolve));
    return peer;
  }

  get url(): string {
    return `https://localhost:${(this.#server.address() as AddressInfo).port}/enforce`;
  }

  get ca(): string {
    return this.#certificate.cert;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #verify(raw: string, headers: IncomingHttpHeaders): string | undefined {
    const [id, seconds, signature] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) =>
      [headers[name] ?? ''].flat().join(),
    ) as [string, string, string];
    const wanted = createHmac('sha256', this.secret).update(`${id}.${seconds}.${raw}`).digest();
    const given = Buffer.from(signature.replace(/^v1,/, ''), 'base64');
    if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return 'signature';
    if (Math.abs(Date.now() - Number(seconds) * 1000) > TOLERANCE_MS) return 'time';
    if (this.#seen.has(id)) return 'replay';
    this.#seen.add(id);
    return undefined;
  }

  async #answer(
    raw: string,
    headers: IncomingHttpHeaders,
  ): Promise<{ status: number; body: string; headers?: Record<string, string>; destroy?: 'now' | 'never' | 'half' }> {
    const wrong = this.#verify(raw, headers);
    if (wrong !== undefined) {
      if (wrong === 'replay') this.replays += 1;
      else this.refusedSignatures += 1;
      return { status: 401, body: JSON.stringify({ reason: `not accepted: ${wrong}` }) };
    }
    const body = JSON.parse(raw) as Body;
    this.requests.push({ type: body.type, ids: body.effects.map(({ id }) => id), headers, raw });
    if (this.slowMs > 0) await delay(this.slowMs);
    const trouble = body.type === 'state' ? undefined : this.troubles.shift();
    if (trouble === 'hang') return { status: 0, body: '', destroy: 'never' };
    if (trouble === 'reset-before') return { status: 0, body: '', destroy: 'now' };
    if (trouble === 'nonsense') return { status: 200, body: '<html>welcome</html>' };
    if (trouble === '500') return { status: 500, body: 'oh' };
    if (trouble === '404') return { status: 404, body: '{"reason": "no such thing here"}' };
    if (trouble === '429') return { status: 429, body: '', headers: { 'retry-after': '1' } };
    const result = this.#act(body);
    if (trouble === 'reset-after') return { status: 0, body: '', destroy: 'now' };
    if (trouble === 'half-open') return { status: 0, body: '', destroy: 'half' };
    return result;
  }

  #act({ type, effects }: Body): { status: number; body: string } {
    const nowMs = Date.now();
    const orders = effects.map(({ id, contraction, expiresAt, ...rest }) => ({
      ...rest,
      effectId: id,
      contractionId: contraction,
      expiresAtMs: Date.parse(expiresAt),
    }));
    if (type === 'state') {
      const states = orders.map((order) => {
        const { kind } = this.world.observe(order, nowMs);
        const hash = this.world.held.get(order.effectId)?.hash;
        return {
          id: order.effectId,
          state: kind === 'in-place' ? 'applied' : kind,
          ...(hash === undefined ? {} : { hash }),
        };
      });
      return { status: 200, body: JSON.stringify({ effects: states }) };
    }
    const [order] = orders;
    if (order === undefined) return { status: 400, body: '' };
    const mood: Mood = this.world.mood();
    const outcome = type === 'apply' ? this.world.apply(order, nowMs, mood) : this.world.revert(order, nowMs, mood);
    switch (outcome.kind) {
      case 'done':
        return {
          status: 200,
          body: JSON.stringify({
            state: type === 'apply' ? 'applied' : 'absent',
            hash: outcome.hash,
            effectiveInMs: 2000,
          }),
        };
      case 'retry':
        return { status: 503, body: '' };
      case 'unknown':
        return { status: 500, body: '' };
      case 'refused':
        return { status: 403, body: JSON.stringify({ reason: outcome.reason }) };
      case 'drifted':
        return { status: 409, body: JSON.stringify({ state: 'changed', reason: outcome.reason }) };
    }
  }
}
