/**
 * Webhook signatures after the Standard Webhooks specification 1.0 (https://www.standardwebhooks.com): the receiver computes
 * HMAC-SHA256 over `id.timestamp.body` with the shared secret, compares in constant time, refuses old timestamps (replays),
 * and drops an id it has seen.
 */
import { createHmac } from 'node:crypto';

export interface SignedHeaders extends Record<string, string> {
  'webhook-id': string;
  /** Seconds since 1970, as the specification wants it. */
  'webhook-timestamp': string;
  'webhook-signature': string;
}

/** `secret`: any text; with the prefix `whsec_` the base64 of the key. */
export function sign(secret: string, id: string, atMs: number, body: string): SignedHeaders {
  const key = secret.startsWith('whsec_')
    ? Buffer.from(secret.slice('whsec_'.length), 'base64')
    : Buffer.from(secret, 'utf8');
  const seconds = String(Math.floor(atMs / 1000));
  const digest = createHmac('sha256', key).update(`${id}.${seconds}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': seconds, 'webhook-signature': `v1,${digest}` };
}
