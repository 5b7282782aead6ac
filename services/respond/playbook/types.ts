/** A playbook made ready to fire: nothing in it is looked up or parsed again. */
import type { EffectClass, Severity, Trust } from '../../../schemas/common.js';
import type { Contraction, Until } from '../../../schemas/contraction.js';
import type { Control } from '../../../schemas/control.js';
import type { Check } from '../../../schemas/explanation.js';
import type { EntityType } from '../../../schemas/entity.js';
import type { Hours } from '../../../schemas/playbook-words.js';
import type { Target } from '../../../schemas/playbook.js';
import type { PlaybookTest } from '../../../schemas/playbook-test.js';

export type Mode = 'observe' | 'enforce';

/** What a repeat may be counted by. */
export type TriggerEntity = Exclude<Target, 'predicted' | 'neighbours'>;

export type CompiledTrigger =
  | { kind: 'finding'; types: readonly string[]; matches: (type: string) => boolean; by: TriggerEntity }
  | { kind: 'risk'; entity: EntityType; above: number; on: 'edge' | 'level' }
  | { kind: 'alert'; title: string; matches: (title: string) => boolean };

/** What `when` may look at. Missing texts are empty, missing numbers 0. */
export interface ConditionContext {
  finding: {
    id: string;
    type: string;
    title: string;
    detector: string;
    confidence: number;
    severity: string;
    trust: string;
    pillar: string;
    tool: string;
    model: string;
    origin: string;
    learning: boolean;
    observed: string;
    value: number;
    sampleSize: number;
    atlas: readonly string[];
    owasp: readonly string[];
    predicted: readonly { tool: string; destination: string; probability: number }[];
    facts: Readonly<Record<string, string | number | boolean>>;
  };
  risk: { entity: number; session: number; agent: number; user: number; corroboration: number };
  session: { id: string };
  agent: { id: string; blueprint: string };
  user: { id: string };
  alert: { id: string; title: string; state: string };
}

export type ConditionOutcome = { matched: boolean } | { error: string };

export interface Condition {
  readonly text: string;
  /** Never throws: what cannot be evaluated has not matched, and says why. */
  evaluate(context: ConditionContext): ConditionOutcome;
  /** The same as a tree, for people. Some 100 µs. */
  explain(context: ConditionContext): Check;
}

/** `predicted` and `observed` are filled in from the finding when the playbook fires. */
export type Names = readonly string[] | 'predicted' | 'observed';
type SelectorControl = Extract<Control, { tools?: string[] }>;
export type Template =
  | { resolve: false; control: Control }
  | {
      resolve: true;
      base: SelectorControl;
      tools?: Names;
      destinations?: Names;
      orElse: { tools?: readonly string[]; effects?: readonly EffectClass[] } | undefined;
    };

export interface CompiledException {
  condition: Condition;
  reason: string;
  owner: string;
  expiresAtMs: number;
}

/** An entity the playbook leaves alone. */
export interface CompiledAllowance {
  type: EntityType;
  /** As it was written. */
  entity: string;
  matches: (id: string) => boolean;
  reason: string;
  owner: string;
  expiresAtMs: number;
}

/** A time in which the playbook does nothing. */
export interface CompiledSuppression {
  fromMs: number;
  toMs: number;
  hours: Hours | undefined;
  reason: string;
  owner: string;
  expiresAtMs: number;
}

export interface CompiledLimits {
  targets: number | undefined;
  fleetPercent: number | undefined;
  contractions: { most: number; perMs: number } | undefined;
  over: 'requireApproval' | 'observe';
  /** How long what goes beyond may wait for a person. */
  approveWithinMs: number;
}

/** What ends it. `alert-resolved` is completed with the alert when it fires. */
export type CompiledUntil = Exclude<Until, { kind: 'alert-resolved' } | { kind: 'time' }> | { kind: 'alert-resolved' };

/** A part of the controls that ends by itself; the last stage ends as `until` says. Each becomes a contraction. */
export interface CompiledStage {
  /** Places in `templates`. */
  templates: readonly number[];
  until: CompiledUntil;
}

export interface CompiledRevert {
  stages: readonly CompiledStage[];
  maxMs: number;
  atMax: Contraction['atMax'];
  engineGone: Contraction['engineGone'];
}

/** Who comes back is held longer. */
export interface CompiledEscalation {
  multiplier: number;
  maximumMs: number;
  /** A share, 0 to 0.5. */
  jitter: number;
  decayMs: number;
}

/** What an operator may tune, as it is at a time: overrides expire. */
export interface Setting {
  mode: Mode | 'off';
  /** Enforced only for these agents, observed for others. Undefined: for all. */
  agents: { names: readonly string[]; matches: (agentId: string) => boolean } | undefined;
  when: Condition | undefined;
  trigger: CompiledTrigger;
  limits: CompiledLimits;
  cooldownMs: number;
  /** Undefined: the playbook contracts nothing. */
  revert: CompiledRevert | undefined;
}

export interface CompiledPlaybook {
  readonly id: string;
  /** Of everything that was compiled into it, overrides and lists too: another one is another playbook. */
  readonly digest: string;
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly version: number;
  readonly owner: string | undefined;
  readonly tags: readonly string[];
  readonly falsePositives: readonly string[];
  /** As the file says; overrides give their own to conditions. */
  readonly params: Readonly<Record<string, number | string | boolean | readonly string[]>>;
  /** As the file says. */
  readonly shipped: Setting;
  /** As an operator says, until it expires. */
  readonly override: (Setting & { expiresAtMs: number; reason: string; owner: string }) | undefined;
  readonly exceptions: readonly CompiledException[];
  readonly allowed: readonly CompiledAllowance[];
  readonly suppressed: readonly CompiledSuppression[];
  readonly target: Target;
  readonly templates: readonly Template[];
  /** The weakest trust in a finding's identities at which a control may be used, by the control's place. */
  readonly trusts: readonly Trust[];
  readonly onRepeat: 'extend' | 'ignore';
  /** It acts only in one of these; none: always. */
  readonly hours: readonly Hours[];
  readonly escalation: CompiledEscalation | undefined;
  readonly notify: readonly string[];
  readonly incident:
    { severity: Severity | undefined; group: 'attack' | 'none'; title: string | undefined } | undefined;
  readonly tests: readonly PlaybookTest[];
  readonly file: string;
}

/** What holds at a time: the override until it expires, else the file. */
export function settingAt(playbook: CompiledPlaybook, nowMs: number): Setting {
  const { override, shipped } = playbook;
  return override && nowMs < override.expiresAtMs ? override : shipped;
}

/** Who set it to act, where an operator did. */
export function authorAt({ override }: CompiledPlaybook, nowMs: number): string | undefined {
  return override && nowMs < override.expiresAtMs && override.mode === 'enforce' ? override.owner : undefined;
}
