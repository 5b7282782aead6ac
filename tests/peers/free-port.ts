/** Ports for servers that want to be told theirs. */
import { randomInt } from 'node:crypto';
import { type AddressInfo, createServer, type Server } from 'node:net';

/**
 * Below those that systems hand out by themselves (from 32768 on Linux, 49152 elsewhere): a server that is killed and started
 * again finds it free, since nobody was given it meanwhile.
 */
const [LOWEST, BEYOND] = [15_000, 30_000];

/** A loopback port that was free a moment ago. */
export async function freePort(): Promise<number> {
  return (await freePorts(1))[0] as number;
}

/** Several, all different: each is held until the last is found. */
export async function freePorts(count: number): Promise<number[]> {
  const held: Server[] = [];
  while (held.length < count) {
    const server = createServer();
    const port = randomInt(LOWEST, BEYOND);
    const free = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true));
    });
    if (free) held.push(server);
  }
  const ports = held.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(held.map(async (server) => new Promise<void>((resolve) => server.close(() => resolve()))));
  return ports;
}
