/** Is it alive, is it ready, how is it, and how much of it. `/healthz` and `/readyz` are for machines and need no token. */
import type { Metrics } from '../../runtime/metrics.js';
import type { Engine } from '../engine.js';
import { ok } from '../http/message.js';
import { problemReply, type Route } from '../http/router.js';

export function healthRoutes(engine: Engine, metrics: Metrics | undefined): Route[] {
  return [
    ...(metrics === undefined ? [] : [metricsRoute(metrics)]),
    { method: 'GET', path: '/healthz', right: 'public', run: () => ok({ status: 'ok' }) },
    {
      method: 'GET',
      path: '/readyz',
      right: 'public',
      run: () => {
        const missing = engine.unready();
        return missing === undefined
          ? ok({ status: 'ready' })
          : problemReply({ status: 503, code: 'not-running', detail: missing, retryAfterSeconds: 1 });
      },
    },
    { method: 'GET', path: '/v1/health', right: 'read', run: () => ok(engine.health()) },
  ];
}

/** For who may read: what an attack has led to is nothing for the agents that call here. */
function metricsRoute(metrics: Metrics): Route {
  return {
    method: 'GET',
    path: '/metrics',
    right: 'read',
    run: async () => ({
      status: 200,
      headers: { 'content-type': metrics.contentType },
      text: await metrics.text(),
    }),
  };
}
