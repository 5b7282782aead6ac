/** Lines of a `.jsonl` or `.jsonl.gz` file, or of standard input (`-`), one by one in bounded memory. */
import { createReadStream, statSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { StepdownError } from '../../runtime/errors.js';

export interface Line {
  /** From 1. */
  number: number;
  text: string;
  /** Bytes of the line. */
  bytes: number;
}

/** Longer lines are refused one by one, and reading goes on. */
export const MAX_LINE_BYTES = 64 * 1024 * 1024;

export interface LineSource {
  /** Bytes of the file as it lies on disk; `undefined` for standard input. */
  size: number | undefined;
  /** Bytes read from it so far. */
  read: () => number;
  lines: () => AsyncGenerator<Line | { number: number; tooLong: number }>;
}

/** Throws `usage` where there is no such file. */
export function openLines(file: string, stdin: Readable): LineSource {
  let size: number | undefined;
  if (file !== '-') {
    try {
      size = statSync(file).size;
    } catch (cause) {
      throw new StepdownError('usage', `${file} cannot be read`, {
        place: { file },
        mend: 'mend the path, or give - for standard input',
        cause,
      });
    }
  }
  const raw = file === '-' ? stdin : createReadStream(file);
  let bytes = 0;
  raw.on('data', (chunk: Buffer | string) => {
    bytes += chunk.length;
  });
  raw.pause();
  const plain = file.endsWith('.gz') ? raw.pipe(createGunzip()) : raw;
  raw.on('error', (error: Error) => plain.destroy(error));
  return { size, read: () => bytes, lines: () => split(plain, file) };
}

async function* split(stream: Readable, file: string): AsyncGenerator<Line | { number: number; tooLong: number }> {
  let parts: Buffer[] = [];
  let held = 0;
  let tooLong = 0;
  let number = 0;
  const take = function* (): Generator<Line | { number: number; tooLong: number }> {
    number += 1;
    if (tooLong > 0) yield { number, tooLong };
    else {
      const whole = Buffer.concat(parts);
      const text = whole
        .toString('utf8')
        .replace(number === 1 ? /^\uFEFF/ : /$^/, '')
        .trimEnd();
      if (text !== '') yield { number, text, bytes: held };
    }
    parts = [];
    held = 0;
    tooLong = 0;
  };
  try {
    for await (const chunk of stream as AsyncIterable<Buffer | string>) {
      const buffer = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
      let from = 0;
      for (let end = buffer.indexOf(0x0a, from); end >= 0; end = buffer.indexOf(0x0a, from)) {
        keep(buffer.subarray(from, end));
        yield* take();
        from = end + 1;
      }
      keep(buffer.subarray(from));
    }
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new StepdownError('input-malformed', `the file ends badly: ${message}`, {
      place: { file, line: number + 1 },
      cause,
    });
  }
  if (held > 0 || tooLong > 0) yield* take();

  function keep(part: Buffer): void {
    held += part.length;
    if (held > MAX_LINE_BYTES) {
      tooLong = held;
      parts = [];
    } else if (part.length > 0) parts.push(part);
  }
}
