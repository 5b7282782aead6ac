/** Runs a server until a signal ends it: the first in order, a second at once; SIGHUP reads playbooks and overrides again. */
import type { Log } from '../runtime/log.js';
import { EXIT } from './exit.js';

interface Server {
  reload(): void;
  stop(): Promise<void>;
}

/** Everything is durable by then; what a client's library still waits for (a retry, a link that no longer answers) is nobody's. */
const LINGER_MS = 2_000;

/**
 * A signal that comes while it starts ends it in order too, once it has begun.
 *
 * @param facts named in the log beside the signal
 */
export async function untilTold<S extends Server>(
  start: () => Promise<S>,
  begun: (server: S) => void,
  log: Log,
  facts: Readonly<Record<string, string>> = {},
): Promise<void> {
  let here = false;
  const first = new Promise<NodeJS.Signals>((resolve) => {
    const told = (signal: NodeJS.Signals) => {
      process.off('SIGINT', told).off('SIGTERM', told);
      if (!here) log.info({ signal, ...facts }, 'ends when it has begun; a second signal ends at once');
      resolve(signal);
    };
    process.on('SIGINT', told).on('SIGTERM', told);
  });
  const server = await start();
  here = true;
  const reload = () => server.reload();
  process.on('SIGHUP', reload);
  begun(server);
  const signal = await first;
  log.info({ signal, ...facts }, 'stopping; a second signal ends at once');
  const second = () => process.exit(EXIT.failure);
  process.once('SIGINT', second).once('SIGTERM', second);
  await server.stop();
  process.off('SIGHUP', reload);
  setTimeout(() => process.exit(), LINGER_MS).unref();
}
