/**
 * One HTTPS request, and what is certain afterwards. Through the proxy that the environment names, if any; redirects are not
 * followed: a moved receiver is a change that a person makes in the configuration.
 */
import { rootCertificates } from 'node:tls';
import {
  createDefaultHttpClient,
  createEmptyPipeline,
  createHttpHeaders,
  createPipelineRequest,
  type HttpClient,
  type HttpMethods,
  type Pipeline,
  proxyPolicy,
  RestError,
  type TlsSettings,
} from '@azure/core-rest-pipeline';

export interface Request {
  method: HttpMethods;
  url: string;
  headers?: Readonly<Record<string, string>>;
  body?: string;
  signal: AbortSignal;
}

export type Response =
  | { kind: 'answer'; status: number; header: (name: string) => string | undefined; body: string }
  /** It never reached anyone. */
  | { kind: 'unsent'; reason: string }
  /** It was sent, or may have been, and no whole answer came. */
  | { kind: 'lost'; reason: string };

/** No connection was made, so nothing was sent. */
const UNSENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'CERT_HAS_EXPIRED',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'SELF_SIGNED_CERT_IN_CHAIN',
]);

export class Transport {
  readonly #client: HttpClient = createDefaultHttpClient();
  readonly #pipeline: Pipeline = createEmptyPipeline();
  /** One object for all requests: connections are kept by it. */
  readonly #tls: TlsSettings | undefined;

  /** @param ca authorities to trust beside the usual ones, as PEM */
  constructor(ca?: string) {
    this.#tls = ca === undefined ? undefined : { ca: [...rootCertificates, ca] };
    this.#pipeline.addPolicy(proxyPolicy());
  }

  async send({ method, url, headers = {}, body, signal }: Request): Promise<Response> {
    const loopback = /^https?:\/\/(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:|\/|$)/.test(url);
    const request = createPipelineRequest({
      url,
      method,
      headers: createHttpHeaders({ ...headers }),
      abortSignal: signal,
      allowInsecureConnection: loopback,
      ...(body === undefined ? {} : { body }),
    });
    if (this.#tls !== undefined) request.tlsSettings = this.#tls;
    try {
      const response = await (loopback
        ? this.#client.sendRequest(request)
        : this.#pipeline.sendRequest(this.#client, request));
      return {
        kind: 'answer',
        status: response.status,
        header: (name) => response.headers.get(name),
        body: response.bodyAsText ?? '',
      };
    } catch (error) {
      const code = error instanceof RestError ? error.code : (error as NodeJS.ErrnoException).code;
      const cause = (error as { cause?: NodeJS.ErrnoException }).cause?.code;
      const reason = error instanceof Error ? error.message : String(error);
      const unsent = [code, cause].some((each) => each !== undefined && UNSENT.has(each));
      return { kind: unsent ? 'unsent' : 'lost', reason };
    }
  }
}

const MAX_RETRY_AFTER_MS = 24 * 3_600_000;

/** RFC 9110 §10.2.3: seconds, or an HTTP date. */
export function retryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  const wait = /^\d+$/.test(text) ? Number(text) * 1000 : /^[A-Z][a-z]+,? /.test(text) ? Date.parse(text) - nowMs : NaN;
  return Number.isFinite(wait) ? Math.min(Math.max(0, wait), MAX_RETRY_AFTER_MS) : undefined;
}
