/** What docs/playbooks.md shows is what the engine takes. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CONTROLS } from '../../schemas/control.js';
import { CONDITION_FIELDS } from '../../services/respond/playbook/condition-fields.js';
import { describeDiagnostic } from '../../services/respond/playbook/diagnostic.js';
import { compilePlaybooks } from '../../services/respond/playbook/load.js';
import { testPlaybook } from '../../services/respond/playbook/rehearsal.js';

const docs = join(import.meta.dirname, '..', '..', 'docs');
const playbooks = readFileSync(join(docs, 'playbooks.md'), 'utf8');
const policy = readFileSync(join(docs, 'policy.md'), 'utf8');
const [playbook, overrides] = [...playbooks.matchAll(/```yaml\n([\s\S]*?)```/g)].map((match) => match[1] ?? '');

describe('docs/playbooks.md', () => {
  const compiled = compilePlaybooks(
    [{ file: 'example.yaml', text: playbook! }],
    { file: 'overrides.yaml', text: overrides! },
    { nowMs: Date.UTC(2030, 0, 1) },
  );
  it('shows a playbook and overrides that compile without a word', () => {
    expect(compiled.diagnostics.map(describeDiagnostic)).toEqual([]);
  });
  it('shows tests that pass', () => {
    const [example] = compiled.playbooks;
    expect(example!.tests.map((test) => testPlaybook(example!, test).faults)).toEqual([[], []]);
  });
  it('names every field a condition may look at', () => {
    for (const [name, fields] of Object.entries(CONDITION_FIELDS)) {
      expect(playbooks).toContain(`\`${name}`);
      for (const field of Object.keys(fields))
        expect(playbooks, `${name}.${field}`).toMatch(new RegExp(`\\b${field}\\b`));
    }
  });
});

it('docs/policy.md tells of every control', () => {
  for (const name of Object.keys(CONTROLS)) expect(policy).toContain(`| \`${name}\` |`);
});

it('docs/pitfalls.md tells of seventeen, and each has a test of its name', () => {
  const names = [...readFileSync(join(docs, 'pitfalls.md'), 'utf8').matchAll(/^\| (?!pitfall|---)([^|]+) \|/gm)].map(
    ([, name]) => name ?? '',
  );
  expect(new Set(names).size).toBe(17);
  const tests = ['respond', 'enforce']
    .map((folder) => readFileSync(join(docs, '..', 'tests', folder, 'pitfalls.test.ts'), 'utf8'))
    .join('');
  for (const name of names) expect(tests).toContain(`'${name}`);
});
