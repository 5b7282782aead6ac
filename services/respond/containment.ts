/** From a playbook that fired to contractions: on whom, in which stages, what holds them back, whether they are there already. */
import type { Severity } from '../../schemas/common.js';
import { TRUSTS } from '../../schemas/common.js';
import type { Contraction, Until } from '../../schemas/contraction.js';
import type { Control } from '../../schemas/control.js';
import { type EntityRef, entityKey, sameEntity } from '../../schemas/entity.js';
import { shortHash } from '../runtime/hash.js';
import type { Cause } from './cause.js';
import { enter, leave } from './contraction-book.js';
import { addGround } from './grounds.js';
import { incidentId, withContraction } from './incident.js';
import { endedKey, groundsKey, incidentKey, liveKey, playbookKey, riskKey, targetKey } from './keys.js';
import { climb, lengthAt, levelAt } from './ladder.js';
import { type Actor, ENGINE, isOver, open, repeat } from './ledger.js';
import { note, type Notes } from './notes.js';
import { resolveTemplate } from './playbook/controls.js';
import type {
  CompiledPlaybook,
  CompiledRevert,
  CompiledStage,
  CompiledUntil,
  ConditionContext,
  Mode,
  Setting,
} from './playbook/types.js';
import { authorAt, settingAt } from './playbook/types.js';
import { beyondLimits, countMade } from './reservation.js';
import { NO_TARGET, type TargetState } from './states.js';
import { targetsOf } from './targets.js';
import type { Workspace } from './workspace.js';

export interface ContainmentOptions {
  leaseMs: number;
  /** No new effect may begin: what fires is recorded, and what is active gains no controls. */
  paused: boolean;
  /** What its condition looked at. */
  ground: ConditionContext;
  notes?: Notes;
}

export type Outcome = { did: 'opened' | 'repeated'; contraction: Contraction } | { did: 'nothing'; why: string };

const nothing = (why: string): Outcome => ({ did: 'nothing', why });

/** The id a contraction will have: the same cause always makes the same one. */
export function contractionId(
  playbook: Pick<CompiledPlaybook, 'id'>,
  target: EntityRef,
  cause: Pick<Cause, 'tenant' | 'id'>,
  stage?: number,
): string {
  return shortHash(
    cause.tenant,
    playbook.id,
    entityKey(target),
    cause.id,
    ...(stage === undefined ? [] : [`stage ${stage}`]),
  );
}

/** The place of a stage in ids and records; a playbook of one stage has none. */
function placesOf(revert: CompiledRevert | undefined): (number | undefined)[] {
  const count = revert?.stages.length ?? 1;
  return count === 1 ? [undefined] : Array.from({ length: count }, (_, at) => at);
}

/** The states of what this cause may make. */
export function keysOfOutcome(playbook: CompiledPlaybook, cause: Cause): string[] {
  const { tenant } = cause;
  const incidents = [cause.id, `${cause.id} ${playbook.id}`].map((first) =>
    incidentKey(tenant, incidentId(tenant, first)),
  );
  const targets = targetsOf(playbook, cause);
  const places = placesOf(playbook.shipped.revert);
  return [
    playbookKey(tenant, playbook.id),
    ...incidents,
    ...targets.flatMap((target) => [
      targetKey(target),
      riskKey(target),
      ...places.flatMap((place) => {
        const id = contractionId(playbook, target, cause, place);
        return [liveKey, endedKey, groundsKey].map((keyOf) => keyOf(tenant, id));
      }),
    ]),
  ];
}

/** Power follows trust: a strong control is left out where the identity was only claimed (invariant 12). */
function controlsOf(
  playbook: CompiledPlaybook,
  stage: CompiledStage,
  cause: Cause,
): { controls: Control[]; withheld: string[] } {
  const withheld: string[] = [];
  const controls = stage.templates.flatMap((at) => {
    const template = playbook.templates[at];
    if (!template) return [];
    const resolved = resolveTemplate(template, cause.finding);
    if (TRUSTS.indexOf(cause.trust) >= TRUSTS.indexOf(playbook.trusts[at] ?? 'claimed')) return resolved;
    withheld.push(...resolved.map(({ control }) => control));
    return [];
  });
  return { controls, withheld };
}

/**
 * The live one that a repeat belongs to: same playbook at the same version, same target and stage, and same session where
 * it counts by session.
 */
function liveOf(
  work: Workspace,
  playbook: CompiledPlaybook,
  { trigger }: Setting,
  target: EntityRef,
  cause: Cause,
  place: number | undefined,
): Contraction | undefined {
  const bySession = trigger.kind === 'finding' && trigger.by === 'session' && target.type !== 'session';
  return (work.get<TargetState>(targetKey(target))?.live ?? [])
    .map((id) => work.contraction(cause.tenant, id))
    .find(
      (contraction) =>
        contraction !== undefined &&
        !isOver(contraction) &&
        contraction.playbook?.id === playbook.id &&
        contraction.playbook.version === playbook.version &&
        contraction.stage === place &&
        sameEntity(contraction.target, target) &&
        (!bySession || contraction.sessionIds.includes(cause.sessionId)),
    );
}

function untilOf(until: CompiledUntil, cause: Cause): Until | undefined {
  if (until.kind !== 'alert-resolved') return until;
  return cause.alertId === undefined ? undefined : { kind: 'alert-resolved', alertId: cause.alertId };
}

/** Why a playbook may not act on this target now. */
function heldOff(work: Workspace, playbook: CompiledPlaybook, target: EntityRef, notes: Notes): string | undefined {
  const state = work.get<TargetState>(targetKey(target)) ?? NO_TARGET;
  const on = `${target.type} ${target.id}`;
  const until = (atMs: number) => ({ until: new Date(atMs).toISOString() });
  const suppressed = state.suppressed[playbook.id] ?? 0;
  if (suppressed > work.nowMs) {
    note(notes, 'lift', false, `a person lifted it from ${on} and asked for quiet`, until(suppressed));
    return 'a person lifted it here and asked for quiet';
  }
  const cooldown = state.cooldown[playbook.id] ?? 0;
  if (cooldown > work.nowMs) {
    note(notes, 'cooldown', false, `it rests on ${on} after its last contraction`, until(cooldown));
    return 'it rests here after its last contraction';
  }
  return undefined;
}

/** What one firing works with, on one target. */
interface Firing {
  work: Workspace;
  playbook: CompiledPlaybook;
  setting: Setting;
  revert: CompiledRevert;
  mode: Mode;
  cause: Cause;
  target: EntityRef;
  storyId: string | undefined;
  options: ContainmentOptions;
  level: number;
  /** The limit that is reached; asked for once, before the first that is opened. */
  beyond: { asked: boolean; limit: string | undefined };
}

function lengthsOf(firing: Firing, until: Until, id: string): { until: Until; maxMs: number } {
  const { playbook, revert, level } = firing;
  const longer = (ms: number) => (playbook.escalation ? lengthAt(ms, level, playbook.escalation, id) : ms);
  return {
    maxMs: longer(revert.maxMs),
    until: until.kind === 'quiet' ? { ...until, forMs: longer(until.forMs) } : until,
  };
}

function again(firing: Firing, live: Contraction, controls: readonly Control[]): Outcome {
  const { work, playbook, cause, options, mode } = firing;
  if (playbook.onRepeat === 'ignore') {
    note(options.notes, 'repeat', false, 'one is active, and repeats are ignored', { contraction: live.id });
    return nothing('one is active, and repeats are ignored');
  }
  // What only observes by now lets stand what is enforced, and adds nothing to it. A pause has made the mode so too.
  const added = mode === 'observe' && live.mode === 'enforce' ? [] : controls;
  const repeated = repeat(
    live,
    { findingId: cause.id, sessionId: cause.sessionId, trust: cause.trust, controls: added },
    work.nowMs,
    options.leaseMs,
    { by: ENGINE, reason: cause.title },
  );
  enter(work, repeated);
  addGround(work, repeated, options.ground);
  return { did: 'repeated', contraction: repeated };
}

/** One stage on one target: renewed where it is there, else opened. */
function containStage(firing: Firing, stage: CompiledStage, place: number | undefined): Outcome {
  const { work, playbook, setting, revert, mode, cause, target, storyId, options } = firing;
  const { notes } = options;
  const until = untilOf(stage.until, cause);
  if (!until) return nothing('it contracts nothing');
  const { controls, withheld } = controlsOf(playbook, stage, cause);
  if (withheld.length > 0)
    note(notes, 'trust', false, `${withheld.join(', ')} need an authenticated identity`, { trust: cause.trust });
  if (controls.length === 0) {
    const why = withheld.length > 0 ? `${withheld.join(', ')} need an authenticated identity` : 'nothing was predicted';
    if (withheld.length === 0)
      note(
        notes,
        'controls',
        false,
        'the finding predicts nothing that could be restricted, and nothing stands in for it',
      );
    return nothing(why);
  }
  const live = liveOf(work, playbook, setting, target, cause, place);
  const promoted = live?.mode === 'observe' && mode === 'enforce';
  if (live && !promoted) return again(firing, live, controls);

  if (mode === 'enforce' && !firing.beyond.asked)
    firing.beyond = { asked: true, limit: beyondLimits(work, playbook, setting.limits, target, cause, notes) };
  const beyond = mode === 'enforce' ? firing.beyond.limit : undefined;
  const observed = beyond !== undefined && setting.limits.over === 'observe';
  const waits = beyond !== undefined && !observed;
  // Beyond its limits still: what is recorded already goes on being recorded, and is no new contraction.
  if (live && observed) return again(firing, live, controls);
  const author = waits ? authorAt(playbook, work.nowMs) : undefined;
  const id = contractionId(playbook, target, cause, place);
  const lengths = lengthsOf(firing, until, id);
  const actor: Actor = { by: ENGINE, reason: beyond === undefined ? cause.title : `${cause.title}; ${beyond}` };
  const notify = playbook.notify.map((name) => (name === 'owner' ? (playbook.owner ?? 'owner') : name));
  const contraction = open(
    {
      id,
      tenant: cause.tenant,
      mode: observed ? 'observe' : mode,
      target,
      controls,
      playbook: { id: playbook.id, name: playbook.name, version: playbook.version, title: playbook.title },
      ...(place === undefined ? {} : { stage: place }),
      ...(firing.level === 0 ? {} : { level: firing.level }),
      ...(setting.cooldownMs === 0 ? {} : { cooldownMs: setting.cooldownMs }),
      ...(notify.length === 0 ? {} : { notify }),
      findingIds: [cause.id],
      agentId: cause.agentId,
      ...(storyId === undefined ? {} : { incidentId: storyId }),
      sessionIds: [cause.sessionId],
      trust: cause.trust,
      createdAtMs: work.nowMs,
      leaseMs: options.leaseMs,
      maxAtMs: work.nowMs + lengths.maxMs,
      ...(waits ? { approveByMs: work.nowMs + setting.limits.approveWithinMs } : {}),
      ...(author === undefined ? {} : { author }),
      until: lengths.until,
      atMax: revert.atMax,
      engineGone: revert.engineGone,
    },
    work.nowMs,
    actor,
    waits,
  );
  if (work.wasContracted(cause.tenant, id)) return nothing('it was made before');
  if (live && promoted)
    leave(work, live, {
      reason: 'superseded',
      actor: { by: ENGINE, reason: 'the playbook enforces now' },
      cause: cause.id,
    });
  enter(work, contraction);
  addGround(work, contraction, options.ground);
  if (contraction.mode === 'enforce')
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
  return { did: 'opened', contraction };
}

function containTarget(firing: Firing): Outcome[] {
  const { work, playbook, setting, revert, target, cause, options } = firing;
  const held = heldOff(work, playbook, target, options.notes);
  if (held !== undefined) return [nothing(held)];
  const places = placesOf(revert);
  const outcomes = revert.stages.map((stage, at) => containStage(firing, stage, places[at]));
  const opened = outcomes.flatMap((outcome) => (outcome.did === 'opened' ? [outcome.contraction] : []));
  if (opened.length > 0) climb(work, playbook, target);
  if (opened.some(({ mode, state }) => mode === 'enforce' && state === 'active'))
    countMade(work, playbook, setting.limits, cause.tenant);
  return outcomes;
}

/**
 * Makes the contractions, or renews those that are there; one outcome for every stage on every target. `storyId`: the
 * incident they belong to.
 */
export function contain(
  work: Workspace,
  playbook: CompiledPlaybook,
  wantedMode: Mode,
  cause: Cause,
  storyId: string | undefined,
  options: ContainmentOptions,
): Outcome[] {
  const setting = settingAt(playbook, work.nowMs);
  const { revert } = setting;
  if (options.paused) note(options.notes, 'pause', false, 'the engine is paused: recorded, and not enforced');
  const mode = options.paused ? 'observe' : wantedMode;
  if (!revert || (cause.alertId === undefined && revert.stages.every(({ until }) => until.kind === 'alert-resolved')))
    return [nothing('it contracts nothing')];
  const targets = targetsOf(playbook, cause);
  if (targets.length === 0) {
    const why =
      playbook.target === 'neighbours'
        ? 'no neighbours are known'
        : `the ${cause.alertId === undefined ? 'finding' : 'alert'} names no ${playbook.target}`;
    note(options.notes, 'target', false, why);
    return [nothing(why)];
  }
  return targets.flatMap((target) => {
    const ladder = work.get<TargetState>(targetKey(target))?.ladder?.[playbook.id];
    const level = playbook.escalation ? levelAt(ladder, work.nowMs) : 0;
    const beyond = { asked: false, limit: undefined };
    return containTarget({ work, playbook, setting, revert, mode, cause, target, storyId, options, level, beyond });
  });
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
