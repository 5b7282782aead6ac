/**
 * Codecs. gzip is the client's own, snappy is snappyjs in the framing that Java clients use, zstd is Node's own from
 * 22.15 on, and before that unpacked by fzstd. lz4 is unpacked too, since others choose it; there is no well-kept packer of
 * either for Node without a native build.
 */
import * as zlib from 'node:zlib';
import { promisify } from 'node:util';
import kafkajs, { CompressionTypes } from 'kafkajs';
import snappy from 'snappyjs';
import { StepdownError } from '../../errors.js';
import { lz4Plain } from './lz4.js';
import { zstdPlain } from './zstd.js';

// Node finds only some of the client's names by itself; the others stand on the module as a whole.
const { CompressionCodecs } = kafkajs;

export const COMPRESSIONS = ['none', 'gzip', 'snappy', 'zstd'] as const;
export type CompressionName = (typeof COMPRESSIONS)[number];

/** What snappy-java writes in front of its blocks: a magic, its version, the oldest version that reads it. */
const SNAPPY_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const SNAPPY_HEADER = Buffer.concat([SNAPPY_MAGIC, Buffer.from([0, 0, 0, 1, 0, 0, 0, 1])]);
const SNAPPY_BLOCK_BYTES = 32 * 1024;
/** A block that says it becomes more than this is refused: a few bytes must not fill the memory. */
const MOST_BYTES = 256 * 1024 * 1024;

export function compressionType(name: CompressionName): CompressionTypes {
  register();
  switch (name) {
    case 'none':
      return CompressionTypes.None;
    case 'gzip':
      return CompressionTypes.GZIP;
    case 'snappy':
      return CompressionTypes.Snappy;
    case 'zstd':
      if (zstd() === undefined)
        throw new StepdownError('config-invalid', `Node ${process.version} has no zstd`, {
          place: { pointer: '/stream/kafka/compression' },
          mend: 'use Node 22.15 or newer, or choose gzip or snappy',
        });
      return CompressionTypes.ZSTD;
  }
}

/** Whoever else writes to a topic chooses the codec, so all there are are known before anything is read. */
export function register(): void {
  CompressionCodecs[CompressionTypes.Snappy] = () => ({
    compress: async (encoder: { buffer: Buffer }) => snappyFramed(encoder.buffer),
    decompress: async (buffer: Buffer) => snappyPlain(buffer),
  });
  const codec = zstd();
  CompressionCodecs[CompressionTypes.ZSTD] = () => ({
    compress:
      codec === undefined ? refusing('zstd') : async (encoder: { buffer: Buffer }) => codec.compress(encoder.buffer),
    decompress:
      codec === undefined
        ? async (buffer: Buffer) => zstdPlain(buffer, MOST_BYTES)
        : async (buffer: Buffer) => codec.decompress(buffer),
  });
  CompressionCodecs[CompressionTypes.LZ4] = () => ({
    compress: refusing('lz4'),
    decompress: async (buffer: Buffer) => lz4Plain(buffer, MOST_BYTES),
  });
}

/** The configuration does not let anyone choose it; a client that asks all the same is told. */
function refusing(name: string) {
  return async (): Promise<never> => {
    throw new StepdownError('driver-unavailable', `records cannot be packed with ${name} here`, {
      mend: 'choose gzip or snappy',
    });
  };
}

export function snappyFramed(plain: Buffer): Buffer {
  const parts: Buffer[] = [SNAPPY_HEADER];
  for (let at = 0; at < plain.length; at += SNAPPY_BLOCK_BYTES) {
    const block = Buffer.from(snappy.compress(plain.subarray(at, at + SNAPPY_BLOCK_BYTES)));
    const length = Buffer.alloc(4);
    length.writeUInt32BE(block.length);
    parts.push(length, block);
  }
  return Buffer.concat(parts);
}

/** Framed as Java clients do, or bare as librdkafka does. */
export function snappyPlain(buffer: Buffer): Buffer {
  if (!buffer.subarray(0, SNAPPY_MAGIC.length).equals(SNAPPY_MAGIC))
    return Buffer.from(snappy.uncompress(buffer, MOST_BYTES));
  const parts: Buffer[] = [];
  let at = SNAPPY_HEADER.length;
  while (at + 4 <= buffer.length) {
    const length = buffer.readUInt32BE(at);
    at += 4;
    if (at + length > buffer.length)
      throw new StepdownError('input-malformed', 'a snappy block ends before its length');
    parts.push(Buffer.from(snappy.uncompress(buffer.subarray(at, at + length), MOST_BYTES)));
    at += length;
  }
  return Buffer.concat(parts);
}

interface Zstd {
  compress(plain: Buffer): Promise<Buffer>;
  decompress(packed: Buffer): Promise<Buffer>;
}

function zstd(): Zstd | undefined {
  // Typed for the oldest Node that runs the product, which has none.
  const own = zlib as unknown as Partial<
    Record<'zstdCompress' | 'zstdDecompress', (data: Buffer, done: (error: Error | null, out: Buffer) => void) => void>
  >;
  if (own.zstdCompress === undefined || own.zstdDecompress === undefined) return undefined;
  return { compress: promisify(own.zstdCompress), decompress: promisify(own.zstdDecompress) };
}
