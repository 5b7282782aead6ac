/** What leaves of a row, by default and as it is told otherwise: content stays here, quotes go without what must not be read. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { redactionOf, type SentinelConfig } from '../../../services/forward/sentinel/config.js';
import { pseudonym, UNTOUCHABLE } from '../../../services/forward/sentinel/redaction.js';
import { type Row, rowOf } from '../../../services/forward/sentinel/rows.js';
import { TABLES } from '../../../services/forward/sentinel/tables.js';
import { StepdownError } from '../../../services/runtime/errors.js';
import { incident } from '../incident.js';
import { contraction, decision, finding } from './records.js';

type Keys = Pick<SentinelConfig, 'content' | 'evidence' | 'texts' | 'persons' | 'columns' | 'pseudonymKey'>;
const DEFAULTS: Keys = {
  content: 'drop',
  evidence: 'mask',
  texts: 'mask',
  persons: 'keep',
  columns: [],
};
const KEY = 'a-long-random-text-that-is-kept';
type Record_ = Parameters<typeof rowOf>[0];
const rowWith = (record: Record_, keys: Partial<Keys> = {}): Row =>
  rowOf(record, undefined, { sentAtMs: 1, version: '0', redaction: redactionOf({ ...DEFAULTS, ...keys }) });

const TOKEN = `ghp_${'Ab1'.repeat(12)}`;
const quoting = finding('f1', {
  title: `Mail bob@fabrikam.example with ${TOKEN}`,
  evidence: {
    observed: `token ${TOKEN}`,
    eventIds: ['e1'],
    span: { start: 0, end: 10, text: `send 1200 to GB33BUKB20201555555555, mail bob@fabrikam.example, ${TOKEN}` },
    facts: { argument: 'the whole letter' },
  },
  predicted: [{ tool: 'send_money', destination: 'GB33BUKB20201555555555', probability: 0.9 }],
});
const SECRETS = [TOKEN, 'GB33BUKB20201555555555', 'bob@fabrikam.example'];

describe('by default', () => {
  it('content stays here, and what is quoted goes without secrets and personal data', () => {
    const row = rowWith({ kind: 'finding', value: quoting });
    expect(row).not.toHaveProperty('Facts');
    expect(row).not.toHaveProperty('Predicted');
    expect(row['EvidenceText']).toContain('send 1200 to');
    for (const secret of SECRETS) expect(JSON.stringify(row)).not.toContain(secret);
    expect(row['Redacted']).toEqual(['FindingTitle', 'Observed', 'EvidenceText', 'Facts', 'Predicted']);
    expect(row['UserName']).toBe('ada@contoso.example');
  });

  it('no sentence of an incident or a contraction tells what it quotes', () => {
    const text = `paid with ${TOKEN} for bob@fabrikam.example`;
    const rows = [
      rowWith({
        kind: 'incident',
        value: incident('a', 1, { title: text, timeline: [{ atMs: 1, kind: 'note', text }] }),
      }),
      rowWith({
        kind: 'contraction',
        value: contraction('c', 1, { history: [{ atMs: 1, to: 'active', by: 'engine', reason: text }] }),
      }),
      rowWith({ kind: 'decision', value: decision('d', 'block', { reason: { code: 'contraction', text } }) }),
    ];
    for (const row of rows) for (const secret of SECRETS) expect(JSON.stringify(row)).not.toContain(secret);
  });

  it('whatever stands around a secret, it does not leave', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (before, after) => {
        const text = `${before} ${TOKEN} ${after}`;
        const value = finding('f1', { title: text, evidence: { ...quoting.evidence, observed: text } });
        expect(JSON.stringify(rowWith({ kind: 'finding', value }))).not.toContain(TOKEN);
      }),
    );
  });
});

describe('as it is told', () => {
  it('persons are pseudonyms in every column and sentence, the same each time, or are left out', () => {
    const value = incident('a', 1, {
      title: 'Mail of ada@contoso.example was read',
      entities: [{ tenant: 'default', type: 'user', id: 'ada@contoso.example' }],
    });
    const hashed = rowWith({ kind: 'incident', value }, { persons: 'hash', pseudonymKey: KEY });
    const name = pseudonym('ada@contoso.example', KEY);
    expect(hashed).toMatchObject({ UserName: name, Users: [name], IncidentTitle: `Mail of ${name} was read` });
    expect(JSON.stringify(hashed)).not.toContain('ada@');
    expect(pseudonym('ada@contoso.example', `${KEY}!`)).not.toBe(name);
    const dropped = rowWith({ kind: 'incident', value }, { persons: 'drop' });
    expect(dropped).not.toHaveProperty('UserName');
    expect(dropped).not.toHaveProperty('Users');
    expect(JSON.stringify(dropped)).not.toContain('ada@');
  });

  it('a single column is treated otherwise, in one table or in all', () => {
    const record = { kind: 'finding' as const, value: quoting };
    expect(rowWith(record, { columns: ['StepdownFindings_CL.EvidenceText=drop'] })).not.toHaveProperty('EvidenceText');
    expect(rowWith(record, { columns: ['StepdownIncidents_CL.AgentName=drop'] })['AgentName']).toBe('billing');
    expect(rowWith(record, { columns: ['*.AgentName=hash'], pseudonymKey: KEY })['AgentName']).toMatch(/^person-/);
    // The table's own word goes before the word for all.
    const both = ['*.AgentName=drop', 'StepdownFindings_CL.AgentName=keep'];
    expect(rowWith(record, { columns: both })['AgentName']).toBe('billing');
    expect(rowWith(record, { content: 'mask' })['Facts']).toEqual({ argument: 'the whole letter' });
  });

  it.each([
    [['*.Nothing=drop'], /names no column/],
    [['EvidenceText'], /names no treatment/],
    [['*.EvidenceText=burn'], /names no treatment/],
    [['*.RowId=drop'], /rules rest on/],
    [['*.AlertReason=mask'], /rules rest on/],
    [['*.UserName=hash'], /pseudonymKey/],
  ])('%s is refused with its place', (columns, message) => {
    try {
      redactionOf({ ...DEFAULTS, columns });
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(StepdownError);
      expect((error as StepdownError).describe()).toMatch(message);
      expect((error as StepdownError).describe()).toContain('/forward/sinks/');
    }
  });

  it('whatever is asked for, rules and readers find their columns', () => {
    const all = Object.values(TABLES).flatMap((table) => table.columns.map(({ name }) => name));
    const free = [...new Set(all)].filter((name) => !UNTOUCHABLE.has(name));
    const row = rowWith({ kind: 'incident', value: incident('a') }, { columns: free.map((name) => `*.${name}=drop`) });
    expect(Object.keys(row).sort()).toEqual(
      [
        'AlertId',
        'AlertReason',
        'AlertSeverity',
        'EventTime',
        'IncidentId',
        'RecordVersion',
        'Redacted',
        'RowId',
        'RowSchema',
        'SeverityPath',
        'TimeGenerated',
      ].sort(),
    );
  });
});
