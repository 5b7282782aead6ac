/**
 * `/metrics`, `/healthz` and `/readyz` on a port of their own, for processes without a gateway and for scrapers that have no
 * token. Tells nothing of agents, users or contents.
 */
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { StepdownError } from '../errors.js';
import type { Metrics } from './metrics.js';

export interface ListenerOptions {
  host: string;
  /** 0: the system picks one. */
  port: number;
  metrics: Metrics;
  /** `undefined`: ready; else what is missing. */
  unready: () => string | undefined;
}

export interface HealthListener {
  readonly port: number;
  close(): Promise<void>;
}

const HEADERS = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };

/** @throws StepdownError `driver-unavailable` where the port cannot be had */
export async function listenForHealth(options: ListenerOptions): Promise<HealthListener> {
  const server = createServer({ headersTimeout: 10_000, requestTimeout: 10_000 }, (request, response) => {
    request.resume();
    answer(request.method ?? '', request.url ?? '', response, options).catch(() => response.destroy());
  });
  await bind(server, options);
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answer(method: string, url: string, response: ServerResponse, options: ListenerOptions): Promise<void> {
  const path = url.split('?', 1)[0];
  const json = (status: number, body: unknown): void => {
    response.writeHead(status, { ...HEADERS, 'content-type': 'application/json' }).end(JSON.stringify(body));
  };
  if (path !== '/metrics' && path !== '/healthz' && path !== '/readyz') {
    json(404, { code: 'not-found', detail: 'There are /metrics, /healthz and /readyz here' });
  } else if (method !== 'GET' && method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD');
    json(405, { code: 'method-not-allowed', detail: 'Only GET and HEAD are answered here' });
  } else if (path === '/metrics') {
    const text = await options.metrics.text();
    response.writeHead(200, { ...HEADERS, 'content-type': options.metrics.contentType }).end(text);
  } else if (path === '/healthz') {
    json(200, { status: 'ok' });
  } else {
    const missing = options.unready();
    json(
      missing === undefined ? 200 : 503,
      missing === undefined ? { status: 'ready' } : { status: 'not-ready', missing },
    );
  }
}

async function bind(server: Server, { host, port }: Pick<ListenerOptions, 'host' | 'port'>): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve));
  } catch (cause) {
    throw new StepdownError(
      'driver-unavailable',
      `metrics cannot be offered on ${host}:${port}: ${cause instanceof Error ? cause.message : String(cause)}`,
      {
        mend: 'another program has the port, or the address is not this machine’s; set `metrics.host` and `metrics.port`',
        cause,
      },
    );
  }
}
