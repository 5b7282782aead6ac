import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FINDING_TYPES } from '../../services/detect/detectors/table.js';
import { describeDiagnostic } from '../../services/respond/playbook/diagnostic.js';
import { compilePlaybooks, inMode } from '../../services/respond/playbook/load.js';
import { demote, promote } from '../../services/respond/playbook/promotion.js';
import { settingAt } from '../../services/respond/playbook/types.js';

const HEAD = 'apiVersion: stepdown/v1\nkind: Playbook\nid: good\ntitle: Good\nversion: 1\n';
const GOOD = `${HEAD}trigger: {finding: taint.sink}
target: session
contract: [{tool.block: {tools: predicted}}]
revert: {until: sessionEnd, max: 24h}
`;
const compile = (text: string, overrides?: string) =>
  compilePlaybooks(
    [{ file: 'p.yaml', text }],
    overrides === undefined ? undefined : { file: 'overrides.yaml', text: overrides },
    { nowMs: Date.UTC(2030, 0, 1), findingTypes: FINDING_TYPES },
  );
const said = (text: string, overrides?: string) => compile(text, overrides).diagnostics.map(describeDiagnostic);

describe('a broken playbook says where, what and how to mend it', () => {
  it.each<[string, string, string]>([
    ['no YAML', '{a: [', 'p.yaml:1:6 error PB001:'],
    [
      'nothing',
      '',
      'p.yaml:1:1 error PB002: this is no Playbook (begin with apiVersion: stepdown/v1 and kind: Playbook)',
    ],
    [
      'another kind',
      GOOD.replace('kind: Playbook', 'kind: Playbok'),
      'p.yaml:2:7 error PB002: this is no Playbook of version stepdown/v1',
    ],
    ['another version', GOOD.replace('stepdown/v1', 'stepdown/v9'), 'p.yaml:1:13 error PB002:'],
    ['two documents', `${GOOD}---\n${GOOD}`, 'error PB001: only one YAML document'],
    ['a key twice', `${GOOD}title: Again\n`, 'error PB001:'],
    [
      'an unknown key',
      `${GOOD}onRepeats: extend\n`,
      'p.yaml:10:1 error PB003: "onRepeats" is not known here (did you mean "onRepeat"?)',
    ],
    ['a missing key', GOOD.replace('title: Good\n', ''), 'p.yaml:1:1 error PB004: "title" is missing (add title: …)'],
    [
      'a wrong target',
      GOOD.replace('target: session', 'target: sesion'),
      'p.yaml:7:9 error PB005: "sesion" is none of session, agent, blueprint, user, tool, model, predicted, neighbours (did you mean "session"?)',
    ],
    [
      'a version that is no number',
      GOOD.replace('version: 1', 'version: one'),
      'p.yaml:5:10 error PB005: a number is needed here, not "one"',
    ],
    [
      'a version that is no whole number',
      GOOD.replace('version: 1', 'version: 1.5'),
      'p.yaml:5:10 error PB005: 1.5 is not a whole number',
    ],
    [
      'a score out of range',
      GOOD.replace('{finding: taint.sink}', '{risk: {entity: session, above: 120}}').replace('predicted', '[x]'),
      'error PB005: 120 is out of range (at least 0, at most 100)',
    ],
    [
      'a trigger that is none',
      GOOD.replace('finding: taint', 'findig: taint'),
      'p.yaml:6:11 error PB003: "findig" is not known here (did you mean "finding"?)',
    ],
    [
      'an unknown control',
      GOOD.replace('tool.block', 'tool.blok'),
      'p.yaml:8:13 error PB003: "tool.blok" is not known here (did you mean "tool.block"?)',
    ],
    [
      'a control without its list',
      GOOD.replace('[{tool.block: {tools: predicted}}]', '{tool.block: {tools: predicted}}'),
      'error PB005: a list is needed here, not a map (begin each entry with `- `)',
    ],
    [
      'an unknown parameter',
      GOOD.replace('tools: predicted', 'tool: predicted'),
      'p.yaml:8:26 error PB003: "tool" is not known here (did you mean "tools"?)',
    ],
    [
      'a word that is neither names nor predicted',
      GOOD.replace('tools: predicted', 'tools: predictd'),
      'p.yaml:8:33 error PB005: "predictd" is none of predicted, observed (did you mean "predicted"?)',
    ],
    [
      'a duration in words',
      GOOD.replace('24h', '24 hours'),
      'p.yaml:9:34 error PB006: "24 hours" is not a length of time (write 90s, 15m, 1h30m or 7d)',
    ],
    ['a condition that cannot be parsed', `${GOOD}when: finding.confidence >\n`, 'p.yaml:10:27 error PB010:'],
    [
      'an unknown field',
      `${GOOD}when: finding.confidense > 0.5\n`,
      'p.yaml:10:15 error PB011: there is no "confidense" to look at (did you mean "confidence"?)',
    ],
    ['an unknown field, quoted', `${GOOD}when: "finding.confidense > 0.5"\n`, 'p.yaml:10:16 error PB011:'],
    [
      'an undeclared parameter',
      `${GOOD}params: {a: 1}\nwhen: finding.confidence > params.b\n`,
      'error PB011: there is no parameter "b" (did you mean "a"?)',
    ],
    ['an undeclared list', `${GOOD}when: finding.origin in lists.trusted\n`, 'error PB011:'],
    [
      'a number for a condition',
      `${GOOD}when: finding.confidence\n`,
      'error PB011: a condition is true or false, this is double',
    ],
    ['types that do not fit', `${GOOD}when: finding.title > 3.0\n`, 'error PB011:'],
    ['always the same', `${GOOD}when: 1 < 2\n`, 'error PB012: this is always the same: it looks at nothing'],
    [
      'a part that is always the same',
      `${GOOD}when: finding.learning || true\n`,
      'p.yaml:10:27 error PB012: this part is always the same (leave it out)',
    ],
    [
      'never, by its range',
      `${GOOD}when: finding.confidence > 1.0\n`,
      'error PB013: this is always false: finding.confidence lies between 0 and 1',
    ],
    [
      'always, by its range',
      `${GOOD}when: 0.0 <= risk.session\n`,
      'error PB013: this is always true: risk.session lies between 0 and 100',
    ],
    [
      'never, by a parameter',
      `${GOOD}params: {min: 80}\nwhen: finding.confidence >= params.min\n`,
      'error PB013: this is always false',
    ],
    [
      'a severity there is not',
      `${GOOD}when: finding.severity == "hihg"\n`,
      'error PB013: finding.severity is never "hihg" (did you mean "high"?)',
    ],
    ['a regular expression', `${GOOD}when: finding.title.matches("(a+)+$")\n`, 'error PB014: `matches` is refused'],
    [
      'predicted without a finding',
      GOOD.replace('{finding: taint.sink}', '{risk: {entity: session, above: 50}}'),
      'error PB020: `predicted` is taken from a finding, and this trigger has none',
    ],
    [
      'effects beside predicted',
      GOOD.replace('tools: predicted', 'tools: predicted, effects: [send]'),
      'error PB020: `effects` beside `predicted`',
    ],
    [
      'orElse of nothing',
      GOOD.replace('tools: predicted', 'tools: [x], orElse: {effects: [send]}'),
      'error PB020: `orElse` only stands in',
    ],
    [
      'a suspended user',
      GOOD.replace('target: session', 'target: user')
        .replace('tool.block: {tools: predicted}', 'session.suspend: {}')
        .replace('sessionEnd', 'verdict'),
      'error PB020: session.suspend on a user',
    ],
    ['no revert', GOOD.replace(/revert.*\n/, ''), 'p.yaml:8:11 error PB021: what is contracted must end'],
    ['nothing to revert', GOOD.replace(/contract:.*\n/, 'incident: {}\n'), 'error PB021: there is nothing to revert'],
    [
      'an alert that never comes',
      GOOD.replace('sessionEnd', 'alertResolved'),
      'p.yaml:9:17 error PB022: alertResolved never comes',
    ],
    [
      'a quiet longer than max',
      GOOD.replace('sessionEnd', '{quiet: {for: 25h}}'),
      'error PB022: the quiet time is never over before max',
    ],
    ['a max of nothing', GOOD.replace('24h', '0'), 'error PB006: 0 has no unit'],
    ['a max too short', GOOD.replace('24h', '10ms'), 'error PB022: a contraction that ends at once'],
    [
      'a playbook that does nothing',
      GOOD.replace(/contract:.*\nrevert.*\n/, ''),
      'error PB024: this playbook neither contracts nor raises an incident',
    ],
    [
      'a finding nobody makes',
      GOOD.replace('taint.sink', 'taint.snik'),
      'p.yaml:6:20 warning PB023: no detector makes a finding "taint.snik" (did you mean "taint.sink"?)',
    ],
    [
      'a session end for an agent',
      GOOD.replace('target: session', 'target: agent'),
      'warning PB022: an agent outlives its sessions',
    ],
    ['deep nesting', `${HEAD}params: ${'['.repeat(200)}${']'.repeat(200)}\n`, 'error PB001:'],
    [
      'a bomb of aliases',
      `a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c]\n`,
      'error PB001:',
    ],
  ])('%s', (_name, text, expected) => {
    expect(said(text).join('\n')).toContain(expected);
  });

  it('a good one says nothing', () => {
    expect(said(GOOD)).toEqual([]);
  });

  it('one whose id nobody can say is called by its file', () => {
    const text = GOOD.replace('id: good', 'id: 7b1f0c52-3f0e-4a86-9d0e-1c8a5e6f2d11');
    expect(compilePlaybooks([{ file: 'x/by-file.yml', text }], undefined).playbooks[0]?.name).toBe('by-file');
  });

  it('one bad file takes no other with it, and an id is taken once', () => {
    const { playbooks, diagnostics } = compilePlaybooks(
      [
        { file: 'a.yaml', text: GOOD },
        { file: 'b.yaml', text: 'x' },
        { file: 'c.yaml', text: GOOD },
      ],
      undefined,
    );
    expect(playbooks.map(({ id, file, name }) => [id, file, name])).toEqual([['good', 'a.yaml', 'good']]);
    expect(diagnostics.map(({ code, place }) => [code, place.file])).toEqual([
      ['PB002', 'b.yaml'],
      ['PB007', 'c.yaml'],
    ]);
  });

  it('whatever stands in a file, it is answered and nothing is thrown', () => {
    const mutated = fc
      .tuple(
        fc.nat(GOOD.length),
        fc.nat(12),
        fc.oneof(
          fc.string({ maxLength: 6 }),
          fc.constantFrom('[', '{', ': ', '\n', '- ', '&a ', '*a', '!!js ', '~', '"'),
        ),
      )
      .map(([at, cut, more]) => GOOD.slice(0, at) + more + GOOD.slice(at + cut));
    fc.assert(
      fc.property(
        fc.oneof(mutated, fc.string({ maxLength: 200 })),
        fc.option(fc.string({ maxLength: 60 }), { nil: undefined }),
        (text, overrides) => {
          const { playbooks, diagnostics } = compile(text, overrides);
          expect(playbooks.length + diagnostics.length).toBeGreaterThan(0);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('overrides', () => {
  const OVERRIDES = `apiVersion: stepdown/v1
kind: Overrides
lists: {trusted: [a.example]}
playbooks:
  good: {mode: enforce, params: {min: 0.9}, reason: tried for a week, owner: soc, expires: 2030-02-01T00:00:00Z}
`;
  const TUNABLE = `${GOOD}params: {min: 0.5}\nwhen: finding.confidence >= params.min && !domainIn(finding.origin, lists.trusted)\n`;

  it('hold until they expire; then the playbook says again', () => {
    const [playbook] = compile(TUNABLE, OVERRIDES).playbooks;
    expect(settingAt(playbook!, Date.UTC(2030, 0, 31)).mode).toBe('enforce');
    expect(settingAt(playbook!, Date.UTC(2030, 1, 1)).mode).toBe('observe');
  });
  it.each<[string, string, string]>([
    [
      'an unknown playbook',
      OVERRIDES.replace('good:', 'goood:'),
      'overrides.yaml:5:10 warning PB030: there is no playbook "goood" (did you mean "good"?)',
    ],
    ['one that has expired', OVERRIDES.replace('2030-02', '2029-02'), 'warning PB031: this override has expired'],
    ['no reason', OVERRIDES.replace('reason: tried for a week, ', ''), 'error PB004: "reason" is missing'],
    ['a time without a zone', OVERRIDES.replace('00:00Z', '00:00'), 'error PB006:'],
    [
      'an unknown parameter',
      OVERRIDES.replace('{min: 0.9}', '{mni: 0.9}'),
      'error PB003: the playbook has no parameter "mni" (known: min)',
    ],
    [
      'a parameter of another type',
      OVERRIDES.replace('{min: 0.9}', '{min: high}'),
      'error PB005: "min" has another type in the playbook',
    ],
    ['a parameter out of range', OVERRIDES.replace('{min: 0.9}', '{min: 90}'), 'error PB013: this is always false'],
  ])('%s', (_name, overrides, expected) => {
    expect(said(TUNABLE, overrides).join('\n')).toContain(expected);
  });
  it('an override that cannot be read never leaves a playbook in a mode nobody chose', () => {
    const { playbooks } = compile(GOOD, 'nonsense: [');
    expect(playbooks.map((playbook) => settingAt(playbook, 0).mode)).toEqual(['observe']);
  });
  it('off stays off, whatever mode is forced', () => {
    const [playbook] = compile(TUNABLE, OVERRIDES.replace('mode: enforce', 'mode: off')).playbooks;
    expect(settingAt(inMode(playbook!, 'enforce'), 0).mode).toBe('off');
  });

  it('promotion keeps comments and what else stands there; demotion keeps the entry', () => {
    const text = `# ours\n${OVERRIDES}# the end\n`;
    const promoted = promote(text, { playbookId: 'other', mode: 'enforce', reason: 'backtest is clean', owner: 'ann' });
    expect(promoted).toContain('# ours');
    expect(promoted).toContain('# the end');
    expect(promoted).toContain('tried for a week');
    expect(said(GOOD.replace('id: good', 'id: other') + '', promoted).filter((line) => line.includes('error'))).toEqual(
      [],
    );
    const demoted = demote(promote(text, { playbookId: 'good', mode: 'enforce', reason: 'r', owner: 'o' }), {
      playbookId: 'good',
      reason: 'too loud',
      owner: 'bob',
    });
    expect(demoted).toMatch(/min: 0.9/);
    const [playbook] = compile(TUNABLE, demoted).playbooks;
    expect(settingAt(playbook!, 0).mode).toBe('observe');
  });
  it('promotion begins a new file, and never writes over one it cannot read', () => {
    const text = promote('', {
      playbookId: 'good',
      mode: 'enforce',
      reason: 'r',
      owner: 'o',
      expiresAtMs: Date.UTC(2031, 0, 1),
    });
    const [playbook] = compile(GOOD, text).playbooks;
    expect(settingAt(playbook!, Date.UTC(2030, 0, 1)).mode).toBe('enforce');
    expect(() => promote('kind: [', { playbookId: 'good', mode: 'enforce', reason: 'r', owner: 'o' })).toThrow(
      expect.objectContaining({ code: 'playbook-invalid' }) as Error,
    );
  });
});

describe('a playbook whose work another one does already is told so', () => {
  const two = (other: string, mine = GOOD) =>
    compilePlaybooks(
      [
        { file: 'p.yaml', text: mine },
        { file: 'q.yaml', text: other },
      ],
      undefined,
    ).diagnostics.map(describeDiagnostic);
  const OTHER = GOOD.replace('id: good', 'id: other');
  it('where the other fires on more, takes as much and holds as long', () => {
    expect(two(OTHER.replace('taint.sink', 'taint.*'))).toEqual([
      'p.yaml:3:5 warning PB025: "other" (q.yaml) does all the work of this playbook already (leave one out, or make this one stricter or longer)',
    ]);
    expect(two(OTHER, `${GOOD}when: finding.confidence > 0.5\n`)).toHaveLength(1);
    expect(
      two(OTHER.replace('24h', '48h').replace('[{tool', '[{rate.limit: {calls: 1, per: 1m}}, {tool')),
    ).toHaveLength(1);
  });
  it('once, where both do the same', () => {
    expect(two(OTHER)).toEqual([expect.stringContaining('q.yaml:3:5 warning PB025: "good" (p.yaml)')]);
  });
  it.each<[string, string]>([
    ['it asks for more', `${OTHER}when: finding.confidence > 0.5\n`],
    ['it ends earlier', OTHER.replace('24h', '23h')],
    ['it takes less', OTHER.replace('tools: predicted', 'tools: [send_mail]')],
    ['it is on something else', OTHER.replace('target: session', 'target: agent').replace('sessionEnd', 'verdict')],
    ['it has limits', `${OTHER}limits: {targets: 3}\n`],
    ['it has hours', `${OTHER}hours: [{zone: UTC, from: '08:00', to: '18:00'}]\n`],
  ])('not where %s', (_name, other) => {
    expect(two(other).filter((line) => line.includes('p.yaml:3:5'))).toEqual([]);
  });
});

describe('overrides that can do nothing', () => {
  const override = (text: string) =>
    said(GOOD, `apiVersion: stepdown/v1\nkind: Overrides\nplaybooks:\n  good:\n    reason: r\n    owner: o\n${text}`);
  it.each<[string, string, string]>([
    [
      'a time over before it begins',
      '    suppress: [{from: 2030-01-02T00:00:00Z, to: 2030-01-01T00:00:00Z, reason: r, owner: o}]\n',
      'PB027: this time is over before it begins',
    ],
    ['no time', '    suppress: [{reason: r, owner: o}]\n', 'PB027: this says no time'],
    ['agents without enforcing', '    agents: [a]\n', 'PB032: `agents` only says whom'],
    ['nothing at all', '', 'PB032: this override changes nothing'],
    [
      'an allowance without an end',
      "    allow: [{entity: 'agent:a', reason: r, owner: o}]\n",
      'PB004: "expires" is missing',
    ],
    [
      'an entity without a type',
      '    allow: [{entity: a, reason: r, owner: o, expires: 2030-01-01T00:00:00Z}]\n',
      'PB005: "a" is no name',
    ],
  ])('%s', (_name, text, wanted) => {
    expect(override(text).join('\n')).toContain(wanted);
  });
});

it('a control that an enforcement point outside cannot undo is said, with what does not come back', () => {
  const points = [
    {
      point: 'directory',
      kind: 'entra',
      controls: [
        {
          control: 'agent.disable' as const,
          targets: ['agent' as const],
          selfExpiring: false,
          reversible: false,
          irreversible: 'sessions that were signed out',
          engineGone: 'hold' as const,
          propagationMs: 0,
        },
      ],
    },
  ];
  const disable = GOOD.replace('target: session', 'target: agent')
    .replace('tool.block: {tools: predicted}', 'agent.disable: {}')
    .replace('sessionEnd', 'verdict');
  const { diagnostics } = compilePlaybooks(
    [{ file: 'p.yaml', text: `${disable}incident: {severity: high}\n` }],
    undefined,
    { points },
  );
  expect(diagnostics.map(describeDiagnostic)).toEqual([
    'p.yaml:8:28 warning PB026: directory cannot undo agent.disable wholly: sessions that were signed out (choose a control that can be undone, or accept it)',
  ]);
});
