/** A checked playbook and what an operator overrides → a playbook that can fire. */
import type { EntityType } from '../../../schemas/entity.js';
import type { Override, Overrides } from '../../../schemas/overrides.js';
import type { Playbook } from '../../../schemas/playbook.js';
import { parseDuration } from '../../runtime/config/duration.js';
import { shortHash } from '../../runtime/hash.js';
import { glob } from '../../policy/glob.js';
import { compileCondition, type ConditionNames, type Param } from './condition.js';
import { controlNameOf, templateOf, trustFor } from './controls.js';
import { settingOf } from './settings.js';
import type { Diagnostic } from './diagnostic.js';
import type { Located } from './parse.js';
import type {
  CompiledAllowance,
  CompiledException,
  CompiledPlaybook,
  CompiledSuppression,
  Condition,
} from './types.js';

const ms = (text: string) => parseDuration(text) ?? NaN;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

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
    for (const { code, message, mend, offset, severity } of outcome.ok ? outcome.warnings : outcome.faults) {
      this.diagnostics.push(document.at(code, pointer, message, { mend, offset, ...(severity ? { severity } : {}) }));
    }
    return outcome.ok ? outcome.condition : undefined;
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
      return overrides
        ? [
            overrides.located.at('PB005', pointer, `"${name}" has another type in the playbook`, {
              mend: `there it is ${JSON.stringify(original)}`,
            }),
          ]
        : [];
    }
    return [];
  });
}

const typesOf = (given: string | readonly string[]): readonly string[] => (typeof given === 'string' ? [given] : given);
const momentOf = (text: string | undefined): number => (text === undefined ? Infinity : Date.parse(text));

function allowancesOf(override: Override | undefined): CompiledAllowance[] {
  return (override?.allow ?? []).map(({ entity, reason, owner, expires }) => {
    const colon = entity.indexOf(':');
    return {
      type: entity.slice(0, colon) as EntityType,
      entity,
      matches: glob(entity.slice(colon + 1)),
      reason,
      owner,
      expiresAtMs: momentOf(expires),
    };
  });
}

function suppressionsOf(override: Override | undefined): CompiledSuppression[] {
  return (override?.suppress ?? []).map(({ from, to, hours, reason, owner, expires }) => ({
    fromMs: from === undefined ? -Infinity : Date.parse(from),
    toMs: momentOf(to),
    hours,
    reason,
    owner,
    expiresAtMs: momentOf(expires),
  }));
}

export function compilePlaybook(document: Located<Playbook>, overrides: OverrideDocument | undefined): CompileOutcome {
  const playbook = document.value;
  const lists = overrides?.lists ?? {};
  const conditions = new Conditions();
  const override = overrides?.located.value.playbooks?.[playbook.id];
  const params: Record<string, Param> = playbook.params ?? {};
  // What is always empty here: an alert is no finding, and a finding is no alert.
  const absent = 'alert' in playbook.trigger ? [] : ['alert'];
  const types = 'finding' in playbook.trigger ? typesOf(playbook.trigger.finding) : undefined;
  const paramFaults = checkParams(document, override, overrides);
  const when = conditions.compile(playbook.when, { params, lists, absent, types }, document, '/when');
  const tuned = { ...params, ...(paramFaults.length === 0 ? override?.params : {}) };
  // A fault in the text was reported above; with other params only a range can newly be wrong, and the file to mend is the override.
  const whenTuned =
    override?.params && when && overrides
      ? conditions.compile(
          playbook.when,
          { params: tuned, lists, absent, types },
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

  const templates = (playbook.contract ?? []).map((written) => templateOf(written, playbook.target));
  // An id that nobody can say is called by its file; any other is what people and commands know the playbook by.
  const fileName = (document.file.split(/[\\/]/).pop() ?? playbook.id).replace(/\.ya?ml$/i, '');
  return {
    diagnostics,
    playbook: {
      id: playbook.id,
      digest: shortHash(JSON.stringify([playbook, override ?? null, lists])),
      name: playbook.name ?? (UUID.test(playbook.id) ? fileName : playbook.id),
      title: playbook.title,
      description: playbook.description ?? '',
      version: playbook.version,
      owner: playbook.owner,
      tags: playbook.tags ?? [],
      falsePositives: playbook.falsePositives ?? [],
      params,
      shipped: settingOf(playbook, templates, when),
      override: override && {
        ...settingOf(playbook, templates, whenTuned, override),
        expiresAtMs: momentOf(override.expires),
        reason: override.reason,
        owner: override.owner,
      },
      exceptions,
      allowed: allowancesOf(override),
      suppressed: suppressionsOf(override),
      target: playbook.target,
      templates,
      // Whoever can make up a name must not get another agent restricted.
      trusts: templates.map((template) =>
        playbook.target === 'neighbours' ? 'authenticated' : trustFor(controlNameOf(template)),
      ),
      onRepeat: playbook.onRepeat ?? 'extend',
      hours: playbook.hours ?? [],
      escalation: playbook.escalate && {
        multiplier: playbook.escalate.multiplier,
        maximumMs: ms(playbook.escalate.maximum),
        jitter: (playbook.escalate.jitter ?? 0) / 100,
        decayMs: ms(playbook.escalate.decay),
      },
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
