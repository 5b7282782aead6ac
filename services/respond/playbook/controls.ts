/** Controls as they are written in a playbook → control templates; `predicted` and `observed` stay open until it fires. */
import { EFFECT_CLASSES, type EffectClass, type Trust } from '../../../schemas/common.js';
import type { Control, ControlName, ControlOf } from '../../../schemas/control.js';
import type { Finding } from '../../../schemas/finding.js';
import type { Playbook, Target } from '../../../schemas/playbook.js';
import { canonicalRestrict } from '../../policy/destination-pattern.js';
import { parseDuration } from '../../runtime/config/duration.js';
import type { Template } from './types.js';

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

/** On `predicted`, a control that names no calls is about the predicted ones. */
function narrowed(given: WrittenParameters, target: Target): WrittenParameters {
  const { tools, effects, destinations } = given;
  return target === 'predicted' && tools === undefined && effects === undefined && destinations === undefined
    ? { ...given, tools: 'predicted' }
    : given;
}

export function templateOf(written: Written, target: Target): Template {
  const [name, whole] = Object.entries(written)[0] as [ControlName, WrittenParameters];
  const given = narrowed(whole, target);
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
function plainNames(names: readonly (string | undefined)[]): string[] {
  return [...new Set(names.filter((name) => name !== undefined && name !== '' && !name.includes('*')))] as string[];
}

/** Destinations of the very call a finding is about. */
function observedDestinations(finding: Finding): string[] {
  const facts = finding.evidence.facts ?? {};
  const named = ['destination', 'destinations', 'recipient'].map((name) => facts[name]);
  const observed = finding.type === 'novelty.destination' ? [String(finding.evidence.observed)] : [];
  return plainNames([...observed, ...named.flatMap((fact) => (typeof fact === 'string' ? fact.split(', ') : []))]);
}

/** Beyond this the prediction is a guess at everything. */
const MAX_CALLS = 20;

/** What can be selected of calls. */
interface Selection {
  tools?: string[];
  effects?: EffectClass[];
  destinations?: string[];
}

/** Every effect but reading; a tool whose effects are not known counts as having each. */
const CHANGING: readonly EffectClass[] = EFFECT_CLASSES.filter((effect) => effect !== 'read' && effect !== 'unknown');

/** Reading from a host tells it something; looking up what somebody with an address wrote, or an account paid, tells nobody. */
function isHeardBy(destination: string): boolean {
  const canonical = canonicalRestrict(destination);
  return !canonical.startsWith('text:') && !canonical.includes('@');
}

/**
 * Predicted calls as they were predicted: a tool, or a tool to a destination, or (tool `*`) any tool to a destination; to one
 * that does not hear what is read, any that changes something. Kept in pairs: the product of all tools and all destinations
 * would block what nobody predicted.
 */
function predictedSelectors(finding: Finding): Selection[] {
  const byDestination = new Map<string | undefined, Set<string>>();
  for (const { tool, destination } of (finding.predicted ?? []).slice(0, MAX_CALLS)) {
    if (tool === '' || (tool.includes('*') && (tool !== '*' || destination === undefined))) continue;
    const tools = byDestination.get(destination) ?? new Set<string>();
    byDestination.set(destination, tools.add(tool));
  }
  return [...byDestination].map(([destination, tools]) => ({
    ...(!tools.has('*')
      ? { tools: [...tools] }
      : destination === undefined || isHeardBy(destination)
        ? {}
        : { effects: [...CHANGING] }),
    ...(destination === undefined ? {} : { destinations: [destination] }),
  }));
}

function resolveSelectors(
  { tools, destinations }: Extract<Template, { resolve: true }>,
  finding: Finding,
): Selection[] {
  const to =
    destinations === 'predicted'
      ? plainNames((finding.predicted ?? []).map(({ destination }) => destination))
      : destinations === 'observed'
        ? observedDestinations(finding)
        : destinations === undefined
          ? undefined
          : [...destinations];
  if (to?.length === 0) return [];
  const narrowed = to === undefined ? {} : { destinations: to };
  if (tools === 'predicted') {
    return predictedSelectors(finding).map((selector) =>
      to === undefined || selector.destinations !== undefined ? selector : { ...selector, ...narrowed },
    );
  }
  if (tools === 'observed') {
    const described = finding.evidence.facts?.['tool'];
    const named = plainNames([finding.tool ?? (typeof described === 'string' ? described : undefined)]);
    return named.length === 0 ? [] : [{ tools: named, ...narrowed }];
  }
  return [{ ...(tools === undefined ? {} : { tools: [...tools] }), ...narrowed }];
}

/**
 * The controls that a template comes to for this finding. None where nothing was predicted or observed and nothing
 * stands in for it (`orElse`).
 */
export function resolveTemplate(template: Template, finding: Finding | undefined): Control[] {
  if (!template.resolve) return [template.control];
  const selectors = finding === undefined ? [] : resolveSelectors(template, finding);
  if (selectors.length > 0) return selectors.map((selector) => ({ ...template.base, ...selector }));
  const { orElse, base } = template;
  if (orElse === undefined) return base.effects === undefined ? [] : [base];
  const { effects: _, ...bare } = base;
  return [
    {
      ...bare,
      ...(orElse.tools ? { tools: [...orElse.tools] } : {}),
      ...(orElse.effects ? { effects: [...orElse.effects] } : {}),
    },
  ];
}
