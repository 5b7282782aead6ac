/** From a playbook that fired to a contraction: who is the target, what holds it back, whether one is there already. */
import type { Severity } from '../../schemas/common.js';
import { TRUSTS } from '../../schemas/common.js';
import type { Contraction, Until } from '../../schemas/contraction.js';
import type { Control } from '../../schemas/control.js';
import { type EntityRef, entityKey, sameEntity } from '../../schemas/entity.js';
import { shortHash } from '../runtime/hash.js';
import type { Cause } from './cause.js';
import { enter, leave } from './contraction-book.js';
import { fleetSize } from './fleet.js';
import { incidentId, withContraction } from './incident.js';
import { endedKey, fleetKey, groundsKey, incidentKey, liveKey, playbookKey, riskKey, targetKey } from './keys.js';
import { type Actor, ENGINE, isOver, open, repeat } from './ledger.js';
import { exceptionFor } from './match.js';
import { resolveTemplate } from './playbook/controls.js';
import type { CompiledPlaybook, ConditionContext, Mode } from './playbook/types.js';
import {
  type FleetState,
  type GroundsState,
  MAX_GROUNDS,
  NO_GROUNDS,
  NO_PLAYBOOK,
  NO_TARGET,
  type PlaybookState,
  type TargetState,
} from './states.js';
import type { Workspace } from './workspace.js';

export interface ContainmentOptions {
  leaseMs: number;
  /** No new effect may begin: what fires is recorded, and what is active gains no controls. */
  paused: boolean;
  /** What its condition looked at. */
  ground: ConditionContext;
}

export type Outcome = { did: 'opened' | 'repeated'; contraction: Contraction } | { did: 'nothing'; why: string };

const nothing = (why: string): Outcome => ({ did: 'nothing', why });

export function targetOf(playbook: CompiledPlaybook, cause: Cause): EntityRef | undefined {
  const { tenant, finding } = cause;
  const ids: Record<CompiledPlaybook['target'], string | undefined> = {
    session: cause.unnamed === true ? undefined : cause.sessionId,
    agent: cause.unnamed === true ? undefined : cause.agentId,
    blueprint: finding?.blueprint,
    user: finding?.userId ?? cause.userId,
    tool: finding?.tool,
    model: finding?.model,
  };
  const id = ids[playbook.target];
  return id === undefined ? undefined : { tenant, type: playbook.target, id };
}

/** The id a contraction will have: the same cause always makes the same one. */
export function contractionId(
  playbook: CompiledPlaybook,
  target: EntityRef,
  cause: Pick<Cause, 'tenant' | 'id'>,
): string {
  return shortHash(cause.tenant, playbook.id, entityKey(target), cause.id);
}

/** The states of what this cause may make. */
export function keysOfOutcome(playbook: CompiledPlaybook, cause: Cause): string[] {
  const target = targetOf(playbook, cause);
  const incidents = [cause.id, `${cause.id} ${playbook.id}`].map((first) =>
    incidentKey(cause.tenant, incidentId(cause.tenant, first)),
  );
  return [
    playbookKey(cause.tenant, playbook.id),
    ...incidents,
    ...(target
      ? [
          targetKey(target),
          riskKey(target),
          ...[liveKey, endedKey, groundsKey].map((keyOf) =>
            keyOf(cause.tenant, contractionId(playbook, target, cause)),
          ),
        ]
      : []),
  ];
}

/** Power follows trust: a strong control is left out where the identity was only claimed (invariant 12). */
function controlsOf(playbook: CompiledPlaybook, cause: Cause): { controls: Control[]; withheld: string[] } {
  const withheld: string[] = [];
  const controls = playbook.templates.flatMap((template, index) => {
    const needed = playbook.trusts[index] ?? 'claimed';
    const resolved = resolveTemplate(template, cause.finding);
    if (TRUSTS.indexOf(cause.trust) >= TRUSTS.indexOf(needed)) return resolved;
    withheld.push(...resolved.map(({ control }) => control));
    return [];
  });
  return { controls, withheld };
}

/** The live one that a repeat belongs to: same playbook at the same version, same target, and same session where it counts by session. */
function liveOf(work: Workspace, playbook: CompiledPlaybook, target: EntityRef, cause: Cause): Contraction | undefined {
  const bySession =
    playbook.trigger.kind === 'finding' && playbook.trigger.by === 'session' && playbook.target !== 'session';
  return (work.get<TargetState>(targetKey(target))?.live ?? [])
    .map((id) => work.contraction(cause.tenant, id))
    .find(
      (contraction) =>
        contraction !== undefined &&
        !isOver(contraction) &&
        contraction.playbook?.id === playbook.id &&
        contraction.playbook.version === playbook.version &&
        sameEntity(contraction.target, target) &&
        (!bySession || contraction.sessionIds.includes(cause.sessionId)),
    );
}

/** Counted before any effect, in the playbook's own state, which has one writer: a cap cannot be overrun. */
function beyondLimits(work: Workspace, playbook: CompiledPlaybook, cause: Cause): string | undefined {
  const { targets, fleetPercent } = playbook.limits;
  if (targets === undefined && fleetPercent === undefined) return undefined;
  const key = playbookKey(cause.tenant, playbook.id);
  const state = work.get<PlaybookState>(key) ?? NO_PLAYBOOK;
  const live = state.live ?? {};
  // From here on every enforced contraction of it is counted.
  if (state.live === undefined) work.put(key, { ...state, live });
  const count = Object.keys(live).length;
  if (targets !== undefined && count >= targets) return `${count} of ${targets} targets are contracted`;
  if (fleetPercent === undefined) return undefined;
  const agents = new Set([...Object.values(live), cause.agentId]).size;
  const known = fleetSize(work.get<FleetState>(fleetKey(cause.tenant)));
  const allowed = Math.max(1, Math.floor((known * fleetPercent) / 100));
  return agents > allowed
    ? `${agents} of ${known} agents would be contracted, ${fleetPercent}% are allowed`
    : undefined;
}

function untilOf(playbook: CompiledPlaybook, cause: Cause): Until | undefined {
  const until = playbook.revert?.until;
  if (until?.kind !== 'alert-resolved') return until;
  return cause.alertId === undefined ? undefined : { kind: 'alert-resolved', alertId: cause.alertId };
}

/** Why a playbook may not act on this target now. */
function heldOff(work: Workspace, playbook: CompiledPlaybook, target: EntityRef): string | undefined {
  const state = work.get<TargetState>(targetKey(target)) ?? NO_TARGET;
  if ((state.suppressed[playbook.id] ?? 0) > work.nowMs) return 'a person lifted it here and asked for quiet';
  if ((state.cooldown[playbook.id] ?? 0) > work.nowMs) return 'it rests here after its last contraction';
  return undefined;
}

/** Keeps what a contraction stands on, so that an exception written later can be held against it. */
function addGround(work: Workspace, { tenant, id }: Contraction, ground: ConditionContext): void {
  const before = work.get<GroundsState>(groundsKey(tenant, id)) ?? NO_GROUNDS;
  work.put(groundsKey(tenant, id), {
    grounds: [...before.grounds, ground].slice(-MAX_GROUNDS),
    dropped: before.dropped + Math.max(0, before.grounds.length + 1 - MAX_GROUNDS),
  });
}

/**
 * Why a live contraction may go: everything it stands on is covered by exceptions as they are now. `undefined`: it stays,
 * also where not all it stands on is known any more.
 */
export function exceptedBy(work: Workspace, contraction: Contraction, playbook: CompiledPlaybook): string | undefined {
  const { grounds, dropped } = work.get<GroundsState>(groundsKey(contraction.tenant, contraction.id)) ?? NO_GROUNDS;
  if (grounds.length === 0 || dropped > 0 || playbook.exceptions.length === 0) return undefined;
  const reasons = grounds.map((ground) => exceptionFor(playbook, ground, work.nowMs));
  return reasons.every((reason) => reason !== undefined) ? reasons[0] : undefined;
}

/** Makes the contraction, or renews the one that is there. `storyId`: the incident it belongs to. */
export function contain(
  work: Workspace,
  playbook: CompiledPlaybook,
  wantedMode: Mode,
  cause: Cause,
  storyId: string | undefined,
  options: ContainmentOptions,
): Outcome {
  const { revert } = playbook;
  const mode = options.paused ? 'observe' : wantedMode;
  const until = untilOf(playbook, cause);
  if (!revert || !until) return nothing('it contracts nothing');
  const target = targetOf(playbook, cause);
  if (!target) return nothing(`the ${cause.alertId === undefined ? 'finding' : 'alert'} names no ${playbook.target}`);
  const held = heldOff(work, playbook, target);
  if (held !== undefined) return nothing(held);
  const { controls, withheld } = controlsOf(playbook, cause);
  if (controls.length === 0)
    return nothing(
      withheld.length > 0 ? `${withheld.join(', ')} need an authenticated identity` : 'nothing was predicted',
    );
  const actor: Actor = { by: ENGINE, reason: cause.title };

  const live = liveOf(work, playbook, target, cause);
  const promoted = live?.mode === 'observe' && mode === 'enforce';
  if (live && !promoted) {
    if (playbook.onRepeat === 'ignore') return nothing('one is active, and repeats are ignored');
    const added = options.paused && live.mode === 'enforce' ? [] : controls;
    const repeated = repeat(
      live,
      { findingId: cause.id, sessionId: cause.sessionId, trust: cause.trust, controls: added },
      work.nowMs,
      options.leaseMs,
      actor,
    );
    enter(work, repeated);
    addGround(work, repeated, options.ground);
    return { did: 'repeated', contraction: repeated };
  }

  const beyond = mode === 'enforce' ? beyondLimits(work, playbook, cause) : undefined;
  const observed = beyond !== undefined && playbook.limits.over === 'observe';
  const contraction = open(
    {
      id: contractionId(playbook, target, cause),
      tenant: cause.tenant,
      mode: observed ? 'observe' : mode,
      target,
      controls,
      playbook: { id: playbook.id, name: playbook.name, version: playbook.version, title: playbook.title },
      findingIds: [cause.id],
      ...(storyId === undefined ? {} : { incidentId: storyId }),
      sessionIds: [cause.sessionId],
      trust: cause.trust,
      createdAtMs: work.nowMs,
      leaseMs: options.leaseMs,
      maxAtMs: work.nowMs + revert.maxMs,
      until,
      atMax: revert.atMax,
      engineGone: revert.engineGone,
    },
    work.nowMs,
    beyond === undefined ? actor : { ...actor, reason: `${cause.title}; ${beyond}` },
    beyond !== undefined && !observed,
  );
  if (work.wasContracted(cause.tenant, contraction.id)) return nothing('it was made before');
  if (live && promoted)
    leave(work, live, {
      reason: 'superseded',
      actor: { by: ENGINE, reason: 'the playbook enforces now' },
      cause: cause.id,
    });
  enter(work, contraction);
  addGround(work, contraction, options.ground);
  if (contraction.mode === 'enforce') {
    work.audit(
      cause.tenant,
      {
        by: ENGINE,
        act: contraction.state === 'active' ? 'contraction.open' : 'contraction.propose',
        subject: contraction.id,
        reason: `${playbook.title}: ${cause.title}`,
        outcome: contraction.state,
      },
      cause.id,
    );
  }
  return { did: 'opened', contraction };
}

const CONTROL_WORDS = (controls: readonly Control[]) => [...new Set(controls.map(({ control }) => control))].join(', ');

/** The incident with the contraction told in it. */
export function tellContraction(work: Workspace, contraction: Contraction, severity: Severity): void {
  if (contraction.incidentId === undefined) return;
  const incident = work.incident(contraction.tenant, contraction.incidentId);
  if (!incident) return;
  const { target } = contraction;
  const what = `${CONTROL_WORDS(contraction.controls)} on ${target.type} ${target.id}`;
  const text =
    contraction.state === 'awaiting_approval'
      ? `Waits for a person, beyond its limits: ${what}`
      : contraction.mode === 'observe'
        ? `Would have contracted (observing): ${what}`
        : `Contracted: ${what}`;
  work.putIncident(withContraction(incident, contraction, severity, text, work.nowMs));
}
