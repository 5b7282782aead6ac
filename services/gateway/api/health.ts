/** Is it alive, is it ready, and how is it. `/healthz` and `/readyz` are for machines and need no token. */
import type { Engine } from '../engine.js';
import { ok } from '../http/message.js';
import { problemReply, type Route } from '../http/router.js';

export function healthRoutes(engine: Engine): Route[] {
  return [
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
