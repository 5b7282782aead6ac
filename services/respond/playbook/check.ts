/** What a playbook of the right shape can still get wrong: things that could never work, or never be undone. */
import type { PointDeclaration } from '../../../schemas/enforcement.js';
import type { Playbook } from '../../../schemas/playbook.js';
import { glob } from '../../policy/glob.js';
import type { PlaybookTest } from '../../../schemas/playbook-test.js';
import { parseDuration } from '../../runtime/config/duration.js';
import { nearest } from '../../runtime/nearness.js';
import { checkControls } from './check-controls.js';
import { checkRevert } from './check-revert.js';
import type { Diagnostic } from './diagnostic.js';
import type { Located } from './parse.js';

function typesOf(playbook: Playbook): { type: string; pointer: string }[] {
  if (!('finding' in playbook.trigger)) return [];
  const { finding } = playbook.trigger;
  return typeof finding === 'string'
    ? [{ type: finding, pointer: '/trigger/finding' }]
    : finding.map((type, index) => ({ type, pointer: `/trigger/finding/${index}` }));
}

function checkTypes({ value, at }: Located<Playbook>, known: readonly string[]): Diagnostic[] {
  return typesOf(value).flatMap(({ type, pointer }) => {
    if (known.some((name) => glob(type)(name))) return [];
    const guess = nearest(type, known);
    return [
      at('PB023', pointer, `no detector makes a finding "${type}"`, {
        severity: 'warning',
        mend: guess ? `did you mean "${guess}"?` : `known: ${known.join(', ')}`,
      }),
    ];
  });
}

/** A score is 100 at most, so nothing rises above that. */
function checkRisk({ value, at }: Located<Playbook>): Diagnostic[] {
  if (!('risk' in value.trigger) || value.trigger.risk.above < 100) return [];
  return [at('PB013', '/trigger/risk/above', 'no risk rises above 100', { mend: 'make it less than 100' })];
}

/** Tests are chosen and reported by their names. */
function checkTestNames({ value, at }: Located<Playbook>): Diagnostic[] {
  const names = (value.tests ?? []).map(({ name }) => name);
  return names.flatMap((name, index) =>
    names.indexOf(name) === index
      ? []
      : [
          at('PB007', `/tests/${index}/name`, `two tests are called ${JSON.stringify(name)}`, {
            severity: 'warning',
            mend: 'give each a name of its own',
          }),
        ],
  );
}

/** `owner` is the one name that stands for somebody else: the playbook's own. */
function checkNotify({ value, at }: Located<Playbook>): Diagnostic[] {
  return (value.notify ?? []).flatMap((name, index) => {
    if (name.toLowerCase() !== 'owner') return [];
    const pointer = `/notify/${index}`;
    if (name !== 'owner')
      return [
        at('PB036', pointer, `"${name}" is nobody's name; the playbook's owner is \`owner\``, {
          severity: 'warning',
          mend: 'write owner',
        }),
      ];
    return value.owner === undefined
      ? [
          at('PB036', pointer, 'the playbook has no owner to be told', {
            severity: 'warning',
            mend: 'add owner: with a name or an address',
          }),
        ]
      : [];
  });
}

/** Parameters that nothing uses mislead whoever tunes them. */
function checkParams({ value, at }: Located<Playbook>): Diagnostic[] {
  return Object.keys(value.params ?? {})
    .filter((name) => !new RegExp(`\\bparams\\.${name}\\b`).test(value.when ?? ''))
    .map((name) =>
      at('PB034', `/params/${name}`, `nothing uses the parameter "${name}"`, {
        severity: 'warning',
        mend: `use params.${name} in \`when\`, or leave it out`,
      }),
    );
}

const HAPPENS = ['finding', 'call', 'session', 'alert', 'verdict', 'person'] as const;

/** Steps that go back in time, do two things at once, or tell of a finding that no detector makes. */
function checkTimeline(
  { at }: Located<Playbook>,
  pointer: string,
  timeline: NonNullable<PlaybookTest['timeline']>,
  known: readonly string[] | undefined,
): Diagnostic[] {
  let latestMs = 0;
  return timeline.flatMap((step, index) => {
    const found: Diagnostic[] = [];
    const here = `${pointer}/timeline/${index}`;
    const atMs = step.at === undefined ? latestMs : (parseDuration(step.at) ?? latestMs);
    if (atMs < latestMs)
      found.push(
        at('PB035', `${here}/at`, `${step.at ?? ''} is before the step before it`, {
          mend: '`at` counts from the start of the timeline; put the steps in order',
        }),
      );
    latestMs = Math.max(latestMs, atMs);
    const what = HAPPENS.filter((name) => step[name] !== undefined);
    if (what.length > 1)
      found.push(
        at('PB035', here, `${what.join(' and ')} in one step: in which order?`, {
          mend: 'give each a step of its own',
        }),
      );
    const type = step.finding?.type;
    if (type !== undefined && known !== undefined && !known.includes(type)) {
      const guess = nearest(type, known);
      found.push(
        at('PB023', `${here}/finding/type`, `no detector makes a finding "${type}"`, {
          severity: 'warning',
          mend: guess ? `did you mean "${guess}"?` : `known: ${known.join(', ')}`,
        }),
      );
    }
    return found;
  });
}

function checkTests(document: Located<Playbook>, { known, recorded }: CheckOptions): Diagnostic[] {
  const { value, at } = document;
  return (value.tests ?? []).flatMap(({ timeline, events, expect }, index) => {
    const pointer = `/tests/${index}`;
    if ((timeline === undefined) === (events === undefined))
      return [
        at('PB035', pointer, timeline ? '`timeline` and `events` are two tests' : 'this test plays nothing', {
          mend: 'give one of timeline, events',
        }),
      ];
    if (expect === undefined && !(timeline ?? []).some((step) => step.expect !== undefined))
      return [at('PB035', pointer, 'this test expects nothing, so it cannot fail', { mend: 'add expect: {…}' })];
    if (events !== undefined && recorded?.(document.file, events) === false)
      return [
        at('PB040', `${pointer}/events`, `there is no recording ${events}`, {
          severity: 'warning',
          mend: 'its path is relative to this file',
        }),
      ];
    return timeline === undefined ? [] : checkTimeline(document, pointer, timeline, known);
  });
}

function checkLimits({ value, at }: Located<Playbook>): Diagnostic[] {
  const { limits, contract = [] } = value;
  if (!limits || contract.length > 0) return [];
  return [
    at('PB024', '/limits', 'there is nothing to limit: this playbook contracts nothing', { mend: 'leave limits: out' }),
  ];
}

/** What is left out is not checked. */
export interface CheckOptions {
  /** Finding types that exist. */
  known?: readonly string[];
  /** Enforcement points outside. */
  points?: readonly PointDeclaration[];
  recorded?: (playbookFile: string, events: string) => boolean;
}

export function checkPlaybook(document: Located<Playbook>, options: CheckOptions = {}): Diagnostic[] {
  return [
    ...(options.known ? checkTypes(document, options.known) : []),
    ...checkControls(document, options.points ?? []),
    ...checkRevert(document),
    ...checkLimits(document),
    ...checkParams(document),
    ...checkNotify(document),
    ...checkRisk(document),
    ...checkTestNames(document),
    ...checkTests(document, options),
  ];
}
