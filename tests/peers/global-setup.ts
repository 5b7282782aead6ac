/** Offers what test files share; nothing is started before one of them asks. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestProject } from 'vitest/node';
import { KafkaPeer } from './kafka.js';
import { SHARED_SETTINGS } from './shared-settings.js';

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  let kafka: Promise<KafkaPeer> | undefined;
  const server = createServer((_, answer) => {
    kafka ??= KafkaPeer.start({ settings: SHARED_SETTINGS });
    kafka.then(
      ({ brokers }) => answer.end(JSON.stringify(brokers)),
      (error: unknown) => answer.writeHead(500).end(String(error)),
    );
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  project.provide('sharedPeers', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  return async () => {
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
    await (await kafka?.catch(() => undefined))?.stop();
  };
}
