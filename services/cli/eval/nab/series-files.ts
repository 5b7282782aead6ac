/** Labelled series from a folder in NAB's form: `combined_windows.json`, and a `.csv` or `.csv.gz` for each name in it. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { StepdownError } from '../../../runtime/errors.js';
import { readLines } from '../../backtest/labels-file.js';
import type { LabelledSeries } from './score.js';

/** Throws `usage` where the windows cannot be read, `input-malformed` with the line where a row is none. */
export function readSeries(folder: string): LabelledSeries[] {
  const file = join(folder, 'combined_windows.json');
  let windows: Record<string, [string, string][]>;
  try {
    windows = JSON.parse(readLines(file).join('\n')) as Record<string, [string, string][]>;
  } catch (cause) {
    if (cause instanceof StepdownError) throw cause;
    throw new StepdownError('input-malformed', `${file} is no JSON`, { place: { file }, cause });
  }
  return Object.entries(windows).flatMap(([name, spans]) => {
    const path = [join(folder, `${name}.gz`), join(folder, name)].find((each) => existsSync(each));
    return path === undefined ? [] : [series(name, path, spans)];
  });
}

function series(name: string, path: string, spans: readonly (readonly [string, string])[]): LabelledSeries {
  const timesMs: number[] = [];
  const values: number[] = [];
  readLines(path).forEach((line, at) => {
    if (at === 0 || line.trim() === '') return;
    const [time = '', value = ''] = line.trim().split(',');
    const timeMs = timeOf(time);
    if (Number.isNaN(timeMs) || value === '' || Number.isNaN(Number(value)))
      throw new StepdownError('input-malformed', 'a row is a time and a number', {
        place: { file: path, line: at + 1 },
      });
    timesMs.push(timeMs);
    values.push(Number(value));
  });
  const windows = spans.map(([from, to]): [number, number] => [
    timesMs.findIndex((timeMs) => timeMs >= timeOf(from)),
    timesMs.findLastIndex((timeMs) => timeMs <= timeOf(to)),
  ]);
  return { name, timesMs, values, windows };
}

/** `2014-04-10 07:15:00.000000`, UTC. */
const timeOf = (text: string): number => Date.parse(`${text.slice(0, 19).replace(' ', 'T')}Z`);
