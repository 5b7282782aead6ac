/** Labels of recorded runs from a file, `.jsonl` or `.jsonl.gz`. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { StepdownError } from '../../runtime/errors.js';
import { type Label, readLabel } from './score.js';

/** Throws `usage` where the file cannot be read, `input-malformed` with the line where a label is none. */
export function readLabels(file: string): Label[] {
  return readLines(file).flatMap((line, index) =>
    line.trim() === '' ? [] : [readLabel(line, { file, line: index + 1 })],
  );
}

/** The lines of a text file, unpacked where its name ends in `.gz`. Throws `usage`. */
export function readLines(file: string): string[] {
  try {
    const bytes = readFileSync(file);
    return (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8').split('\n');
  } catch (cause) {
    throw new StepdownError('usage', `${file} cannot be read`, { place: { file }, cause });
  }
}
