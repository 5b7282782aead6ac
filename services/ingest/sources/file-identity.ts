/**
 * Which file it is, whatever it is called: device, inode and the hash of its beginning. A renamed file is the same; one
 * that was emptied and written anew, or that got a freed inode, is another.
 */
import type { FileHandle } from 'node:fs/promises';
import { createHash } from 'node:crypto';

const HEAD_BYTES = 1024;

export interface FileIdentity {
  device: number;
  inode: number;
  /** How much of the beginning was hashed: a growing file is still known by what it began with. */
  headBytes: number;
  headHash: string;
}

export async function fileIdentity(handle: FileHandle, headBytes = HEAD_BYTES): Promise<FileIdentity> {
  const { dev, ino } = await handle.stat();
  const { bytesRead, buffer } = await handle.read(Buffer.alloc(headBytes), 0, headBytes, 0);
  return { device: dev, inode: ino, headBytes: bytesRead, headHash: hashOf(buffer.subarray(0, bytesRead)) };
}

/** Whether the file still begins as it did. */
export async function beginsAs(
  handle: FileHandle,
  known: Pick<FileIdentity, 'headBytes' | 'headHash'>,
): Promise<boolean> {
  if (known.headBytes === 0) return true;
  const now = await fileIdentity(handle, known.headBytes);
  return now.headBytes === known.headBytes && now.headHash === known.headHash;
}

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 32);
}
