/** What is measured with must not be what was trained on: no phrase of a foreign wrapper stands in a training template. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { FOREIGN_WRAPPERS } from '../../../services/cli/eval/foreign-wrappers.js';

const training = join(import.meta.dirname, '..', '..', '..', 'services', 'inspect', 'training');
const words = (text: string): string[] =>
  text
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '');

/** Runs of five words. */
function runs(text: string): Set<string> {
  const all = words(text);
  return new Set(all.slice(0, -4).map((_, at) => all.slice(at, at + 5).join(' ')));
}

it.each(FOREIGN_WRAPPERS.map(({ name, lines }) => [name, lines] as const))(
  'the wrapper %s has no five words in a row with a training template',
  (_name, lines) => {
    const templates = runs(
      ['wrappers.py', 'requests.py', 'people.py', 'tongues.py', 'compose.py']
        .map((file) => readFileSync(join(training, file), 'utf8'))
        .join('\n'),
    );
    const own = lines.flatMap((line) => [...runs(line.replace('{request}', ''))]);
    expect(own.length).toBeGreaterThan(0);
    expect(own.filter((run) => templates.has(run))).toEqual([]);
  },
);
