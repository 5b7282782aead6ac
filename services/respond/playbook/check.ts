/** What a playbook of the right shape can still get wrong: things that could never work, or never be undone. */
import type { Playbook } from '../../../schemas/playbook.js';
import { parseDuration } from '../../runtime/config/duration.js';
import { glob } from '../../policy/glob.js';
import { nearest } from '../../runtime/nearness.js';
import type { ControlName } from '../../../schemas/control.js';
import type { Diagnostic } from './diagnostic.js';
import type { Located } from './parse.js';

const durationOf = (text: string) => parseDuration(text) ?? NaN;

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

function checkControls({ value, at }: Located<Playbook>, points: ReadonlySet<ControlName> | undefined): Diagnostic[] {
  return (value.contract ?? []).flatMap((control, index) => {
    const [name, parameters] = Object.entries(control)[0] as [
      ControlName,
      { tools?: unknown; destinations?: unknown; orElse?: unknown; effects?: unknown },
    ];
    const pointer = `/contract/${index}/${name}`;
    const open = [parameters.tools, parameters.destinations].filter((names) => typeof names === 'string');
    const found: Diagnostic[] = [];
    if (open.length > 0 && !('finding' in value.trigger)) {
      found.push(
        at('PB020', pointer, `\`${String(open[0])}\` is taken from a finding, and this trigger has none`, {
          mend: 'name the tools, or trigger on a finding',
        }),
      );
    }
    if (open.length > 0 && parameters.effects !== undefined) {
      found.push(
        at('PB020', pointer, `\`effects\` beside \`${String(open[0])}\` says two things at once`, {
          mend: 'give the effects a control of their own, or put them under orElse',
        }),
      );
    }
    if (open.length === 0 && parameters.orElse !== undefined) {
      found.push(
        at('PB020', pointer, '`orElse` only stands in for `predicted` or `observed`', { mend: 'leave it out' }),
      );
    }
    if (points && !points.has(name)) {
      found.push(
        at('PB020', pointer, `no enforcement point carries out ${name}`, {
          mend: `available: ${[...points].join(', ')}`,
        }),
      );
    }
    if (name === 'session.suspend' && value.target !== 'session' && value.target !== 'agent') {
      found.push(
        at('PB020', pointer, `session.suspend on a ${value.target} would stop the sessions of everyone it touches`, {
          mend: 'target: session or agent',
        }),
      );
    }
    if (name === 'agent.disable' && value.target !== 'agent' && value.target !== 'blueprint') {
      found.push(
        at('PB020', pointer, `agent.disable needs an agent, not a ${value.target}`, { mend: 'target: agent' }),
      );
    }
    return found;
  });
}

function checkRevert({ value, at }: Located<Playbook>): Diagnostic[] {
  const controls = value.contract ?? [];
  const { revert } = value;
  if (controls.length === 0) {
    const nothing =
      value.incident === undefined
        ? [
            at('PB024', '', 'this playbook neither contracts nor raises an incident', {
              mend: 'add contract: or incident:',
            }),
          ]
        : [];
    return revert
      ? [
          ...nothing,
          at('PB021', '/revert', 'there is nothing to revert', { mend: 'add contract:, or leave revert: out' }),
        ]
      : nothing;
  }
  if (!revert)
    return [
      at('PB021', '/contract', 'what is contracted must end: `revert` is missing', {
        mend: 'add revert: {until: {quiet: {for: 15m}}, max: 4h}',
      }),
    ];
  const found: Diagnostic[] = [];
  const max = durationOf(revert.max);
  if (max < 1000)
    found.push(
      at('PB022', '/revert/max', 'a contraction that ends at once restricts nothing', { mend: 'at least 1s' }),
    );
  if (revert.until === 'alertResolved' && !('alert' in value.trigger)) {
    found.push(
      at('PB022', '/revert/until', 'alertResolved never comes: nothing here waits for an alert', {
        mend: 'trigger: {alert: …}, or another until',
      }),
    );
  }
  if (typeof revert.until === 'object' && durationOf(revert.until.quiet.for) >= max) {
    found.push(
      at('PB022', '/revert/until/quiet/for', 'the quiet time is never over before max', {
        mend: 'make `for` shorter than `max`',
      }),
    );
  }
  if (revert.until === 'sessionEnd' && value.target !== 'session') {
    found.push(
      at(
        'PB022',
        '/revert/until',
        `${value.target === 'agent' ? 'an' : 'a'} ${value.target} outlives its sessions: this ends with the sessions that triggered it`,
        { severity: 'warning', mend: 'target: session, or until: {quiet: …}' },
      ),
    );
  }
  return found;
}

/**
 * `known`: finding types that exist; `points`: controls that some enforcement point carries out. What is left out is not
 * checked.
 */
export function checkPlaybook(
  document: Located<Playbook>,
  options: { known?: readonly string[]; points?: ReadonlySet<ControlName> } = {},
): Diagnostic[] {
  return [
    ...(options.known ? checkTypes(document, options.known) : []),
    ...checkControls(document, options.points),
    ...checkRevert(document),
  ];
}
