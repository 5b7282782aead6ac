/**
 * Zstandard (RFC 8878), unpacked where Node has no codec of its own. What a frame says of itself is not believed before it is
 * looked at: a few bytes must not claim the memory of a machine.
 */
import { Decompress } from 'fzstd';
import { StepdownError } from '../../errors.js';

const MAGIC = 0xfd2fb528;
/** The most that decoders have to support by themselves is 8 MiB; the reference decoder takes up to this. */
const MOST_WINDOW_BYTES = 128 * 1024 * 1024;
/** Given to the decoder at once, so that too much is noticed before all of it is there. */
const CHUNK_BYTES = 64 * 1024;

/**
 * @param mostBytes of what it becomes
 * @throws StepdownError `input-malformed` for what is no Zstandard, is cut off, or becomes too much
 */
export function zstdPlain(packed: Buffer, mostBytes: number): Buffer {
  const window = windowBytes(packed);
  if (window === undefined) throw malformed('is none');
  if (window > MOST_WINDOW_BYTES) throw malformed(`wants ${window} bytes of memory`);
  const parts: Uint8Array[] = [];
  let bytes = 0;
  const decoder = new Decompress((part) => {
    bytes += part.length;
    if (bytes > mostBytes) throw malformed(`becomes more than ${mostBytes} bytes`);
    parts.push(part.slice());
  });
  try {
    for (let at = 0; at < packed.length; at += CHUNK_BYTES)
      decoder.push(packed.subarray(at, at + CHUNK_BYTES), at + CHUNK_BYTES >= packed.length);
  } catch (cause) {
    throw cause instanceof StepdownError ? cause : malformed('cannot be unpacked', cause);
  }
  return Buffer.concat(parts);
}

/** What the frame's header asks a decoder to keep (RFC 8878, 3.1.1.1); `undefined`: no header. */
function windowBytes(packed: Buffer): number | undefined {
  if (packed.length < 6 || packed.readUInt32LE(0) !== MAGIC) return undefined;
  const descriptor = packed[4] as number;
  const singleSegment = (descriptor & 0x20) !== 0;
  if (!singleSegment) {
    const window = packed[5] as number;
    const base = 2 ** (10 + (window >> 3));
    return base + (base / 8) * (window & 7);
  }
  const at = 5 + ([0, 1, 2, 4][descriptor & 3] as number);
  const sizeBytes = [1, 2, 4, 8][descriptor >> 6] as number;
  if (packed.length < at + sizeBytes) return undefined;
  if (sizeBytes === 8) return Number(packed.readBigUInt64LE(at));
  return packed.readUIntLE(at, sizeBytes) + (sizeBytes === 2 ? 256 : 0);
}

function malformed(what: string, cause?: unknown): StepdownError {
  return new StepdownError('input-malformed', `a zstd frame ${what}`, cause === undefined ? {} : { cause });
}
