/**
 * One call of the Logs Ingestion API, and what its answer means. The client's own retries are off: the outbox has them,
 * with the knowledge of what is durable.
 */
import type { TokenCredential } from '@azure/core-auth';
import type { LogsIngestionClient } from '@azure/monitor-ingestion';
import { faultOf, retryAfterOf } from './azure-fault.js';
import type { Row } from './rows.js';

export type Upload =
  | { kind: 'taken' }
  /** 413: fewer rows, or shorter ones. */
  | { kind: 'too-large'; reason: string }
  /** 400: something in it is wrong, or the rule is not as expected. */
  | { kind: 'refused'; reason: string }
  | { kind: 'later'; reason: string; afterMs?: number };

export interface IngestionOptions {
  endpoint: string;
  ruleId: string;
  /** Makes an identity without any token in it. */
  credential: () => Promise<TokenCredential>;
  /** `https://monitor.azure.com`, or what a sovereign cloud has instead. */
  audience: string;
  /** For a call with all that belongs to it, milliseconds. */
  timeoutMs: number;
  ca?: string | undefined;
  product: { version: string };
  now: () => number;
}

export interface Ingestion {
  upload(stream: string, rows: readonly Row[]): Promise<Upload>;
}

export async function openIngestion(options: IngestionOptions): Promise<Ingestion> {
  const { LogsIngestionClient: Client } = await import('@azure/monitor-ingestion');
  const connect = async () =>
    new Client(options.endpoint, await options.credential(), {
      audience: options.audience,
      retryOptions: { maxRetries: 0 },
      redirectOptions: { maxRetries: 0 },
      userAgentOptions: { userAgentPrefix: `stepdown/${options.product.version}` },
      ...(options.ca === undefined ? {} : { tlsOptions: { ca: options.ca } }),
    });
  let client: LogsIngestionClient = await connect();
  return {
    async upload(stream, rows) {
      const signal = AbortSignal.timeout(options.timeoutMs);
      try {
        await client.upload(options.ruleId, stream, [...rows] as Record<string, unknown>[], {
          abortSignal: signal,
          maxConcurrency: 1,
        });
        // On an abort the client says nothing of what it did not send.
        return signal.aborted ? late(options.timeoutMs) : { kind: 'taken' };
      } catch (error) {
        if (signal.aborted) return late(options.timeoutMs);
        const fault = faultOf(error);
        switch (fault.status) {
          case 400:
            return { kind: 'refused', reason: fault.reason };
          case 413:
            return { kind: 'too-large', reason: fault.reason };
          case 401:
            // A token that is no longer taken, though it would live on: identity clients keep it, so the next call has a
            // new one of everything.
            client = await connect();
            return { kind: 'later', reason: fault.reason };
          default: {
            const afterMs = retryAfterOf(fault, options.now());
            return { kind: 'later', reason: fault.reason, ...(afterMs === undefined ? {} : { afterMs }) };
          }
        }
      }
    },
  };
}

function late(timeoutMs: number): Upload {
  return { kind: 'later', reason: `no answer within ${timeoutMs} ms` };
}
