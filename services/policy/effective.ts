/**
 * Policies as points of a lattice: a product of one lattice per dimension. An absent dimension takes nothing away, so
 * the empty policy is the top, and effective = baseline ⊓ every active contraction can only go down (invariant 1).
 * Nothing here is ever stored: taking a contraction out of the set and computing again *is* the revert (invariant 2).
 */
import { keyPart } from '../../schemas/entity.js';
import type { BaselinePolicy } from '../../schemas/baseline.js';
import type { Control, ControlName } from '../../schemas/control.js';
import { CONTROL_LATTICES, restrictionOf, type Restrictions } from './controls.js';
import { canonicalGlob, glob, globCovers } from './glob.js';
import { type Lattice, restrictions } from './lattice.js';

/** Lists of names of which each must hold a match: the allow-lists of the baseline. */
type AllowLists = readonly (readonly string[])[];

export interface Dimensions extends Restrictions {
  'allow.tools': AllowLists;
  'allow.models': AllowLists;
  'allow.datasets': AllowLists;
  'allow.peers': AllowLists;
  'deny.datasets': readonly string[];
  'deny.peers': readonly string[];
}
export type Dimension = keyof Dimensions;
export type Policy = { readonly [K in Dimension]?: Dimensions[K] };

const denials = restrictions(globCovers, (text: string) => text);
/** A list with fewer names is the stricter one: it covers another if whatever it lets through the other lets through. */
const allowLists = restrictions<readonly string[]>(
  (strict, weak) => strict.every((narrow) => weak.some((wide) => globCovers(wide, narrow))),
  (list) => JSON.stringify(list),
);
/** Within one list a name that another one covers adds nothing. */
const allowList = (names: readonly string[]) => denials.canonical(names.map(canonicalGlob));

const LATTICES: { readonly [K in Dimension]: Lattice<Dimensions[K]> } = {
  ...CONTROL_LATTICES,
  'allow.tools': allowLists,
  'allow.models': allowLists,
  'allow.datasets': allowLists,
  'allow.peers': allowLists,
  'deny.datasets': denials,
  'deny.peers': denials,
};

/** Takes nothing away. */
export const TOP: Policy = Object.freeze({});

function meetDimension<K extends Dimension>(name: K, a: Policy, b: Policy): Dimensions[K] | undefined {
  const left = a[name] as Dimensions[K] | undefined;
  const right = b[name] as Dimensions[K] | undefined;
  if (left === undefined) return right;
  if (right === undefined) return left;
  return LATTICES[name].meet(left, right);
}

/** a ⊓ b. */
export function meet(a: Policy, b: Policy): Policy {
  const result: Record<string, unknown> = {};
  for (const name of Object.keys(LATTICES) as Dimension[]) {
    const value = meetDimension(name, a, b);
    if (value !== undefined) result[name] = value;
  }
  return result;
}

export function meetAll(policies: Iterable<Policy>): Policy {
  let result = TOP;
  for (const policy of policies) result = meet(result, policy);
  return result;
}

function belowDimension<K extends Dimension>(name: K, a: Policy, b: Policy): boolean {
  const right = b[name] as Dimensions[K] | undefined;
  if (right === undefined) return true;
  const left = a[name] as Dimensions[K] | undefined;
  return left !== undefined && LATTICES[name].below(left, right);
}

/** a ⊑ b: a allows nothing that b does not allow. */
export function below(a: Policy, b: Policy): boolean {
  return (Object.keys(LATTICES) as Dimension[]).every((name) => belowDimension(name, a, b));
}

/** The policy that a set of controls comes to. */
export function policyOf(controls: readonly Control[]): Policy {
  return meetAll(
    controls.map((control): Policy => {
      const restriction = restrictionOf(control);
      return restriction === undefined ? TOP : { [restriction.name]: restriction.value };
    }),
  );
}

export interface BaselineSubject {
  tenant: string;
  agentId: string;
  blueprint?: string | undefined;
}

type Rule = NonNullable<BaselinePolicy['rules']>[number];

/** How long a call that the baseline holds may wait for a person. */
export const BASELINE_APPROVAL_TIMEOUT_MS = 300_000;

function policyOfRule(rule: Rule): Policy {
  const { tools, models, datasets, peers, egress } = rule.agency ?? {};
  const approve = rule.autonomy?.approve;
  const controls: Control[] = [];
  if (tools?.deny) controls.push({ control: 'tool.block', tools: tools.deny });
  if (models?.deny) controls.push({ control: 'model.deny', models: models.deny });
  if (egress?.allow) controls.push({ control: 'egress.allow', domains: egress.allow });
  if (approve?.tools || approve?.effects)
    controls.push({
      control: 'tool.requireApproval',
      ...approve,
      timeoutMs: BASELINE_APPROVAL_TIMEOUT_MS,
      otherwise: 'block',
    });
  return {
    ...policyOf(controls),
    ...(tools?.allow ? { 'allow.tools': [allowList(tools.allow)] } : {}),
    ...(models?.allow ? { 'allow.models': [allowList(models.allow)] } : {}),
    ...(datasets?.allow ? { 'allow.datasets': [allowList(datasets.allow)] } : {}),
    ...(peers?.allow ? { 'allow.peers': [allowList(peers.allow)] } : {}),
    ...(datasets?.deny?.length ? { 'deny.datasets': denials.canonical(datasets.deny.map(canonicalGlob)) } : {}),
    ...(peers?.deny?.length ? { 'deny.peers': denials.canonical(peers.deny.map(canonicalGlob)) } : {}),
  };
}

/** A baseline document made ready to be asked. The answer per subject is kept: subjects repeat, documents do not change. */
export class Baseline {
  readonly #rules: { matches: (subject: BaselineSubject) => boolean; policy: Policy }[];
  readonly #known = new Map<string, Policy>();

  constructor(document?: BaselinePolicy) {
    this.#rules = (document?.rules ?? []).map((rule) => ({
      matches: (subject) =>
        glob(rule.match?.tenant ?? '*')(subject.tenant) &&
        glob(rule.match?.agent ?? '*')(subject.agentId) &&
        (rule.match?.blueprint === undefined ||
          (subject.blueprint !== undefined && glob(rule.match.blueprint)(subject.blueprint))),
      policy: policyOfRule(rule),
    }));
  }

  /** What the subject may do when nothing is wrong: the meet of every rule that fits. */
  for(subject: BaselineSubject): Policy {
    if (this.#rules.length === 0) return TOP;
    const key = `${keyPart(subject.tenant)}/${keyPart(subject.agentId)}/${keyPart(subject.blueprint ?? '')}`;
    let policy = this.#known.get(key);
    if (!policy) {
      policy = meetAll(this.#rules.filter((rule) => rule.matches(subject)).map((rule) => rule.policy));
      if (this.#known.size >= 10_000) this.#known.clear();
      this.#known.set(key, policy);
    }
    return policy;
  }
}

/** Which controls and dimensions a policy touches, for people. */
export function touched(policy: Policy): (Dimension | ControlName)[] {
  return Object.keys(policy) as Dimension[];
}
