/**
 * A webhook: each incident version as one signed POST (see signature.ts).
 *
 * - https, or http to loopback only: a signature proves origin, it hides nothing.
 * - Redirects are never followed: a moved receiver is a change that a person makes in the configuration.
 * - 2xx: taken. 400, 413, 422: this incident will never be taken, others may. Everything else, also 401 and 404, is a
 *   receiver that someone will mend: it is retried, with `Retry-After` honoured, until the outbox's own limits.
 * - One deadline covers connect, headers and body, so a half-open connection cannot hold the outbox.
 */
import { StepdownError } from '../../runtime/errors.js';
import { toOcsf } from '../ocsf.js';
import { retryAfterMs } from '../retry-after.js';
import { sign } from '../signature.js';
import type { SendOutcome, Sink } from '../sink.js';

export interface WebhookOptions {
  url: string;
  /** Shared with the receiver; without it nothing is signed. */
  secret?: string;
  format: 'ocsf' | 'native';
  headers?: Readonly<Record<string, string>>;
  /** For one attempt, milliseconds. */
  timeoutMs: number;
  now: () => number;
  product: { version: string };
}

const NEVER_TAKEN = new Set([400, 413, 422]);

export function webhookSink(name: string, options: WebhookOptions): Sink<'incident'> {
  const url = checked(options.url);
  return {
    name,
    takes: 'incident',
    maxBatch: 1,
    async send([delivery]): Promise<SendOutcome> {
      if (delivery === undefined) return { kind: 'success' };
      const body = JSON.stringify(options.format === 'ocsf' ? toOcsf(delivery.value, options.product) : delivery.value);
      const signed =
        options.secret === undefined
          ? { 'webhook-id': delivery.id }
          : sign(options.secret, delivery.id, options.now(), body);
      try {
        const response = await fetch(url, {
          method: 'POST',
          redirect: 'manual',
          signal: AbortSignal.timeout(options.timeoutMs),
          headers: {
            ...options.headers,
            'content-type': 'application/json',
            'user-agent': `stepdown/${options.product.version}`,
            ...signed,
          },
          body,
        });
        await response.body?.cancel().catch(() => undefined);
        return classify(response.status, response.headers, options.now());
      } catch (error) {
        return { kind: 'retryable', reason: networkReason(error, options.timeoutMs) };
      }
    },
    async close() {
      // Connections are the process's pool; nothing is held here.
    },
  };
}

function checked(text: string): URL {
  let url: URL;
  try {
    url = new URL(text);
  } catch (cause) {
    throw new StepdownError('config-invalid', `the webhook url ${JSON.stringify(text)} is no URL`, {
      mend: 'write it as https://host/path',
      cause,
    });
  }
  const loopback =
    url.hostname === 'localhost' || url.hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(url.hostname);
  if (url.protocol === 'https:' || (url.protocol === 'http:' && loopback)) return url;
  throw new StepdownError('config-invalid', `the webhook url ${url.origin} is neither https nor loopback`, {
    mend: 'use https',
  });
}

function classify(status: number, headers: Headers, nowMs: number): SendOutcome {
  if (status >= 200 && status < 300) return { kind: 'success' };
  if (NEVER_TAKEN.has(status)) return { kind: 'failure', reason: `the receiver answered ${status}` };
  if (status >= 300 && status < 400)
    return {
      kind: 'retryable',
      reason: `the receiver answered ${status} (moved to ${headers.get('location') ?? 'an unnamed place'}); redirects are not followed: change the url in the configuration`,
    };
  const afterMs = retryAfterMs(headers.get('retry-after'), nowMs);
  return {
    kind: 'retryable',
    reason: `the receiver answered ${status}`,
    ...(afterMs === undefined ? {} : { afterMs }),
  };
}

function networkReason(error: unknown, timeoutMs: number): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return `no answer within ${timeoutMs} ms`;
  const cause = error.cause instanceof Error ? `: ${error.cause.message}` : '';
  return `${error.message}${cause}`;
}
