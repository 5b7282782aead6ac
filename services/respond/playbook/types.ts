/** A playbook made ready to fire: nothing in it is looked up or parsed again. */
import type { EffectClass, Severity, Trust } from '../../../schemas/common.js';
import type { Contraction, Until } from '../../../schemas/contraction.js';
import type { Control } from '../../../schemas/control.js';
import type { EntityType } from '../../../schemas/entity.js';
import type { PlaybookTest, Target } from '../../../schemas/playbook.js';

export type Mode = 'observe' | 'enforce';

export type CompiledTrigger =
  | { kind: 'finding'; types: readonly string[]; matches: (type: string) => boolean; by: Target }
  | { kind: 'risk'; entity: EntityType; above: number; on: 'edge' | 'level' }
  | { kind: 'alert'; matches: (title: string) => boolean };

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

/** Mode, params and exceptions at a time: overrides expire. */
export interface Setting {
  mode: Mode | 'off';
  when: Condition | undefined;
}

export interface CompiledPlaybook {
  readonly id: string;
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly version: number;
  readonly owner: string | undefined;
  readonly tags: readonly string[];
  readonly falsePositives: readonly string[];
  readonly trigger: CompiledTrigger;
  /** As the file says. */
  readonly shipped: Setting;
  /** As an operator says, until it expires. */
  readonly override: (Setting & { expiresAtMs: number; reason: string; owner: string }) | undefined;
  readonly exceptions: readonly CompiledException[];
  readonly target: Target;
  readonly templates: readonly Template[];
  /** The weakest trust in a finding's identities at which a control may be used, by the control's place. */
  readonly trusts: readonly Trust[];
  readonly onRepeat: 'extend' | 'ignore';
  /** `alert-resolved` is completed with the alert when it fires. Undefined: the playbook contracts nothing. */
  readonly revert:
    | {
        until: Exclude<Until, { kind: 'alert-resolved' }> | { kind: 'alert-resolved' };
        maxMs: number;
        atMax: Contraction['atMax'];
        engineGone: Contraction['engineGone'];
      }
    | undefined;
  readonly limits: {
    targets: number | undefined;
    fleetPercent: number | undefined;
    over: 'requireApproval' | 'observe';
  };
  readonly cooldownMs: number;
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
