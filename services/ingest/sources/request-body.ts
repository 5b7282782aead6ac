/** The body of a request, bounded before and after decompression. */
import type { IncomingMessage } from 'node:http';
import { createGunzip } from 'node:zlib';

export type Body = { ok: true; bytes: Buffer } | { ok: false; reason: 'too-large' | 'bad-gzip' | 'aborted' };

/**
 * Reads at most `limit` bytes, also of what a compressed body becomes: inflating stops at the limit, so a small body
 * cannot fill the memory. `arrived` hears of each piece as it came over the wire.
 */
export async function requestBody(
  request: IncomingMessage,
  limit: number,
  gzip: boolean,
  arrived: (bytes: number) => void,
): Promise<Body> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    let wire = 0;
    let settled = false;
    const inflate = gzip ? createGunzip() : undefined;
    const finish = (body: Body): void => {
      if (settled) return;
      settled = true;
      request.off('data', onData);
      inflate?.removeAllListeners('data');
      inflate?.destroy();
      // What is left on the wire is read and dropped, so that the answer can be sent.
      if (!body.ok && !request.destroyed) request.resume();
      resolve(body);
    };
    const keep = (chunk: Buffer): void => {
      size += chunk.length;
      if (size > limit) finish({ ok: false, reason: 'too-large' });
      else chunks.push(chunk);
    };
    const onData = (chunk: Buffer): void => {
      arrived(chunk.length);
      wire += chunk.length;
      if (wire > limit) return finish({ ok: false, reason: 'too-large' });
      if (!inflate) return keep(chunk);
      if (!inflate.write(chunk)) {
        request.pause();
        inflate.once('drain', () => request.resume());
      }
    };
    request.on('data', onData);
    request.once('error', () => finish({ ok: false, reason: 'aborted' }));
    request.once('close', () => {
      if (!request.complete) finish({ ok: false, reason: 'aborted' });
    });
    request.once('end', () => {
      if (inflate) inflate.end();
      else finish({ ok: true, bytes: Buffer.concat(chunks, size) });
    });
    inflate?.on('data', keep);
    inflate?.once('error', () => finish({ ok: false, reason: 'bad-gzip' }));
    inflate?.once('end', () => finish({ ok: true, bytes: Buffer.concat(chunks, size) }));
  });
}
