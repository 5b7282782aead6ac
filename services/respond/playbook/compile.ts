/** A checked playbook and what an operator overrides → a playbook that can fire. */
import type { Overrides, Playbook } from '../../../schemas/playbook.js';
import { parseDuration } from '../../runtime/config/duration.js';
import { glob } from '../../policy/glob.js';
import { compileCondition, type ConditionNames, type Param } from './condition.js';
import { controlNameOf, templateOf, trustFor } from './controls.js';
import type { Diagnostic } from './diagnostic.js';
import type { Located } from './parse.js';
import type { CompiledException, CompiledPlaybook, CompiledTrigger, Condition } from './types.js';

const QUIET_BELOW = 30;
const ms = (text: string) => parseDuration(text) ?? NaN;
type Override = NonNullable<Overrides['playbooks']>[string];

function triggerOf(playbook: Playbook): CompiledTrigger {
  const { trigger } = playbook;
  if ('finding' in trigger) {
    const types = typeof trigger.finding === 'string' ? [trigger.finding] : trigger.finding;
    const matchers = types.map((type) => glob(type));
    return {
      kind: 'finding',
      types,
      matches: (type) => matchers.some((matches) => matches(type)),
      by: trigger.by ?? playbook.target,
    };
  }
  if ('risk' in trigger)
    return { kind: 'risk', entity: trigger.risk.entity, above: trigger.risk.above, on: trigger.risk.on ?? 'edge' };
  return { kind: 'alert', matches: glob(trigger.alert.title ?? '*') };
}

function revertOf(playbook: Playbook): CompiledPlaybook['revert'] {
  const { revert, contract } = playbook;
  if (!revert || !contract || contract.length === 0) return undefined;
  const { until } = revert;
  return {
    until:
      typeof until === 'object'
        ? { kind: 'quiet', below: until.quiet.below ?? QUIET_BELOW, forMs: ms(until.quiet.for) }
        : { kind: until === 'sessionEnd' ? 'session-end' : until === 'alertResolved' ? 'alert-resolved' : 'verdict' },
    maxMs: ms(revert.max),
    atMax: { quiet: 'revert', active: revert.atMax?.active ?? 'revert' },
    engineGone: revert.engineGone ?? 'lapse',
  };
}

class Conditions {
  readonly diagnostics: Diagnostic[] = [];

  compile(
    text: string | undefined,
    names: ConditionNames,
    document: Pick<Located<unknown>, 'at'>,
    pointer: string,
  ): Condition | undefined {
    if (text === undefined) return undefined;
    const outcome = compileCondition(text, names);
    if (outcome.ok) return outcome.condition;
    for (const { code, message, mend, offset } of outcome.faults) {
      this.diagnostics.push(document.at(code, pointer, message, { mend, offset }));
    }
    return undefined;
  }
}

export interface OverrideDocument {
  located: Located<Overrides>;
  lists: Readonly<Record<string, readonly string[]>>;
}

export type CompileOutcome = { playbook: CompiledPlaybook | undefined; diagnostics: Diagnostic[] };

function checkParams(
  document: Located<Playbook>,
  override: Override | undefined,
  overrides: OverrideDocument | undefined,
): Diagnostic[] {
  const declared: Record<string, Param> = document.value.params ?? {};
  return Object.entries(override?.params ?? {}).flatMap(([name, value]) => {
    const pointer = `/playbooks/${document.value.id}/params/${name}`;
    const original = declared[name];
    if (original === undefined)
      return overrides
        ? [
            overrides.located.at('PB003', pointer, `the playbook has no parameter "${name}"`, {
              mend: `known: ${Object.keys(declared).join(', ') || 'none'}`,
            }),
          ]
        : [];
    if (typeof original !== typeof value || Array.isArray(original) !== Array.isArray(value)) {
      return overrides ? [overrides.located.at('PB005', pointer, `"${name}" has another type in the playbook`)] : [];
    }
    return [];
  });
}

export function compilePlaybook(document: Located<Playbook>, overrides: OverrideDocument | undefined): CompileOutcome {
  const playbook = document.value;
  const lists = overrides?.lists ?? {};
  const conditions = new Conditions();
  const override = overrides?.located.value.playbooks?.[playbook.id];
  const params: Record<string, Param> = playbook.params ?? {};
  const paramFaults = checkParams(document, override, overrides);
  const when = conditions.compile(playbook.when, { params, lists }, document, '/when');
  const tuned = { ...params, ...(paramFaults.length === 0 ? override?.params : {}) };
  // A fault in the text was reported above; with other params only a range can newly be wrong, and the file to mend is the override.
  const whenTuned =
    override?.params && when && overrides
      ? conditions.compile(
          playbook.when,
          { params: tuned, lists },
          {
            at: (code, _pointer, message, more) =>
              overrides.located.at(code, `/playbooks/${playbook.id}/params`, message, { mend: more?.mend }),
          },
          '/when',
        )
      : when;
  const exceptions: CompiledException[] = (override?.except ?? []).flatMap((exception, index) => {
    const condition =
      overrides &&
      conditions.compile(
        exception.when,
        { params: tuned, lists },
        overrides.located,
        `/playbooks/${playbook.id}/except/${index}/when`,
      );
    return condition
      ? [{ condition, reason: exception.reason, owner: exception.owner, expiresAtMs: Date.parse(exception.expires) }]
      : [];
  });
  const diagnostics = [...paramFaults, ...conditions.diagnostics];
  if (diagnostics.some(({ severity }) => severity === 'error')) return { playbook: undefined, diagnostics };

  const templates = (playbook.contract ?? []).map(templateOf);
  const basename = (document.file.split(/[\\/]/).pop() ?? playbook.id).replace(/\.ya?ml$/i, '');
  return {
    diagnostics,
    playbook: {
      id: playbook.id,
      name: playbook.name ?? basename,
      title: playbook.title,
      description: playbook.description ?? '',
      version: playbook.version,
      owner: playbook.owner,
      tags: playbook.tags ?? [],
      falsePositives: playbook.falsePositives ?? [],
      trigger: triggerOf(playbook),
      shipped: { mode: playbook.mode ?? 'observe', when },
      override: override && {
        mode: override.mode ?? playbook.mode ?? 'observe',
        when: whenTuned,
        expiresAtMs: override.expires === undefined ? Infinity : Date.parse(override.expires),
        reason: override.reason,
        owner: override.owner,
      },
      exceptions,
      target: playbook.target,
      templates,
      trusts: templates.map((template) => trustFor(controlNameOf(template))),
      onRepeat: playbook.onRepeat ?? 'extend',
      revert: revertOf(playbook),
      limits: {
        targets: playbook.limits?.targets,
        fleetPercent: playbook.limits?.fleetPercent,
        over: playbook.limits?.over ?? 'requireApproval',
      },
      cooldownMs: playbook.cooldown === undefined ? 0 : ms(playbook.cooldown),
      notify: playbook.notify ?? [],
      incident: playbook.incident && {
        severity: playbook.incident.severity,
        group: playbook.incident.group ?? 'attack',
        title: playbook.incident.title,
      },
      tests: playbook.tests ?? [],
      file: document.file,
    },
  };
}
