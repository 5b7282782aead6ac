/** One POST and its status. Redirects are not followed, the answer's body is not read, one deadline covers all of it. */
import { request as overHttp } from 'node:http';
import { request as overHttps } from 'node:https';
import { rootCertificates } from 'node:tls';

export interface Posted {
  status: number;
  header: (name: string) => string | null;
}

export interface PostOptions {
  headers: Readonly<Record<string, string>>;
  body: string;
  /** Milliseconds, from the first byte out to the status in. */
  timeoutMs: number;
  /** Authorities to trust beside the usual ones, as PEM. */
  ca?: string | undefined;
}

/** Throws the network's error, or a `TimeoutError`. */
export async function post(url: URL, { headers, body, timeoutMs, ca }: PostOptions): Promise<Posted> {
  const signal = AbortSignal.timeout(timeoutMs);
  const options = {
    method: 'POST',
    headers: { ...headers, 'content-length': String(Buffer.byteLength(body)) },
    signal,
    ...(ca === undefined ? {} : { ca: [...rootCertificates, ca] }),
  };
  return new Promise((resolve, reject) => {
    const send = url.protocol === 'https:' ? overHttps : overHttp;
    const request = send(url, options, (response) => {
      response.on('error', () => undefined);
      response.resume();
      const header = (name: string) => {
        const value = response.headers[name];
        return (Array.isArray(value) ? value[0] : value) ?? null;
      };
      resolve({ status: response.statusCode ?? 0, header });
    });
    request.on('error', (error) => reject(signal.aborted ? (signal.reason as Error) : error));
    request.end(body);
  });
}
