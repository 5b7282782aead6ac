/**
 * Sends lines of telemetry to a running engine, in order, each until it is taken: OTLP requests to the receiver, native
 * events to the API. What the engine refuses is counted and said; what it cannot take now is tried again.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { StepdownError } from '../runtime/errors.js';
import { notRunning } from './engine-client.js';

export interface SenderOptions {
  gatewayUrl: string;
  otlpUrl: string | undefined;
  token: string | undefined;
  otlpToken: string | undefined;
  /** How long one line is tried, milliseconds. */
  deadlineMs?: number;
}

export interface LineOutcome {
  refused: number;
  /** The engine's own words. */
  reason?: string;
}

const DEADLINE_MS = 60_000;
const TIMEOUT_MS = 30_000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;

export class LineSender {
  readonly #options: SenderOptions;

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  /** Throws `not-running` or `deadline` where the engine does not take it; then nothing after it was sent. */
  async send(input: unknown): Promise<LineOutcome> {
    const { url, token } = this.#target(input);
    const body = JSON.stringify(input);
    const deadline = performance.now() + (this.#options.deadlineMs ?? DEADLINE_MS);
    for (let wait = FIRST_PAUSE_MS; ; wait = Math.min(LONGEST_PAUSE_MS, wait * 2)) {
      let delay = wait * (0.5 + Math.random() / 2);
      let trouble: unknown;
      try {
        const response = await fetch(url, {
          method: 'POST',
          signal: AbortSignal.timeout(TIMEOUT_MS),
          headers: {
            'content-type': 'application/json',
            ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          },
          body,
        });
        const text = await response.text();
        if (response.status < 300) return outcome(text);
        if (response.status === 401 || response.status === 403)
          throw new StepdownError(
            response.status === 401 ? 'unauthenticated' : 'forbidden',
            `the engine refused the sender (${response.status})`,
          );
        if (response.status < 500 && response.status !== 429 && response.status !== 408)
          return { refused: 1, reason: text.slice(0, 300) };
        const asked = Number(response.headers.get('retry-after'));
        if (Number.isFinite(asked) && asked > 0) delay = asked * 1000;
        trouble = `the engine answers ${response.status}`;
      } catch (error) {
        if (error instanceof StepdownError) throw error;
        trouble = error;
      }
      if (performance.now() + delay >= deadline) {
        if (typeof trouble === 'string') throw new StepdownError('deadline', `${trouble} for too long`);
        throw notRunning(`${url} does not answer`, trouble);
      }
      await pause(delay);
    }
  }

  #target(input: unknown): { url: string; token: string | undefined } {
    const { gatewayUrl, otlpUrl, token, otlpToken } = this.#options;
    const keys = typeof input === 'object' && input !== null ? input : {};
    const path =
      'resourceSpans' in keys
        ? '/v1/traces'
        : 'resourceLogs' in keys
          ? '/v1/logs'
          : 'resourceMetrics' in keys
            ? '/v1/metrics'
            : undefined;
    if (path === undefined) return { url: new URL('/v1/events?wait=false', gatewayUrl).href, token };
    if (otlpUrl === undefined)
      throw new StepdownError('usage', "the engine's OTLP receiver is switched off", {
        mend: 'set ingest.otlp.enabled',
      });
    return { url: new URL(path, otlpUrl).href, token: otlpToken };
  }
}

/** OTLP's partialSuccess, or the API's list of answers. */
function outcome(text: string): LineOutcome {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { refused: 0 };
  }
  const { partialSuccess, events = [] } = (value ?? {}) as {
    partialSuccess?: { rejectedSpans?: number | string; rejectedLogRecords?: number | string; errorMessage?: string };
    events?: { status?: string; message?: string }[];
  };
  if (partialSuccess !== undefined) {
    const refused = Number(partialSuccess.rejectedSpans ?? partialSuccess.rejectedLogRecords ?? 0);
    return { refused, ...(partialSuccess.errorMessage === undefined ? {} : { reason: partialSuccess.errorMessage }) };
  }
  const refused = events.filter(({ status }) => status === 'refused');
  const message = refused[0]?.message;
  return { refused: refused.length, ...(message === undefined ? {} : { reason: message }) };
}
