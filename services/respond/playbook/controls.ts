/** Controls as they are written in a playbook → control templates; `predicted` and `observed` stay open until it fires. */
import type { EffectClass, Trust } from '../../../schemas/common.js';
import type { Control, ControlName, ControlOf } from '../../../schemas/control.js';
import type { Finding } from '../../../schemas/finding.js';
import type { Playbook } from '../../../schemas/playbook.js';
import { parseDuration } from '../../runtime/config/duration.js';
import type { Names, Template } from './types.js';

/** How long a held call waits where the playbook does not say. */
const APPROVAL_TIMEOUT_MS = 300_000;

/** Power follows trust (invariant 12): what cuts off more than a call asks that the identity was established. */
const STRONG: Partial<Record<ControlName, Trust>> = {
  'agent.disable': 'authenticated',
  'scope.narrow': 'authenticated',
};

export function trustFor(control: ControlName): Trust {
  return STRONG[control] ?? 'claimed';
}

/** The shape has been checked before: a duration that cannot be read is a bug. */
function ms(text: string): number {
  return parseDuration(text) ?? NaN;
}

type Written = NonNullable<Playbook['contract']>[number];
interface WrittenSelector {
  tools?: string[] | 'predicted' | 'observed';
  effects?: EffectClass[];
  destinations?: string[] | 'predicted' | 'observed';
  orElse?: { tools?: string[]; effects?: EffectClass[] };
}
/** Every parameter that any control has; the schema has made sure that only the control's own are given. */
interface WrittenParameters extends WrittenSelector {
  by?: 'owner' | 'soc' | 'any';
  timeout?: string;
  scopes?: string[];
  level?: string;
  within?: string;
  domains?: string[];
  models?: string[];
  what?: ControlOf<'data.mask'>['what'];
  maxOutputTokens?: number;
  denyToolUse?: boolean;
  calls?: number;
  per?: string;
}

type SelectorControl = Extract<Template, { resolve: true }>['base'];

function withSelector(base: SelectorControl, given: WrittenSelector): Template {
  const { tools, effects, destinations } = given;
  const open = typeof tools === 'string' || typeof destinations === 'string';
  if (!open) {
    return {
      resolve: false,
      control: {
        ...base,
        ...(tools ? { tools } : {}),
        ...(effects ? { effects } : {}),
        ...(destinations ? { destinations } : {}),
      },
    };
  }
  return {
    resolve: true,
    base: { ...base, ...(effects ? { effects } : {}) },
    ...(tools === undefined ? {} : { tools }),
    ...(destinations === undefined ? {} : { destinations }),
    orElse: given.orElse,
  };
}

export function templateOf(written: Written): Template {
  const [name, given] = Object.entries(written)[0] as [ControlName, WrittenParameters];
  switch (name) {
    case 'tool.block':
      return withSelector({ control: name }, given);
    case 'tool.requireApproval':
      return withSelector(
        {
          control: name,
          by: given.by ?? 'any',
          timeoutMs: given.timeout === undefined ? APPROVAL_TIMEOUT_MS : ms(given.timeout),
          otherwise: 'block',
        },
        given,
      );
    case 'rate.limit':
      return withSelector({ control: name, calls: given.calls ?? 0, perMs: ms(given.per ?? '') }, given);
    case 'scope.narrow':
      return { resolve: false, control: { control: name, scopes: given.scopes ?? [] } };
    case 'auth.strength':
      return { resolve: false, control: { control: name, level: given.level as ControlOf<'auth.strength'>['level'] } };
    case 'auth.reauthenticate':
      return { resolve: false, control: { control: name, withinMs: ms(given.within ?? '') } };
    case 'egress.allow':
      return { resolve: false, control: { control: name, domains: given.domains ?? [] } };
    case 'model.deny':
      return { resolve: false, control: { control: name, models: given.models ?? [] } };
    case 'sandbox.require':
      return {
        resolve: false,
        control: { control: name, level: given.level as ControlOf<'sandbox.require'>['level'] },
      };
    case 'data.mask':
      return { resolve: false, control: { control: name, what: given.what ?? [] } };
    case 'generation.guard':
      return {
        resolve: false,
        control: {
          control: name,
          ...(given.maxOutputTokens === undefined ? {} : { maxOutputTokens: given.maxOutputTokens }),
          ...(given.denyToolUse === undefined ? {} : { denyToolUse: given.denyToolUse }),
        },
      };
    case 'session.suspend':
    case 'agent.disable':
      return { resolve: false, control: { control: name } };
  }
}

export function controlNameOf(template: Template): ControlName {
  return template.resolve ? template.base.control : template.control.control;
}

/** Names from a finding are data an attacker may have written: a star in one is no wildcard. */
function plainName(name: string): string | undefined {
  return name === '' || name.includes('*') ? undefined : name;
}

function resolveNames(
  names: Names | undefined,
  predicted: () => (string | undefined)[],
  observed: () => (string | undefined)[],
): string[] | undefined {
  if (names === undefined) return undefined;
  if (typeof names !== 'string') return [...names];
  const found = (names === 'predicted' ? predicted() : observed()).map((name) =>
    name === undefined ? undefined : plainName(name),
  );
  return [...new Set(found.filter((name) => name !== undefined))].slice(0, 50);
}

function observedDestinations(finding: Finding): string[] {
  const facts = finding.evidence.facts ?? {};
  return ['destination', 'sink', 'recipient'].map((name) => facts[name]).filter((fact) => typeof fact === 'string');
}

/** The control as it applies to this finding; `undefined` where nothing was predicted or observed and nothing stands in. */
export function resolveTemplate(template: Template, finding: Finding | undefined): Control | undefined {
  if (!template.resolve) return template.control;
  const predicted = finding?.predicted ?? [];
  const tools = resolveNames(
    template.tools,
    () => predicted.map(({ tool }) => tool),
    () => [finding?.tool],
  );
  const destinations = resolveNames(
    template.destinations,
    () => predicted.map(({ destination }) => destination),
    () => (finding ? observedDestinations(finding) : []),
  );
  const nothing = (tools?.length === 0 && !template.base.effects) || destinations?.length === 0;
  if (!nothing) {
    return { ...template.base, ...(tools ? { tools } : {}), ...(destinations ? { destinations } : {}) };
  }
  const { orElse } = template;
  if (orElse === undefined) {
    // Tools are known where only the destination is not: the narrower guess is lost, the tools stay blocked.
    return tools !== undefined && tools.length > 0 ? { ...template.base, tools } : undefined;
  }
  const { effects: _, ...base } = template.base;
  return {
    ...base,
    ...(orElse.tools ? { tools: [...orElse.tools] } : {}),
    ...(orElse.effects ? { effects: [...orElse.effects] } : {}),
  };
}
