/**
 * The generic enforcement point: a webhook of yours carries a control out. docs/enforcement.md#webhook has the protocol and
 * receivers for a Kubernetes NetworkPolicy and for a policy in Git.
 *
 * - Each request is signed (runtime/signature.ts) over its id, its time and its body. The id is new for every request and so
 *   can be used once; a receiver refuses old times, used ids, and sequences lower than the effect's last one.
 * - What is certain is told apart from what is not: an answer decides; a connection that was refused was certainly not acted
 *   on; a broken one, or a 5xx, may have been.
 */
import { randomUUID } from 'node:crypto';
import type { PointDeclaration } from '../../../../schemas/enforcement.js';
import { sign } from '../../../runtime/signature.js';
import type { EnforcementPoint, Observation, Order, Outcome } from '../../point.js';
import { type Response, retryAfterMs, Transport } from '../transport.js';
import { readAnswer, readStates } from './answer.js';

export interface WebhookPointOptions {
  declaration: PointDeclaration;
  url: string;
  secret: string;
  /** Authorities to trust beside the usual ones, as PEM. */
  ca?: string;
  now: () => number;
  version: string;
}

export const WEBHOOK_PROTOCOL = 'stepdown.enforcement/v1';

export class WebhookPoint implements EnforcementPoint {
  readonly declaration: PointDeclaration;
  readonly #options: WebhookPointOptions;
  readonly #transport: Transport;

  constructor(options: WebhookPointOptions) {
    this.#options = options;
    this.declaration = options.declaration;
    this.#transport = new Transport(options.ca);
  }

  async apply(order: Order, signal: AbortSignal): Promise<Outcome> {
    return this.#act('apply', order, signal);
  }

  async revert(order: Order, signal: AbortSignal): Promise<Outcome> {
    return this.#act('revert', order, signal);
  }

  async observe(orders: readonly Order[], signal: AbortSignal): Promise<readonly Observation[]> {
    const response = await this.#post('state', orders, signal);
    if (response.kind !== 'answer' || response.status !== 200) {
      const afterMs =
        response.kind === 'answer' ? retryAfterMs(response.header('retry-after'), this.#options.now()) : undefined;
      return orders.map(() => ({
        kind: 'unknown',
        reason: reasonOf(response),
        ...(afterMs === undefined ? {} : { afterMs }),
      }));
    }
    return readStates(response.body, orders);
  }

  async close(): Promise<void> {
    // Connections are the process's pool; nothing is held here.
  }

  async #act(type: 'apply' | 'revert', order: Order, signal: AbortSignal): Promise<Outcome> {
    const response = await this.#post(type, [order], signal);
    const reason = reasonOf(response);
    if (response.kind === 'unsent') return { kind: 'retry', reason };
    if (response.kind === 'lost') return { kind: 'unknown', reason };
    const { status } = response;
    if (status === 200) return readAnswer(type, response.body, order);
    if (status === 409) return { kind: 'drifted', reason: textOf(response.body) ?? 'it was changed by a person there' };
    if (status === 408 || status === 425 || status === 429 || status === 503) {
      const afterMs = retryAfterMs(response.header('retry-after'), this.#options.now());
      return { kind: 'retry', reason, ...(afterMs === undefined ? {} : { afterMs }) };
    }
    if (status >= 500) return { kind: 'unknown', reason };
    return { kind: 'refused', reason: textOf(response.body) ?? reason };
  }

  async #post(type: 'apply' | 'revert' | 'state', orders: readonly Order[], signal: AbortSignal): Promise<Response> {
    const { url, secret, now, version } = this.#options;
    const nowMs = now();
    const body = JSON.stringify({
      protocol: WEBHOOK_PROTOCOL,
      type,
      point: this.declaration.point,
      sentAt: new Date(nowMs).toISOString(),
      effects: orders.map(written),
    });
    const [first] = orders;
    return this.#transport.send({
      method: 'POST',
      url,
      signal,
      body,
      headers: {
        'content-type': 'application/json',
        'user-agent': `stepdown/${version}`,
        ...(type === 'state' || first === undefined
          ? {}
          : { 'idempotency-key': `${first.effectId}#${first.sequence}` }),
        ...sign(secret, randomUUID(), nowMs, body),
      },
    });
  }
}

/** An order as the receiver reads it. */
function written(order: Order) {
  const { effectId, contractionId, sequence, target, control, reason, expiresAtMs, expiresInMs, hash } = order;
  return {
    id: effectId,
    contraction: contractionId,
    sequence,
    target,
    control,
    reason,
    expiresAt: new Date(expiresAtMs).toISOString(),
    expiresInMs: Math.round(expiresInMs),
    ...(hash === undefined ? {} : { hash }),
  };
}

function reasonOf(response: Response): string {
  return response.kind === 'answer' ? `the receiver answered ${response.status}` : response.reason;
}

/** The receiver's own words, where it has any. */
function textOf(body: string): string | undefined {
  try {
    const { reason } = JSON.parse(body) as { reason?: unknown };
    return typeof reason === 'string' ? reason.slice(0, 300) : undefined;
  } catch {
    return undefined;
  }
}
