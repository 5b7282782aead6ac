/** The one table: kind of sink → what makes it. No registration by import; Azure's clients are loaded only where they are used. */
import type { SentinelConfig } from '../sentinel/config.js';
import { consoleSink } from './console.js';
import { fileSink } from './file.js';
import type { OpenedSinks, SinkEnvironment } from './opened.js';
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
  | { type: 'console'; name?: string | undefined }
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
      return { sinks: [{ sink: consoleSink(name, environment.console) }] };
    case 'webhook':
      return {
        sinks: [
          {
            sink: webhookSink(name, {
              url: config.url,
              ...(config.secret === undefined ? {} : { secret: config.secret }),
              ...(config.headers === undefined ? {} : { headers: config.headers }),
              format: config.format ?? 'ocsf',
              timeoutMs: config.timeoutMs ?? DEFAULT_TIMEOUT_MS,
              now: environment.now,
              product: environment.product,
            }),
            ...(config.deadlineMs === undefined ? {} : { limits: { maxAgeMs: config.deadlineMs } }),
          },
        ],
      };
    case 'sentinel': {
      const { openSentinel } = await import('../sentinel/open.js');
      return openSentinel(config, environment);
    }
  }
}
