/** What detectors say they find is what people are told of and playbooks are checked against. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { DETECTORS, FINDING_TYPES } from '../../services/detect/detectors/table.js';

const docs = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'findings.md'), 'utf8');
const rows = [...docs.matchAll(/^\| `([a-z]+\.[a-z]+)` \| ([a-z, -]+) \|/gm)].map(([, type, detectors]) => ({
  type: type!,
  detectors: detectors!.split(', ').sort(),
}));

it('docs/findings.md tells of every type of finding, and who makes it', () => {
  expect(rows.map(({ type }) => type).sort()).toEqual([...FINDING_TYPES].sort());
  for (const { type, detectors } of rows)
    expect(
      DETECTORS.filter(({ finds }) => finds.includes(type))
        .map(({ name }) => name)
        .sort(),
      type,
    ).toEqual(detectors);
});
