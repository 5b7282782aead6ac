/** The one table: kind of sink → what makes it. No registration by import; Azure's clients are loaded only where they are used. */
import { readFile } from 'node:fs/promises';
import type { SentinelConfig } from '../sentinel/config.js';
import { consoleSink } from './console.js';
import { fileSink } from './file.js';
import type { OpenedSink, OpenedSinks, SinkEnvironment } from './opened.js';
import { hasWaited, namesOne } from './recipients.js';
import { askingSink, webhookSink, type WebhookFormat, type WebhookOptions } from './webhook.js';

export type SinkConfig =
  | { type: 'file'; name?: string | undefined; path: string }
  | {
      type: 'webhook';
      name?: string | undefined;
      /** Recipients it is for; empty or left out: all incidents. */
      for?: readonly string[] | undefined;
      /** Also what waits for a person. */
      approvals?: boolean | undefined;
      /** PEM file of further authorities. */
      ca?: string | undefined;
      url: string;
      secret?: string | undefined;
      format?: WebhookFormat | undefined;
      headers?: Readonly<Record<string, string>> | undefined;
      timeoutMs?: number | undefined;
      /** How long one incident is tried before it is set aside as a dead letter. */
      deadlineMs?: number | undefined;
    }
  | { type: 'console'; name?: string | undefined; for?: readonly string[] | undefined }
  | SentinelConfig;

const DEFAULT_TIMEOUT_MS = 10_000;

/** The name is the outbox's key: a sink that is renamed starts with an empty outbox. */
export function sinkName(config: SinkConfig, index: number): string {
  return config.name ?? `${config.type}-${index}`;
}

export async function openSinks(config: SinkConfig, index: number, environment: SinkEnvironment): Promise<OpenedSinks> {
  const name = sinkName(config, index);
  switch (config.type) {
    case 'file':
      return { sinks: [{ sink: fileSink(name, config.path, environment.product) }] };
    case 'console':
      return { sinks: [{ sink: consoleSink(name, environment.console), wants: namesOne(config.for) }] };
    case 'webhook':
      return openWebhook(name, config, environment);
    case 'sentinel': {
      const { openSentinel } = await import('../sentinel/open.js');
      return openSentinel(config, environment);
    }
  }
}

async function openWebhook(
  name: string,
  config: Extract<SinkConfig, { type: 'webhook' }>,
  environment: SinkEnvironment,
): Promise<OpenedSinks> {
  const { secret, headers, ca } = config;
  const options: WebhookOptions = {
    url: config.url,
    ...(secret === undefined ? {} : { secret }),
    ...(headers === undefined ? {} : { headers }),
    ...(ca === undefined ? {} : { ca: await readFile(ca, 'utf8') }),
    format: config.format ?? 'ocsf',
    timeoutMs: config.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    now: environment.now,
    product: environment.product,
  };
  const limits = config.deadlineMs === undefined ? {} : { limits: { maxAgeMs: config.deadlineMs } };
  const incidents: OpenedSink = { sink: webhookSink(name, options), wants: namesOne(config.for), ...limits };
  if (config.approvals !== true) return { sinks: [incidents] };
  // Each kind has a queue of its own, so that a flood of one does not hold up the other.
  return {
    sinks: [
      incidents,
      { sink: askingSink(`${name}/calls`, 'approval', options), ...limits },
      { sink: askingSink(`${name}/contractions`, 'contraction', options), wants: hasWaited(config.for), ...limits },
    ],
  };
}
