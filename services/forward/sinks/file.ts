/**
 * NDJSON file, one OCSF Detection Finding a line, durable (fsync) before `success`.
 *
 * - No double lines after a crash: the ids (`metadata.uid`) in the last 4 MiB of the file are read at open, and a delivery
 *   whose id is there is not written again. The outbox sends in order, so a repeat is always near the end.
 * - A line torn by a crash (ours: it begins as our lines do) is cut off, and written again from the outbox; any other
 *   unfinished last line is left and ended with a newline.
 * - Rotation: before each batch the path is compared with the open file; renamed or deleted, a new file is begun.
 */
import { type FileHandle, mkdir, open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Delivery, SendOutcome, Sink } from '../sink.js';
import { toOcsf } from '../ocsf.js';

const TAIL_BYTES = 4 * 1024 * 1024;
const OUR_LINE = '{"activity_id":';

interface OpenFile {
  handle: FileHandle;
  dev: number;
  ino: number;
}

export function fileSink(name: string, path: string, product: { version: string }): Sink<'incident'> {
  let file: OpenFile | undefined;
  const written = new Set<string>();

  async function current(): Promise<FileHandle> {
    const there = await stat(path).catch(missing);
    if (file !== undefined && there !== undefined && there.dev === file.dev && there.ino === file.ino)
      return file.handle;
    await file?.handle.close();
    file = undefined;
    await mkdir(dirname(path), { recursive: true });
    const handle = await open(path, 'a+', 0o640);
    const { dev, ino, size } = await handle.stat();
    file = { handle, dev, ino };
    await mendTail(handle, size, written);
    return handle;
  }

  return {
    name,
    takes: 'incident',
    maxBatch: 100,
    async send(batch): Promise<SendOutcome> {
      try {
        const handle = await current();
        const fresh = batch.filter((delivery) => !written.has(delivery.id));
        if (fresh.length > 0) {
          await handle.appendFile(fresh.map((delivery) => line(delivery, product)).join(''));
          await handle.datasync();
          for (const { id } of fresh) written.add(id);
        }
        return { kind: 'success' };
      } catch (error) {
        // Part of a line may stand there: reopen, and mend before the next write.
        await file?.handle.close().catch(() => undefined);
        file = undefined;
        return { kind: 'retryable', reason: `${path}: ${error instanceof Error ? error.message : String(error)}` };
      }
    },
    async close() {
      await file?.handle.close();
      file = undefined;
    },
  };
}

function line(delivery: Delivery<'incident'>, product: { version: string }): string {
  return `${JSON.stringify(toOcsf(delivery.value, product))}\n`;
}

async function mendTail(handle: FileHandle, size: number, written: Set<string>): Promise<void> {
  written.clear();
  if (size === 0) return;
  const from = Math.max(0, size - TAIL_BYTES);
  const tail = Buffer.alloc(size - from);
  await handle.read(tail, 0, tail.length, from);
  const end = tail.lastIndexOf(0x0a) + 1;
  for (const text of tail.subarray(0, end).toString('utf8').split('\n')) {
    const uid = uidOf(text);
    if (uid !== undefined) written.add(uid);
  }
  if (end === tail.length) return;
  const last = tail.subarray(end).toString('utf8');
  const complete = uidOf(last);
  if (complete !== undefined) written.add(complete);
  else if (OUR_LINE.startsWith(last) || last.startsWith(OUR_LINE)) {
    await handle.truncate(from + end);
    return;
  }
  await handle.appendFile('\n');
}

function uidOf(text: string): string | undefined {
  if (!text.startsWith(OUR_LINE)) return undefined;
  try {
    const parsed = JSON.parse(text) as { metadata?: { uid?: unknown } };
    return typeof parsed.metadata?.uid === 'string' ? parsed.metadata.uid : undefined;
  } catch {
    return undefined;
  }
}

function missing(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT') return undefined;
  throw error;
}
