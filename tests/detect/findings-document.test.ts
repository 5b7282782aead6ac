/** docs/findings.md names every finding that the detectors can make, and none that they cannot. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { EVENT_KINDS } from '../../schemas/event.js';
import { DETECTORS } from '../../services/detect/detectors/table.js';
import { DIMENSIONS } from '../../services/detect/detectors/novelty.js';

const folder = new URL('../../services/detect/detectors/', import.meta.url);
const rows = readFileSync(new URL('../../docs/findings.md', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) => line.split('|').map((cell) => cell.trim()));

function typesInCode(): Set<string> {
  const types = new Set<string>(DIMENSIONS.map((dimension) => `novelty.${dimension}`));
  const families = new Set(DETECTORS.flatMap(({ finds }) => finds).map((type) => type.replace(/\..*/, '')));
  for (const file of readdirSync(folder)) {
    const source = readFileSync(new URL(file, folder), 'utf8');
    for (const [, type = '', family = ''] of source.matchAll(/'(([a-z]+)\.[a-z]+)'/g))
      if (families.has(family) && !Object.hasOwn(EVENT_KINDS, type)) types.add(type);
  }
  return types;
}

test('every type has a row and every row a type', () => {
  expect(rows.map((row) => row[1]?.replaceAll('`', '')).sort()).toEqual([...typesInCode()].sort());
});

test.each(rows.map((row) => [row[1] as string, row]))(
  '%s: its detector exists, its ids are in the code',
  (_type, row) => {
    const names = (row[2] as string).split(', ');
    for (const name of names) expect(DETECTORS.map((detector) => detector.name)).toContain(name);
    const source = names.map((name) => readFileSync(new URL(`${name}.ts`, folder), 'utf8')).join('\n');
    for (const id of [row[4], row[5], row[6]]) expect(source).toContain(`'${id as string}'`);
    expect((row[7] as string).length).toBeGreaterThan(10);
  },
);
