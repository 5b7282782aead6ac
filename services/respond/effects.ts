/**
 * A contraction's effects at enforcement points outside, as the ledger holds them: wanted in the same write that makes the
 * contraction active, to be taken back in the same write that ends it, and in between what the `effects` back-flow reports.
 * What a point could not do is raised as an incident of its own, once per contraction and point.
 */
import type { Contraction, Effect, EffectState } from '../../schemas/contraction.js';
import type { Incident } from '../../schemas/incident.js';
import type { SignalOf } from '../../schemas/signal.js';
import { mayMove } from '../policy/lifecycle.js';
import { keysOfContraction } from './contraction-book.js';
import { close, incidentId, openIncident, told } from './incident.js';
import { touchIncident } from './incident-book.js';
import { endedKey, incidentKey, liveKey } from './keys.js';
import { DECISION_POINT, ENGINE, finish } from './ledger.js';
import type { Workspace } from './workspace.js';

type Get = <T>(key: string) => T | undefined;
type EffectSignal = SignalOf<'effect'>;

const trouble = ({ tenant, contractionId, effectId }: EffectSignal): string =>
  incidentId(tenant, `enforcement ${contractionId} ${pointOf(effectId)}`);

const pointOf = (effectId: string): string => effectId.slice(effectId.lastIndexOf('/') + 1);

export function keysOfEffect(signal: EffectSignal, get: Get): string[] {
  const { tenant, contractionId } = signal;
  const contraction =
    get<Contraction>(liveKey(tenant, contractionId)) ?? get<Contraction>(endedKey(tenant, contractionId));
  return [
    liveKey(tenant, contractionId),
    endedKey(tenant, contractionId),
    incidentKey(tenant, trouble(signal)),
    ...(contraction ? keysOfContraction(get, contraction) : []),
  ];
}

const RAISED: Partial<Record<EffectState, { severity: 'medium' | 'high'; what: string }>> = {
  failed: { severity: 'medium', what: 'could not be carried out' },
  drifted: { severity: 'medium', what: 'was changed by a person' },
  revert_failed: { severity: 'high', what: 'could not be taken back' },
};

/** Takes a report in. One that is old, or says what could not have followed, changes nothing. */
export function stepEffect(signal: EffectSignal, work: Workspace): void {
  const { tenant, contractionId, effectId, state, revision } = signal;
  const contraction = work.contraction(tenant, contractionId);
  const effect = contraction?.effects.find(({ id }) => id === effectId);
  if (!contraction || !effect || effect.point === DECISION_POINT) return;
  if (revision <= (effect.revision ?? 0)) return;
  const moves = state !== effect.state && mayMove(effect.state, state);
  if (state !== effect.state && !moves) return;
  const { error: _e, note: _n, effectiveByMs: _b, ...rest } = effect;
  const next: Effect = {
    ...rest,
    state,
    revision,
    updatedAtMs: work.nowMs,
    ...(signal.error === undefined ? {} : { error: signal.error }),
    ...(signal.note === undefined ? {} : { note: signal.note }),
    ...(signal.effectiveByMs === undefined ? {} : { effectiveByMs: signal.effectiveByMs }),
  };
  const changed: Contraction = {
    ...contraction,
    effects: contraction.effects.map((each) => (each === effect ? next : each)),
  };
  const over = changed.state === 'ending' && settled(changed);
  work.putContraction(over ? finish(changed, work.nowMs) : changed);
  if (over)
    touchIncident(work, contraction, {
      atMs: work.nowMs,
      kind: 'revert',
      text: `${contraction.playbook?.title ?? 'Contraction'}: every enforcement point has taken it back.`,
      ref: contraction.id,
    });
  if (moves) tell(signal, changed, next, effect.state, work);
}

/** In an ending contraction a drifted effect is settled: what was ours is taken back, the rest is the person's. */
export function settled(contraction: Contraction): boolean {
  return contraction.effects.every(({ state }) => state === 'reverted' || state === 'drifted');
}

function tell(signal: EffectSignal, contraction: Contraction, effect: Effect, before: EffectState, work: Workspace) {
  const control = contraction.controls[effect.control]?.control ?? 'a control';
  const { tenant, target } = contraction;
  const raised = RAISED[effect.state];
  const id = trouble(signal);
  const known = work.incident(tenant, id);
  if (raised) {
    const text = `${control} on ${target.type} ${target.id} ${raised.what} at ${effect.point}${effect.error === undefined ? '' : `: ${effect.error}`}`;
    raise(work, known, { contraction, effect, text, severity: raised.severity });
    touchIncident(work, contraction, { atMs: work.nowMs, kind: 'page', text: `${text}.`, ref: contraction.id });
    work.audit(
      tenant,
      { by: ENGINE, act: `effect.${effect.state}`, subject: contraction.id, reason: text, outcome: effect.state },
      `${effect.id} ${signal.revision}`,
    );
    return;
  }
  const mended =
    (effect.state === 'applied' && before === 'failed') || (effect.state === 'reverted' && before === 'revert_failed');
  if (!mended || !known || known.status === 'closed') return;
  const text = `${control} is ${effect.state} at ${effect.point} now.`;
  const noted = told({ ...known, updatedAtMs: work.nowMs }, { atMs: work.nowMs, kind: 'note', text });
  const others = contraction.effects.some((each) => each.point === effect.point && RAISED[each.state] !== undefined);
  work.putIncident(others ? noted : close(noted, work.nowMs, 'Nothing is left to mend: closed.'));
}

/** It is not told of the contraction itself: a verdict on this incident is none on the attack, and lifts nothing. */
function raise(
  work: Workspace,
  known: Incident | undefined,
  about: { contraction: Contraction; effect: Effect; text: string; severity: 'medium' | 'high' },
): void {
  const { contraction, effect, text, severity } = about;
  const { tenant, target, playbook } = contraction;
  const incident =
    known ??
    openIncident(
      { tenant, entities: [target], traceIds: [] },
      {
        first: `enforcement ${contraction.id} ${effect.point}`,
        title: `Enforcement at ${effect.point} needs a person: ${target.type} ${target.id}`,
        severity,
        mode: 'enforce',
      },
      work.nowMs,
    );
  const { closedAtMs: _, ...open } = incident;
  work.putIncident(
    told(
      {
        ...open,
        status: known ? 'active' : 'new',
        severity: severity === 'high' ? 'high' : incident.severity,
        updatedAtMs: work.nowMs,
        playbooks: playbook
          ? [{ id: playbook.id, name: playbook.name, version: playbook.version }]
          : incident.playbooks,
      },
      { atMs: work.nowMs, kind: 'page', text: `${text}.`, ref: contraction.id },
    ),
  );
}
