/**
 * The lattice of each control's parameters: what two of a kind come to together, and when one is at least as strict as
 * another. docs/policy.md tells the same in words. A control's parameters in canonical form are its *restriction*.
 */
import type { Control, ControlName, ControlOf } from '../../schemas/control.js';
import { canonicalPermit, permitCovers } from './destination-pattern.js';
import { canonicalGlob, globCovers } from './glob.js';
import { chain, FLAG, type Lattice, LEAST, permissions, restrictions } from './lattice.js';
import { type Clause, clauseCovers, clauseName, clausesOf } from './selector.js';

/** A held call: who may let it through, and how long it may wait. */
export interface ApprovalClause {
  readonly selects: Clause;
  /** `any` is the weakest; `owner` and `soc` stand side by side: both given, both must. */
  readonly by: 'any' | 'owner' | 'soc';
  readonly timeoutMs: number;
}

/** At most `calls` of the selected calls, counted together, in any stretch of `perMs`. */
export interface RateClause {
  readonly selects: readonly Clause[];
  readonly calls: number;
  readonly perMs: number;
}

export interface GenerationLimits {
  readonly maxOutputTokens?: number;
  readonly denyToolUse?: true;
}

export const AUTH_LEVELS = ['mfa', 'passwordless', 'phishing-resistant'] as const;
export type AuthLevel = (typeof AUTH_LEVELS)[number];
export const SANDBOX_LEVELS = ['process', 'container', 'vm'] as const;
export type SandboxLevel = (typeof SANDBOX_LEVELS)[number];
export type Masked = ControlOf<'data.mask'>['what'][number];

export interface Restrictions {
  'tool.block': readonly Clause[];
  'tool.requireApproval': readonly ApprovalClause[];
  'scope.narrow': readonly string[];
  'auth.strength': AuthLevel;
  'auth.reauthenticate': number;
  'egress.allow': readonly string[];
  'model.deny': readonly string[];
  'sandbox.require': SandboxLevel;
  'data.mask': readonly Masked[];
  'generation.guard': GenerationLimits;
  'rate.limit': readonly RateClause[];
  'session.suspend': true;
  'agent.disable': true;
}

const same = (text: string) => text;
const blocks = restrictions(clauseCovers, clauseName);
const globs = restrictions(globCovers, same);
const byCovers = (strict: ApprovalClause['by'], weak: ApprovalClause['by']) => weak === 'any' || strict === weak;
const holds = restrictions<ApprovalClause>(
  (a, b) => clauseCovers(a.selects, b.selects) && byCovers(a.by, b.by) && a.timeoutMs <= b.timeoutMs,
  (hold) => `${clauseName(hold.selects)} ${hold.by} ${hold.timeoutMs}`,
);
const rates = restrictions<RateClause>(
  (a, b) =>
    a.calls <= b.calls &&
    a.perMs >= b.perMs &&
    b.selects.every((narrow) => a.selects.some((wide) => clauseCovers(wide, narrow))),
  (rate) => `${rate.calls}/${rate.perMs} ${rate.selects.map(clauseName).join(' ')}`,
);
const egress = permissions<string>(
  (a, b) => (permitCovers(a, b) ? b : permitCovers(b, a) ? a : undefined),
  permitCovers,
  same,
);
const scopes = permissions<string>(
  (a, b) => (a === b ? a : undefined),
  (a, b) => a === b,
  same,
);
const masks = restrictions<Masked>((a, b) => a === b || a === 'all', same);

const generation: Lattice<GenerationLimits> = {
  meet(a, b) {
    const tokens = Math.min(a.maxOutputTokens ?? Infinity, b.maxOutputTokens ?? Infinity);
    return {
      ...(tokens === Infinity ? {} : { maxOutputTokens: tokens }),
      ...((a.denyToolUse ?? b.denyToolUse) ? { denyToolUse: true as const } : {}),
    };
  },
  below: (a, b) =>
    (a.maxOutputTokens ?? Infinity) <= (b.maxOutputTokens ?? Infinity) &&
    (b.denyToolUse !== true || a.denyToolUse === true),
};

export const CONTROL_LATTICES: { readonly [K in ControlName]: Lattice<Restrictions[K]> } = {
  'tool.block': blocks,
  'tool.requireApproval': holds,
  'scope.narrow': scopes,
  'auth.strength': chain(AUTH_LEVELS),
  'auth.reauthenticate': LEAST,
  'egress.allow': egress,
  'model.deny': globs,
  'sandbox.require': chain(SANDBOX_LEVELS),
  'data.mask': masks,
  'generation.guard': generation,
  'rate.limit': rates,
  'session.suspend': FLAG,
  'agent.disable': FLAG,
};

/** A control's parameters as a restriction, in canonical form. Where it takes nothing away: `undefined`. */
export function restrictionOf(
  control: Control,
): { [K in ControlName]: { name: K; value: Restrictions[K] } }[ControlName] | undefined {
  switch (control.control) {
    case 'tool.block': {
      const value = blocks.canonical(clausesOf(control));
      return value.length === 0 ? undefined : { name: 'tool.block', value };
    }
    case 'tool.requireApproval': {
      const value = holds.canonical(
        clausesOf(control).map((selects) => ({ selects, by: control.by ?? 'any', timeoutMs: control.timeoutMs })),
      );
      return value.length === 0 ? undefined : { name: 'tool.requireApproval', value };
    }
    case 'rate.limit': {
      const selects = blocks.canonical(clausesOf(control));
      return selects.length === 0
        ? undefined
        : { name: 'rate.limit', value: [{ selects, calls: control.calls, perMs: control.perMs }] };
    }
    case 'scope.narrow':
      return { name: 'scope.narrow', value: scopes.canonical(control.scopes) };
    case 'auth.strength':
      return { name: 'auth.strength', value: control.level };
    case 'auth.reauthenticate':
      return { name: 'auth.reauthenticate', value: control.withinMs };
    case 'egress.allow':
      return { name: 'egress.allow', value: egress.canonical(control.domains.map(canonicalPermit)) };
    case 'model.deny': {
      const value = globs.canonical(control.models.map(canonicalGlob));
      return value.length === 0 ? undefined : { name: 'model.deny', value };
    }
    case 'sandbox.require':
      return { name: 'sandbox.require', value: control.level };
    case 'data.mask': {
      const value = masks.canonical(control.what);
      return value.length === 0 ? undefined : { name: 'data.mask', value };
    }
    case 'generation.guard': {
      const value = generation.meet(
        {},
        {
          ...(control.maxOutputTokens === undefined ? {} : { maxOutputTokens: control.maxOutputTokens }),
          ...(control.denyToolUse ? { denyToolUse: true } : {}),
        },
      );
      return Object.keys(value).length === 0 ? undefined : { name: 'generation.guard', value };
    }
    case 'session.suspend':
      return { name: 'session.suspend', value: true };
    case 'agent.disable':
      return { name: 'agent.disable', value: true };
  }
}
