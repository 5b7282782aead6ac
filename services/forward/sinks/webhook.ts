/**
 * A webhook: each incident version, and what waits for a person where that is asked for, as one signed POST (see signature.ts).
 *
 * - https, or http to loopback only: a signature proves origin, it hides nothing.
 * - Redirects are never followed: a moved receiver is a change that a person makes in the configuration.
 * - 2xx: taken. 400, 413, 422: this incident will never be taken, others may. Everything else, also 401 and 404, is a
 *   receiver that someone will mend: it is retried, with `Retry-After` honoured, until the outbox's own limits.
 * - One deadline covers connect, headers and body, so a half-open connection cannot hold the outbox.
 */
import { StepdownError } from '../../runtime/errors.js';
import { newsOfIncident, type Note, noteOfApproval, noteOfContraction, noteOfIncident } from '../chat/note.js';
import { slackMessage } from '../chat/slack.js';
import { teamsMessage } from '../chat/teams.js';
import { toOcsf } from '../ocsf.js';
import { post, type Posted } from './post.js';
import type { RecordValues } from '../record.js';
import { retryAfterMs } from '../retry-after.js';
import { sign } from '../signature.js';
import type { Delivery, SendOutcome, Sink } from '../sink.js';

export type WebhookFormat = 'ocsf' | 'native' | 'slack' | 'teams';

export interface WebhookOptions {
  url: string;
  /** Shared with the receiver; without it nothing is signed. */
  secret?: string;
  /** `slack`, `teams`: messages for people. What waits for a person is `native` where incidents are `ocsf`. */
  format: WebhookFormat;
  /** Authorities to trust beside the usual ones, as PEM. */
  ca?: string;
  headers?: Readonly<Record<string, string>>;
  /** For one attempt, milliseconds. */
  timeoutMs: number;
  now: () => number;
  product: { version: string };
}

const NEVER_TAKEN = new Set([400, 413, 422]);

export function webhookSink(name: string, options: WebhookOptions): Sink<'incident'> {
  const { format, product } = options;
  return {
    name,
    takes: 'incident',
    maxBatch: 1,
    ...(format === 'slack' || format === 'teams' ? { news: newsOfIncident } : {}),
    send: sender<'incident'>(options, (incident) =>
      format === 'ocsf'
        ? toOcsf(incident, product)
        : format === 'native'
          ? incident
          : message(format, noteOfIncident(incident)),
    ),
    close,
  };
}

/** What waits for a person, and what became of it: calls or contractions. */
export function askingSink<K extends 'approval' | 'contraction'>(
  name: string,
  takes: K,
  options: WebhookOptions,
): Sink<K> {
  const { format } = options;
  const noted = (value: RecordValues['approval' | 'contraction']): Note =>
    'tool' in value ? noteOfApproval(value) : noteOfContraction(value);
  return {
    name,
    takes,
    maxBatch: 1,
    send: sender<K>(options, (value) =>
      format === 'slack' || format === 'teams' ? message(format, noted(value)) : { [takes]: value },
    ),
    close,
  };
}

const message = (format: 'slack' | 'teams', note: Note) =>
  format === 'slack' ? slackMessage(note) : teamsMessage(note);

async function close(): Promise<void> {
  // Connections are the process's pool; nothing is held here.
}

function sender<K extends 'incident' | 'approval' | 'contraction'>(
  options: WebhookOptions,
  payload: (value: RecordValues[K]) => unknown,
): (batch: readonly Delivery<K>[]) => Promise<SendOutcome> {
  const url = checked(options.url);
  const { secret, headers, timeoutMs, ca, now, product } = options;
  return async ([delivery]) => {
    if (delivery === undefined) return { kind: 'success' };
    const body = JSON.stringify(payload(delivery.value));
    const signed = secret === undefined ? { 'webhook-id': delivery.id } : sign(secret, delivery.id, now(), body);
    try {
      const response = await post(url, {
        headers: {
          ...headers,
          'content-type': 'application/json',
          'user-agent': `stepdown/${product.version}`,
          ...signed,
        },
        body,
        timeoutMs,
        ca,
      });
      return classify(response, now());
    } catch (error) {
      return { kind: 'retryable', reason: networkReason(error, timeoutMs) };
    }
  };
}

function checked(text: string): URL {
  let url: URL;
  try {
    url = new URL(text);
  } catch (cause) {
    throw new StepdownError('config-invalid', 'the webhook url is no URL', {
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

/** The path of such an address may be as good as a password. */
const placeOf = (location: string | null): string =>
  location !== null && URL.canParse(location) ? new URL(location).origin : 'another place';

function classify({ status, header }: Posted, nowMs: number): SendOutcome {
  if (status >= 200 && status < 300) return { kind: 'success' };
  if (NEVER_TAKEN.has(status)) return { kind: 'failure', reason: `the receiver answered ${status}` };
  if (status >= 300 && status < 400)
    return {
      kind: 'retryable',
      reason: `the receiver answered ${status} (moved to ${placeOf(header('location'))}); redirects are not followed: change the url in the configuration`,
    };
  const afterMs = retryAfterMs(header('retry-after'), nowMs);
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
