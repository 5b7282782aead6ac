/** Whether what a playbook contracts can end, and whether its ladder and its stages can do what they say. */
import type { Playbook } from '../../../schemas/playbook.js';
import { parseDuration } from '../../runtime/config/duration.js';
import type { ControlName } from '../../../schemas/control.js';
import type { Diagnostic } from './diagnostic.js';
import type { Located } from './parse.js';

const durationOf = (text: string): number => parseDuration(text) ?? NaN;
type Revert = NonNullable<Playbook['revert']>;

const nameOf = (control: NonNullable<Playbook['contract']>[number]): ControlName =>
  Object.keys(control)[0] as ControlName;

function checkUntil({ value, at }: Located<Playbook>, { until, max }: Revert): Diagnostic[] {
  const maxMs = durationOf(max);
  const found: Diagnostic[] = [];
  if (maxMs < 1000)
    found.push(
      at('PB022', '/revert/max', 'a contraction that ends at once restricts nothing', { mend: 'at least 1s' }),
    );
  if (until === 'alertResolved' && !('alert' in value.trigger))
    found.push(
      at('PB022', '/revert/until', 'alertResolved never comes: nothing here waits for an alert', {
        mend: 'trigger: {alert: …}, or another until',
      }),
    );
  if (until === 'verdict' && value.incident === undefined)
    found.push(
      at('PB022', '/revert/until', 'a verdict never comes: this playbook raises no incident to be judged', {
        severity: 'warning',
        mend: 'add incident: {severity: …}, or another until',
      }),
    );
  if (typeof until === 'object') {
    if (durationOf(until.quiet.for) < 1000)
      found.push(
        at('PB022', '/revert/until/quiet/for', 'it would end in the moment it begins', {
          mend: 'at least 1s, e.g. 10m',
        }),
      );
    if (durationOf(until.quiet.for) >= maxMs)
      found.push(
        at('PB022', '/revert/until/quiet/for', 'the quiet time is never over before max', {
          mend: 'make `for` shorter than `max`',
        }),
      );
    const { trigger } = value;
    const below = until.quiet.below ?? 30;
    if ('risk' in trigger && trigger.risk.entity === value.target && below > trigger.risk.above)
      found.push(
        at(
          'PB022',
          '/revert/until/quiet',
          `the risk that triggers it (above ${trigger.risk.above}) already counts as quiet (below ${below})`,
          { severity: 'warning', mend: `make \`below\` at most ${trigger.risk.above}` },
        ),
      );
  }
  const { target } = value;
  if (until === 'sessionEnd' && target !== 'session' && target !== 'predicted')
    found.push(
      at(
        'PB022',
        '/revert/until',
        target === 'neighbours'
          ? 'neighbours outlive the session: this ends with the sessions that triggered it'
          : `${target === 'agent' ? 'an' : 'a'} ${target} outlives its sessions: this ends with the sessions that triggered it`,
        { severity: 'warning', mend: 'target: session, or until: {quiet: …}' },
      ),
    );
  return found;
}

function checkStages({ value, at }: Located<Playbook>, { stages = [], until, max }: Revert): Diagnostic[] {
  const contracted = new Set((value.contract ?? []).map(nameOf));
  const released = new Map<ControlName, number>();
  const found: Diagnostic[] = [];
  const ends = typeof until === 'object' ? Math.min(durationOf(until.quiet.for), durationOf(max)) : durationOf(max);
  let before = 0;
  stages.forEach(({ release, after }, stage) => {
    release.forEach((control, index) => {
      const pointer = `/revert/stages/${stage}/release/${index}`;
      if (!contracted.has(control))
        found.push(
          at('PB022', pointer, `${control} is not contracted, so it cannot be released`, {
            mend: `contracted: ${[...contracted].join(', ')}`,
          }),
        );
      else if (released.has(control))
        found.push(
          at('PB022', pointer, `${control} was released in step ${(released.get(control) ?? 0) + 1} already`, {
            mend: 'name each control once',
          }),
        );
      released.set(control, stage);
    });
    const pointer = `/revert/stages/${stage}/after/quiet/for`;
    const forMs = durationOf(after.quiet.for);
    if (forMs >= ends)
      found.push(
        at('PB022', pointer, 'this step comes no earlier than the end of all', {
          mend: 'make `for` shorter than that of `until`, and than `max`',
        }),
      );
    else if (forMs < before)
      found.push(
        at('PB022', pointer, 'this step comes before the one that is written before it', {
          mend: 'write them in order',
        }),
      );
    before = forMs;
  });
  if (stages.length > 0 && [...contracted].every((control) => released.has(control)))
    found.push(
      at('PB022', '/revert/stages', 'every control is released by a step: `until` never comes to anything', {
        mend: 'leave the last step out; `until` is it',
      }),
    );
  return found;
}

function checkLadder({ value, at }: Located<Playbook>, { max }: Revert): Diagnostic[] {
  const { escalate } = value;
  if (!escalate) return [];
  const found: Diagnostic[] = [];
  if (durationOf(escalate.maximum) <= durationOf(max))
    found.push(
      at('PB033', '/escalate/maximum', 'the ladder never grows: its maximum is no longer than `revert.max`', {
        mend: `more than ${max}`,
      }),
    );
  if (durationOf(escalate.decay) < 1000)
    found.push(at('PB033', '/escalate/decay', 'the ladder comes down before anyone can climb it', { mend: 'e.g. 7d' }));
  return found;
}

export function checkRevert(document: Located<Playbook>): Diagnostic[] {
  const { value, at } = document;
  const { revert, contract = [], incident, escalate } = value;
  if (contract.length === 0) {
    const found: Diagnostic[] = [];
    if (incident === undefined)
      found.push(
        at('PB024', '', 'this playbook neither contracts nor raises an incident', {
          mend: 'add contract: or incident:',
        }),
      );
    if (revert)
      found.push(at('PB021', '/revert', 'there is nothing to revert', { mend: 'add contract:, or leave revert: out' }));
    if (escalate)
      found.push(
        at('PB033', '/escalate', 'there is nothing to hold longer', { mend: 'add contract:, or leave it out' }),
      );
    return found;
  }
  if (!revert)
    return [
      at('PB021', '/contract', 'what is contracted must end: `revert` is missing', {
        mend: 'add revert: {until: {quiet: {for: 15m}}, max: 4h}',
      }),
    ];
  return [...checkUntil(document, revert), ...checkStages(document, revert), ...checkLadder(document, revert)];
}
