/** With the data's way: the receiver first, response and forward last. One that fails to stop does not keep others running. */
import type { Log } from '../runtime/log.js';
import type { Service } from '../runtime/service.js';

const ORDER = ['ingest', 'gateway', 'detect', 'respond', 'enforce', 'forward', 'engines'];

export async function stopAll(started: readonly Service[], log: Log): Promise<void> {
  const rank = ({ name }: Service) => ORDER.indexOf(name);
  for (const service of [...started].sort((a, b) => rank(a) - rank(b))) {
    try {
      await service.stop();
    } catch (error) {
      log.error({ err: error, service: service.name }, 'a service did not stop cleanly');
    }
  }
}
