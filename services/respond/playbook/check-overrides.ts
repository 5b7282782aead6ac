/** What of the overrides changes nothing, never comes, or is over. */
import type { Override } from '../../../schemas/overrides.js';
import type { Playbook } from '../../../schemas/playbook.js';
import { parseDuration } from '../../runtime/config/duration.js';
import { nearest } from '../../runtime/nearness.js';
import type { OverrideDocument } from './compile.js';
import type { Diagnostic } from './diagnostic.js';

/** @param nowMs for saying what has expired; left out: not said */
export function checkOverrides(
  overrides: OverrideDocument,
  playbooks: readonly Playbook[],
  nowMs: number | undefined,
): Diagnostic[] {
  const { located } = overrides;
  return Object.entries(located.value.playbooks ?? {}).flatMap(([id, override]) => {
    const playbook = playbooks.find((each) => each.id === id);
    if (playbook === undefined) {
      const guess = nearest(
        id,
        playbooks.map((each) => each.id),
      );
      return [
        located.at('PB030', `/playbooks/${id}`, `there is no playbook "${id}"`, {
          severity: 'warning',
          mend: guess ? `did you mean "${guess}"?` : 'overrides are keyed by playbook id',
        }),
      ];
    }
    return [
      ...checkTimes(overrides, id, override),
      ...checkThresholds(overrides, playbook, override),
      ...(nowMs === undefined ? [] : checkExpired(overrides, id, override, nowMs)),
    ];
  });
}

/** Times that never come, and settings that change nothing. */
function checkTimes({ located }: OverrideDocument, id: string, override: Override): Diagnostic[] {
  const found: Diagnostic[] = (override.suppress ?? []).flatMap(({ from, to, hours }, index) => {
    const pointer = `/playbooks/${id}/suppress/${index}`;
    if (from === undefined && to === undefined && hours === undefined)
      return [
        located.at('PB027', pointer, 'this says no time', {
          mend: 'give from and to, or hours; to switch it off: mode: off',
        }),
      ];
    return from !== undefined && to !== undefined && Date.parse(to) <= Date.parse(from)
      ? [located.at('PB027', `${pointer}/to`, 'this time is over before it begins', { mend: 'to after from' })]
      : [];
  });
  if (override.agents !== undefined && override.mode !== 'enforce')
    found.push(
      located.at('PB032', `/playbooks/${id}/agents`, '`agents` only says whom `mode: enforce` is for', {
        mend: 'add mode: enforce, or leave it out',
      }),
    );
  const { reason: _, owner: __, expires: ___, ...rest } = override;
  if (Object.keys(rest).length === 0)
    found.push(
      located.at('PB032', `/playbooks/${id}`, 'this override changes nothing', {
        severity: 'warning',
        mend: 'leave it out',
      }),
    );
  return found;
}

/** Numbers of a kind that the playbook has none of, and those that take its end away. */
function checkThresholds(
  { located }: OverrideDocument,
  playbook: Playbook,
  { thresholds = {} }: Override,
): Diagnostic[] {
  const { trigger, revert } = playbook;
  const at = (name: string) => `/playbooks/${playbook.id}/thresholds/${name}`;
  const found: Diagnostic[] = [];
  const nothing = (name: string, why: string) =>
    found.push(
      located.at('PB032', at(name), `this changes nothing: ${why}`, { severity: 'warning', mend: 'leave it out' }),
    );
  if (thresholds.risk !== undefined && !('risk' in trigger)) nothing('risk', 'the playbook is not triggered by a risk');
  if (thresholds.risk !== undefined && thresholds.risk >= 100)
    found.push(
      located.at('PB013', at('risk'), 'no risk rises above 100', {
        severity: 'warning',
        mend: 'make it less than 100',
      }),
    );
  const quiet = typeof revert?.until === 'object' ? revert.until.quiet : undefined;
  for (const name of ['quietBelow', 'quietFor'] as const)
    if (thresholds[name] !== undefined && quiet === undefined) nothing(name, 'the playbook does not end with quiet');
  for (const name of ['max', 'cooldown', 'limits'] as const)
    if (thresholds[name] !== undefined && (playbook.contract ?? []).length === 0)
      nothing(name, 'the playbook contracts nothing');
  if (quiet === undefined || revert === undefined) return found;
  const [forText, maxText] = [thresholds.quietFor ?? quiet.for, thresholds.max ?? revert.max];
  const tuned = thresholds.quietFor !== undefined || thresholds.max !== undefined;
  if (tuned && (parseDuration(forText) ?? 0) >= (parseDuration(maxText) ?? Infinity))
    found.push(
      located.at(
        'PB022',
        at(thresholds.quietFor === undefined ? 'max' : 'quietFor'),
        `the quiet time (${forText}) is never over before max (${maxText})`,
        { severity: 'warning', mend: 'make the quiet time shorter than max' },
      ),
    );
  return found;
}

/** What is over has no effect any more, and whoever reads the file may think that it has. */
function checkExpired({ located }: OverrideDocument, id: string, override: Override, nowMs: number): Diagnostic[] {
  const over = (expires: string | undefined, pointer: string, what: string): Diagnostic[] =>
    expires === undefined || Date.parse(expires) > nowMs
      ? []
      : [
          located.at('PB031', `/playbooks/${id}${pointer}`, `this ${what} has expired`, {
            severity: 'warning',
            mend: 'renew or remove it',
          }),
        ];
  return [
    ...over(override.expires, '/expires', 'override').map((each) => ({
      ...each,
      message: `${each.message}; the playbook says again`,
    })),
    ...(override.except ?? []).flatMap(({ expires }, at) => over(expires, `/except/${at}/expires`, 'exception')),
    ...(override.allow ?? []).flatMap(({ expires }, at) => over(expires, `/allow/${at}/expires`, 'allowance')),
    ...(override.suppress ?? []).flatMap(({ expires, to }, at) => [
      ...over(expires, `/suppress/${at}/expires`, 'suppression'),
      ...over(to, `/suppress/${at}/to`, 'suppression'),
    ]),
  ];
}
