/** A TCP proxy on loopback that misbehaves as networks do: cuts, swallows, delays, halves. */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface ProxyPeer {
  readonly port: number;
  /** Ends every open connection with a reset; new ones are let through. */
  cut(): void;
  /** Refuses new connections and resets the open ones until {@link mend}. */
  down(): void;
  /** Takes everything and passes nothing on, in both directions; connections stay open. */
  swallow(): void;
  /** Passes on after so many milliseconds. */
  delay(ms: number): void;
  /** Lets so many bytes of answers through, then resets the connection that carried them. Once. */
  cutAfter(answerBytes: number): void;
  /** Everything passes again. What was swallowed stays lost, and connections that lost something are reset. */
  mend(): void;
  remove(): Promise<void>;
}

/** @param targetPort on loopback; asked at each connection where it is not known yet */
export async function proxyPeer(targetPort: number | (() => number)): Promise<ProxyPeer> {
  const pairs = new Map<Socket, Socket>();
  const harmed = new Set<Socket>();
  let mode: 'pass' | 'down' | 'swallow' = 'pass';
  let delayMs = 0;
  let left: number | undefined;

  const end = (near: Socket): void => {
    pairs.get(near)?.destroy();
    pairs.delete(near);
    if (!near.destroyed) near.resetAndDestroy();
  };
  const endAll = (): void => [...pairs.keys()].forEach(end);

  const server = createServer({ noDelay: true }, (near) => {
    near.on('error', () => undefined);
    if (mode === 'down') {
      near.resetAndDestroy();
      return;
    }
    const port = typeof targetPort === 'number' ? targetPort : targetPort();
    const far = connect({ port, host: '127.0.0.1', noDelay: true });
    pairs.set(near, far);
    far.on('error', () => end(near));
    far.on('close', () => end(near));
    near.on('close', () => end(near));
    // What is delayed keeps its place: what comes after it waits too, also when nothing is delayed any more.
    const delayed = new Map<Socket, Buffer[]>();
    const pass = (to: Socket, chunk: Buffer): void => {
      const waiting = delayed.get(to);
      if (mode === 'swallow') harmed.add(near);
      else if (waiting !== undefined) waiting.push(chunk);
      else if (delayMs > 0) {
        delayed.set(to, [chunk]);
        setTimeout(() => {
          const chunks = delayed.get(to) ?? [];
          delayed.delete(to);
          if (!to.destroyed) to.write(Buffer.concat(chunks));
        }, delayMs);
      } else if (!to.destroyed) to.write(chunk);
    };
    near.on('data', (chunk: Buffer) => pass(far, chunk));
    far.on('data', (chunk: Buffer) => {
      if (left === undefined || mode !== 'pass') {
        pass(near, chunk);
        return;
      }
      const part = chunk.subarray(0, left);
      left -= part.length;
      if (part.length > 0) near.write(part);
      if (left > 0) return;
      left = undefined;
      end(near);
    });
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));

  return {
    port: (server.address() as AddressInfo).port,
    cut: endAll,
    down: () => {
      mode = 'down';
      endAll();
    },
    swallow: () => {
      mode = 'swallow';
    },
    delay: (ms) => {
      delayMs = ms;
    },
    cutAfter: (answerBytes) => {
      left = answerBytes;
    },
    mend: () => {
      mode = 'pass';
      delayMs = 0;
      left = undefined;
      [...harmed].forEach(end);
      harmed.clear();
    },
    remove: async () => {
      endAll();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
