/** Files that people write, as text. Decoding what is no UTF-8 all the same would put other letters into names and conditions. */
import { isUtf8 } from 'node:buffer';

export type Utf8Outcome =
  { ok: true; text: string } | { ok: false; message: string; mend: string; line: number; column: number };

const NEWLINE = 0x0a;

/** Line and column count from 1, columns in characters. */
export function utf8Text(bytes: Uint8Array): Utf8Outcome {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff))
    return { ok: false, message: 'this file is UTF-16', mend: 'save it as UTF-8', line: 1, column: 1 };
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (!isUtf8(buffer)) {
    let line = 1;
    for (let begin = 0; begin < buffer.length; line += 1) {
      const newline = buffer.indexOf(NEWLINE, begin);
      const end = newline === -1 ? buffer.length : newline;
      const row = buffer.subarray(begin, end);
      if (!isUtf8(row)) {
        const column = row.toString('utf8').indexOf('\u{FFFD}') + 1;
        return { ok: false, message: 'this character is not UTF-8', mend: 'save the file as UTF-8', line, column };
      }
      begin = end + 1;
    }
  }
  const text = buffer.toString('utf8');
  const nul = text.indexOf('\0');
  if (nul !== -1) {
    const before = text.slice(0, nul).split('\n');
    return {
      ok: false,
      message: 'there is a NUL character here',
      mend: 'save the file as plain text, UTF-8',
      line: before.length,
      column: (before.at(-1)?.length ?? 0) + 1,
    };
  }
  return { ok: true, text };
}
