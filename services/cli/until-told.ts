/** Holds a server until a signal ends it: the first in order, a second at once; SIGHUP reads playbooks and overrides again. */
import type { Log } from '../runtime/log.js';
import { EXIT } from './exit.js';

/** Everything is durable by then; what a client's library still waits for (a retry, a link that no longer answers) is nobody's. */
const LINGER_MS = 2_000;

/**
 * @param facts named in the log beside the signal
 */
export async function untilTold(
  engine: { reload(): void; stop(): Promise<void> },
  log: Log,
  facts: Readonly<Record<string, string>> = {},
): Promise<void> {
  const reload = () => engine.reload();
  process.on('SIGHUP', reload);
  const signal = await firstSignal();
  log.info({ signal, ...facts }, 'stopping; a second signal ends at once');
  const second = () => process.exit(EXIT.failure);
  process.once('SIGINT', second).once('SIGTERM', second);
  await engine.stop();
  process.off('SIGHUP', reload);
  setTimeout(() => process.exit(), LINGER_MS).unref();
}

function firstSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    const take = (signal: NodeJS.Signals) => {
      process.off('SIGINT', take).off('SIGTERM', take);
      resolve(signal);
    };
    process.on('SIGINT', take).on('SIGTERM', take);
  });
}
