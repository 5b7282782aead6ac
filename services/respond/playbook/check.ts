/** What a playbook of the right shape can still get wrong: things that could never work, or never be undone. */
import type { PointDeclaration } from '../../../schemas/enforcement.js';
import type { Playbook } from '../../../schemas/playbook.js';
import { glob } from '../../policy/glob.js';
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

function checkTests({ value, at }: Located<Playbook>): Diagnostic[] {
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
    return [];
  });
}

function checkLimits({ value, at }: Located<Playbook>): Diagnostic[] {
  const { limits, contract = [] } = value;
  if (!limits || contract.length > 0) return [];
  return [
    at('PB024', '/limits', 'there is nothing to limit: this playbook contracts nothing', { mend: 'leave limits: out' }),
  ];
}

/**
 * `known`: finding types that exist; `points`: enforcement points outside. What is left out is not checked.
 */
export function checkPlaybook(
  document: Located<Playbook>,
  options: { known?: readonly string[]; points?: readonly PointDeclaration[] } = {},
): Diagnostic[] {
  return [
    ...(options.known ? checkTypes(document, options.known) : []),
    ...checkControls(document, options.points ?? []),
    ...checkRevert(document),
    ...checkLimits(document),
    ...checkParams(document),
    ...checkTests(document),
  ];
}
