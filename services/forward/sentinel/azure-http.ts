/** Single requests to Azure with a token, over Azure's own pipeline. Retries are the caller's, who knows what they mean. */
import type { TokenCredential } from '@azure/core-auth';
import { faultOf } from './azure-fault.js';

export interface AzureRequest {
  method: 'GET' | 'PUT' | 'POST' | 'PATCH';
  url: string;
  /** Sent as JSON. */
  body?: unknown;
  /** Sent as it is. */
  text?: string;
}

export type AzureAnswer =
  | { kind: 'answer'; status: number; body: unknown; retryAfter: string | null }
  /** Nothing came back, or no token could be had. */
  | { kind: 'silence'; reason: string };

export interface AzureHttpOptions {
  credential: TokenCredential;
  /** e.g. `https://management.azure.com/.default` */
  scope: string;
  timeoutMs: number;
  ca?: string | undefined;
  product: { version: string };
}

export interface AzureHttp {
  send(request: AzureRequest): Promise<AzureAnswer>;
}

export async function openAzureHttp(options: AzureHttpOptions): Promise<AzureHttp> {
  const {
    createPipelineFromOptions,
    createDefaultHttpClient,
    createPipelineRequest,
    createHttpHeaders,
    bearerTokenAuthenticationPolicy,
  } = await import('@azure/core-rest-pipeline');
  const pipeline = createPipelineFromOptions({
    retryOptions: { maxRetries: 0 },
    redirectOptions: { maxRetries: 0 },
    userAgentOptions: { userAgentPrefix: `stepdown/${options.product.version}` },
    ...(options.ca === undefined ? {} : { tlsOptions: { ca: options.ca } }),
  });
  pipeline.addPolicy(bearerTokenAuthenticationPolicy({ credential: options.credential, scopes: options.scope }));
  const client = createDefaultHttpClient();
  return {
    async send({ method, url, body, text }) {
      const signal = AbortSignal.timeout(options.timeoutMs);
      try {
        const response = await pipeline.sendRequest(
          client,
          createPipelineRequest({
            method,
            url,
            abortSignal: signal,
            headers: createHttpHeaders({ accept: 'application/json', 'content-type': 'application/json' }),
            ...(text === undefined ? (body === undefined ? {} : { body: JSON.stringify(body) }) : { body: text }),
          }),
        );
        return {
          kind: 'answer',
          status: response.status,
          body: parsed(response.bodyAsText),
          retryAfter: response.headers.get('retry-after') ?? null,
        };
      } catch (error) {
        return {
          kind: 'silence',
          reason: signal.aborted ? `no answer within ${options.timeoutMs} ms` : faultOf(error).reason,
        };
      }
    },
  };
}

function parsed(text: string | null | undefined): unknown {
  if (text === null || text === undefined || text === '') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** What Azure says of a refusal, in one line. */
export function refusalOf(answer: Extract<AzureAnswer, { kind: 'answer' }>): string {
  const { error } = (answer.body ?? {}) as { error?: { code?: unknown; message?: unknown } };
  const code = typeof error?.code === 'string' ? ` ${error.code}` : '';
  const message = typeof error?.message === 'string' ? `: ${error.message.slice(0, 200)}` : '';
  return `answered ${answer.status}${code}${message}`;
}
