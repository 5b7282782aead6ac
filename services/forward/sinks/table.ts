/** The one table: kind of sink → what makes it. No registration by import. */
import type { Writable } from 'node:stream';
import type { Sink } from '../sink.js';
import { consoleSink } from './console.js';
import { fileSink } from './file.js';
import { webhookSink } from './webhook.js';

export type SinkConfig =
  | { type: 'file'; name?: string | undefined; path: string }
  | {
      type: 'webhook';
      name?: string | undefined;
      url: string;
      secret?: string | undefined;
      format?: 'ocsf' | 'native' | undefined;
      headers?: Readonly<Record<string, string>> | undefined;
      timeoutMs?: number | undefined;
      /** How long one incident is tried before it is set aside as a dead letter. */
      deadlineMs?: number | undefined;
    }
  | { type: 'console'; name?: string | undefined };

export interface SinkEnvironment {
  product: { version: string };
  console: Writable;
  now: () => number;
}

const DEFAULT_TIMEOUT_MS = 10_000;

/** The name is the outbox's key: a sink that is renamed starts with an empty outbox. */
export function sinkName(config: SinkConfig, index: number): string {
  return config.name ?? `${config.type}-${index}`;
}

export function openSink(config: SinkConfig, index: number, environment: SinkEnvironment): Sink {
  const name = sinkName(config, index);
  switch (config.type) {
    case 'file':
      return fileSink(name, config.path, environment.product);
    case 'console':
      return consoleSink(name, environment.console);
    case 'webhook':
      return webhookSink(name, {
        url: config.url,
        ...(config.secret === undefined ? {} : { secret: config.secret }),
        ...(config.headers === undefined ? {} : { headers: config.headers }),
        format: config.format ?? 'ocsf',
        timeoutMs: config.timeoutMs ?? DEFAULT_TIMEOUT_MS,
        now: environment.now,
        product: environment.product,
      });
  }
}
