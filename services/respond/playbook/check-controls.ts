/** Whether the controls of a playbook can be carried out on its target, filled in from its trigger, and undone. */
import type { ControlName } from '../../../schemas/control.js';
import type { PointDeclaration } from '../../../schemas/enforcement.js';
import type { EntityType } from '../../../schemas/entity.js';
import type { Playbook, Target } from '../../../schemas/playbook.js';
import { irreversiblesOf } from '../../policy/capabilities.js';
import { UNREADABLE } from '../../policy/destination.js';
import { canonicalPermit } from '../../policy/destination-pattern.js';
import { parseDuration } from '../../runtime/config/duration.js';
import type { Diagnostic } from './diagnostic.js';
import type { Located } from './parse.js';

/** Controls on one kind of call, and the targets whose calls are never of that kind. */
const NEVER_MET: Partial<Record<ControlName, { targets: readonly Target[]; why: string }>> = {
  'model.deny': { targets: ['tool'], why: 'a call of a tool is no call of a model' },
  'generation.guard': { targets: ['tool'], why: 'a call of a tool generates nothing' },
};
/** The controls that select calls, and so can be about the predicted ones. */
const SELECTING: readonly ControlName[] = ['tool.block', 'tool.requireApproval', 'rate.limit'];

interface Written {
  tools?: unknown;
  destinations?: unknown;
  orElse?: unknown;
  effects?: unknown;
  domains?: unknown;
  timeout?: unknown;
  models?: unknown;
}

/** The entity a target comes to. */
export function entityTypeOf(target: Target): EntityType {
  return target === 'predicted' ? 'session' : target === 'neighbours' ? 'agent' : target;
}

function checkSelector({ value, at }: Located<Playbook>, parameters: Written, pointer: string): Diagnostic[] {
  const open = [parameters.tools, parameters.destinations].filter((names) => typeof names === 'string');
  const found: Diagnostic[] = [];
  if (open.length > 0 && !('finding' in value.trigger))
    found.push(
      at('PB020', pointer, `\`${String(open[0])}\` is taken from a finding, and this trigger has none`, {
        mend: 'name the tools, or trigger on a finding',
      }),
    );
  if (open.length > 0 && parameters.effects !== undefined)
    found.push(
      at('PB020', pointer, `\`effects\` beside \`${String(open[0])}\` says two things at once`, {
        mend: 'give the effects a control of their own, or put them under orElse',
      }),
    );
  if (open.length === 0 && parameters.orElse !== undefined && value.target !== 'predicted')
    found.push(at('PB020', pointer, '`orElse` only stands in for `predicted` or `observed`', { mend: 'leave it out' }));
  return found;
}

const LISTS = ['tools', 'effects', 'destinations', 'models'] as const;

/** An empty list selects nothing, so that the control would stand there and do nothing. */
function checkEmpty({ at }: Located<Playbook>, parameters: Written, pointer: string): Diagnostic[] {
  return LISTS.filter((key) => {
    const list = parameters[key];
    return Array.isArray(list) && list.length === 0;
  }).map((key) =>
    at('PB020', `${pointer}/${key}`, `an empty list of ${key} selects nothing`, {
      mend: `name ${key}, or leave \`${key}\` out`,
    }),
  );
}

function checkTarget({ value, at }: Located<Playbook>, name: ControlName, pointer: string): Diagnostic[] {
  const { target } = value;
  const never = NEVER_MET[name];
  const article = /^[aeiou]/.test(target) ? 'an' : 'a';
  if (never?.targets.includes(target))
    return [
      at('PB020', pointer, `no enforcement point can carry out ${name} on ${article} ${target}: ${never.why}`, {
        mend: 'another target, or another control',
      }),
    ];
  if (target === 'predicted' && !SELECTING.includes(name))
    return [
      at('PB020', pointer, `${name} is about more than the predicted calls`, {
        mend: `target: session, or one of ${SELECTING.join(', ')}`,
      }),
    ];
  if (name === 'session.suspend' && target !== 'session' && target !== 'agent')
    return [
      at('PB020', pointer, `session.suspend on a ${target} would stop the sessions of everyone it touches`, {
        mend: 'target: session or agent',
      }),
    ];
  if (name === 'agent.disable' && target !== 'agent' && target !== 'blueprint')
    return [at('PB020', pointer, `agent.disable needs an agent, not a ${target}`, { mend: 'target: agent' })];
  return [];
}

/** Patterns of destinations that are read as something else than was meant, or never met. */
function checkDomains({ at }: Located<Playbook>, { domains }: Written, pointer: string): Diagnostic[] {
  if (!Array.isArray(domains)) return [];
  return (domains as string[]).flatMap((domain, index) => {
    const here = `${pointer}/domains/${index}`;
    const bare = domain.trim().replace(/^[a-z][a-z0-9+.-]*:\/\//i, '');
    const host = bare.replace(/[/?#].*$/s, '');
    if (/^\*+$/.test(host)) return [];
    if (/^[\d.]+\/\d+$|:[\da-f:]*\/\d+$/i.test(bare))
      return [
        at('PB015', here, `"${domain}" is a range of addresses, and destinations are told by name`, {
          mend: 'name the hosts, or single addresses',
        }),
      ];
    if (host === '' || /\s/.test(host) || canonicalPermit(domain) === UNREADABLE)
      return [at('PB015', here, `"${domain}" is no host and no address`, { mend: 'write contoso.example' })];
    if (host.replace(/^\*\./, '').includes('*'))
      return [
        at('PB015', here, `"${domain}" is never met: a star stands only for all that is before a dot`, {
          mend: `write *.${host.replace(/^.*\*[.-]?/, '').replace(/^$/, 'contoso.example')}, and the name itself beside it`,
        }),
      ];
    if (bare.replace(/\/$/, '') !== host || /:\d+$/.test(host))
      return [
        at('PB015', here, `of "${domain}" only the host counts`, {
          severity: 'warning',
          mend: `write ${canonicalPermit(domain)}`,
        }),
      ];
    return [];
  });
}

/** A call may wait no longer than there is something that makes it wait. */
function checkTimeout({ value, at }: Located<Playbook>, { timeout }: Written, pointer: string): Diagnostic[] {
  const max = value.revert?.max;
  if (typeof timeout !== 'string' || max === undefined) return [];
  if ((parseDuration(timeout) ?? 0) <= (parseDuration(max) ?? Infinity)) return [];
  return [
    at('PB020', `${pointer}/timeout`, `a call would wait ${timeout}, and after ${max} nothing holds it any more`, {
      severity: 'warning',
      mend: 'make it shorter than `revert.max`',
    }),
  ];
}

/** `points`: the enforcement points outside; the decision point carries out every control, and undoes it without trace. */
export function checkControls(document: Located<Playbook>, points: readonly PointDeclaration[]): Diagnostic[] {
  const { value, at } = document;
  const names = (value.contract ?? []).map((control) => Object.keys(control)[0] as ControlName);
  return (value.contract ?? []).flatMap((control, index) => {
    const [name, parameters] = Object.entries(control)[0] as [ControlName, Written];
    const pointer = `/contract/${index}/${name}`;
    const twice =
      names.indexOf(name) < index && JSON.stringify(value.contract?.[names.indexOf(name)]) === JSON.stringify(control)
        ? [
            at('PB020', pointer, `${name} stands here twice, with the same parameters`, {
              severity: 'warning',
              mend: 'leave one out',
            }),
          ]
        : [];
    const irreversible = irreversiblesOf(points, [name], entityTypeOf(value.target)).map(({ point, what }) =>
      at('PB026', pointer, `${point} cannot undo ${name} wholly: ${what}`, {
        severity: 'warning',
        mend: 'choose a control that can be undone, or accept it',
      }),
    );
    return [
      ...checkSelector(document, parameters, pointer),
      ...checkEmpty(document, parameters, pointer),
      ...checkTarget(document, name, pointer),
      ...checkDomains(document, parameters, pointer),
      ...checkTimeout(document, parameters, pointer),
      ...twice,
      ...irreversible,
    ];
  });
}
