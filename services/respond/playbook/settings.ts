/** What an operator may tune, from the playbook's file and from the overrides; the rest of a playbook is fixed. */
import type { Override } from '../../../schemas/overrides.js';
import type { Playbook } from '../../../schemas/playbook.js';
import { parseDuration } from '../../runtime/config/duration.js';
import { glob } from '../../policy/glob.js';
import { controlNameOf } from './controls.js';
import type {
  CompiledLimits,
  CompiledRevert,
  CompiledTrigger,
  CompiledUntil,
  Condition,
  Setting,
  Template,
} from './types.js';

/** A target's risk below this is quiet, where the playbook does not say. */
const QUIET_BELOW = 30;
/** How long a contraction beyond the limits waits for a person: apart from how long it would hold. */
const APPROVE_WITHIN = '1h';
const ms = (text: string): number => parseDuration(text) ?? NaN;
type Thresholds = NonNullable<Override['thresholds']>;
type Written = NonNullable<Playbook['revert']>;

export function triggerOf({ trigger, target }: Playbook, risk: number | undefined): CompiledTrigger {
  if ('finding' in trigger) {
    const types = typeof trigger.finding === 'string' ? [trigger.finding] : trigger.finding;
    const matchers = types.map((type) => glob(type));
    const own = target === 'predicted' ? 'session' : target === 'neighbours' ? 'agent' : target;
    return {
      kind: 'finding',
      types,
      matches: (type) => matchers.some((matches) => matches(type)),
      by: trigger.by ?? own,
    };
  }
  if ('risk' in trigger)
    return {
      kind: 'risk',
      entity: trigger.risk.entity,
      above: risk ?? trigger.risk.above,
      on: trigger.risk.on ?? 'edge',
    };
  return { kind: 'alert', title: trigger.alert.title ?? '*', matches: glob(trigger.alert.title ?? '*') };
}

function untilOf(until: Written['until'], thresholds: Thresholds): CompiledUntil {
  if (typeof until === 'object')
    return {
      kind: 'quiet',
      below: thresholds.quietBelow ?? until.quiet.below ?? QUIET_BELOW,
      forMs: ms(thresholds.quietFor ?? until.quiet.for),
    };
  return { kind: until === 'sessionEnd' ? 'session-end' : until === 'alertResolved' ? 'alert-resolved' : 'verdict' };
}

function revertOf(
  { revert, contract }: Playbook,
  templates: readonly Template[],
  thresholds: Thresholds,
): CompiledRevert | undefined {
  if (!revert || !contract || contract.length === 0) return undefined;
  const released = (revert.stages ?? []).map(({ release, after }) => ({
    templates: templates.flatMap((template, at) =>
      (release as readonly string[]).includes(controlNameOf(template)) ? [at] : [],
    ),
    // Thresholds tune the end, not the steps before it.
    until: untilOf(after, {}),
  }));
  const taken = new Set(released.flatMap(({ templates: places }) => places));
  return {
    stages: [
      ...released,
      { templates: [...templates.keys()].filter((at) => !taken.has(at)), until: untilOf(revert.until, thresholds) },
    ],
    maxMs: ms(thresholds.max ?? revert.max),
    atMax: { quiet: 'revert', active: revert.atMax?.active ?? 'revert' },
    engineGone: revert.engineGone ?? 'lapse',
  };
}

function limitsOf({ limits }: Playbook, tuned: Thresholds['limits'] = {}): CompiledLimits {
  const contractions = tuned.contractions ?? limits?.contractions;
  return {
    targets: tuned.targets ?? limits?.targets,
    fleetPercent: tuned.fleetPercent ?? limits?.fleetPercent,
    contractions: contractions && { most: contractions.most, perMs: ms(contractions.per) },
    over: tuned.over ?? limits?.over ?? 'requireApproval',
    approveWithinMs: ms(tuned.approveWithin ?? limits?.approveWithin ?? APPROVE_WITHIN),
  };
}

/** `override` undefined: as the file says. */
export function settingOf(
  playbook: Playbook,
  templates: readonly Template[],
  when: Condition | undefined,
  override?: Override,
): Setting {
  const thresholds = override?.thresholds ?? {};
  const agents = override?.agents?.map((pattern) => glob(pattern));
  const cooldown = thresholds.cooldown ?? playbook.cooldown;
  return {
    mode: override?.mode ?? playbook.mode ?? 'observe',
    agents: agents && {
      names: override?.agents ?? [],
      matches: (agentId) => agents.some((matches) => matches(agentId)),
    },
    when,
    trigger: triggerOf(playbook, thresholds.risk),
    limits: limitsOf(playbook, thresholds.limits),
    cooldownMs: cooldown === undefined ? 0 : ms(cooldown),
    revert: revertOf(playbook, templates, thresholds),
  };
}
