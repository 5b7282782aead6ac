/**
 * Where live contractions are found without a scan: by target, by session, by alert, by playbook. Opening and ending one
 * keeps all of these in step with the ledger, in the same write.
 */
import type { Contraction, EndReason } from '../../schemas/contraction.js';
import { entityKey } from '../../schemas/entity.js';
import { alertKey, endedKey, groundsKey, liveKey, playbookKey, riskKey, sessionKey, targetKey } from './keys.js';
import { type Actor, end, ENGINE, isFrozen, isOver, renew } from './ledger.js';
import { chainOf, touchIncident } from './incident-book.js';
import {
  type AlertState,
  NO_ALERT,
  NO_SESSION,
  NO_TARGET,
  type PlaybookState,
  type SessionState,
  type TargetState,
} from './states.js';
import type { Workspace } from './workspace.js';

/** Every state that a change of this contraction may read or write. */
export function keysOfContraction(get: <T>(key: string) => T | undefined, contraction: Contraction): string[] {
  const { tenant, id, target, playbook, incidentId, until } = contraction;
  return [
    liveKey(tenant, id),
    endedKey(tenant, id),
    targetKey(target),
    riskKey(target),
    ...contraction.sessionIds.map((session) => sessionKey(tenant, session)),
    // What a person made stands on nothing but their word, and counts under no limit.
    ...(playbook ? [groundsKey(tenant, id), playbookKey(tenant, playbook.id)] : []),
    ...(incidentId === undefined ? [] : chainOf(get, tenant, incidentId)),
    ...(until.kind === 'alert-resolved' ? [alertKey(tenant, until.alertId)] : []),
  ];
}

const withId = (ids: readonly string[], id: string) => (ids.includes(id) ? ids : [...ids, id]);
const withoutId = (ids: readonly string[], id: string) => ids.filter((each) => each !== id);

/** Writes a contraction and finds it again from everywhere. Safe to repeat. */
export function enter(work: Workspace, contraction: Contraction): void {
  const { tenant, id, target, playbook, until } = contraction;
  work.putContraction(contraction);
  const onTarget = work.get<TargetState>(targetKey(target)) ?? NO_TARGET;
  if (!onTarget.live.includes(id)) work.put(targetKey(target), { ...onTarget, live: withId(onTarget.live, id) });
  for (const session of contraction.sessionIds) {
    const state = work.get<SessionState>(sessionKey(tenant, session)) ?? NO_SESSION;
    if (!state.live.includes(id))
      work.put(sessionKey(tenant, session), {
        ...state,
        live: withId(state.live, id),
        slept: withoutId(state.slept, id),
      });
  }
  // What waits for a person holds no place under the limits until it is approved.
  if (playbook && contraction.mode === 'enforce' && contraction.state === 'active') {
    const state = work.get<PlaybookState>(playbookKey(tenant, playbook.id));
    const agent = contraction.agentId ?? (target.type === 'agent' ? target.id : (contraction.sessionIds[0] ?? id));
    if (state?.live && !(id in state.live))
      work.put(playbookKey(tenant, playbook.id), {
        ...state,
        live: { ...state.live, [id]: { agent, target: entityKey(target) } },
      });
  }
  if (until.kind === 'alert-resolved') {
    const state = work.get<AlertState>(alertKey(tenant, until.alertId)) ?? NO_ALERT;
    if (!state.live.includes(id)) work.put(alertKey(tenant, until.alertId), { ...state, live: withId(state.live, id) });
  }
}

export interface Ending {
  reason: EndReason;
  actor: Actor;
  /** What set it off: makes the ids of what is written the same when it is repeated. */
  cause: string;
  /** Its playbook may not contract this target again for so long. */
  suppressMs?: number;
  /** The playbook's rest after an end. */
  cooldownMs?: number;
}

const END_WORDS: Readonly<Record<EndReason, string>> = {
  quiet: 'it has been quiet for long enough',
  'session-end': 'the session is over',
  'alert-resolved': 'the alert is resolved',
  verdict: 'a person judged the incident',
  lifted: 'a person lifted it',
  max: 'its longest time is over',
  'not-approved': 'nobody approved it in time',
  denied: 'a person refused it',
  superseded: 'another one took its place',
  'target-forgotten': 'its target was forgotten',
  excepted: 'an exception covers what made it',
};

/** Ends a live contraction everywhere. One that is not live is left as it is. */
export function leave(work: Workspace, contraction: Contraction, ending: Ending): void {
  const { tenant, id, target, playbook, until } = contraction;
  if (isOver(contraction)) return;
  if (isFrozen(contraction, work.nowMs) && ending.actor.by === ENGINE) {
    // A person froze it: it ends when that is over, and not before.
    const maxAtMs = Math.min(contraction.maxAtMs, contraction.frozenUntilMs ?? contraction.maxAtMs);
    work.putContraction(renew({ ...contraction, maxAtMs }, work.nowMs, contraction.leaseMs));
    return;
  }
  work.putContraction(end(contraction, ending.reason, work.nowMs, ending.actor));
  if (playbook && work.get(groundsKey(tenant, id)) !== undefined) work.put(groundsKey(tenant, id), undefined);
  const onTarget = work.get<TargetState>(targetKey(target)) ?? NO_TARGET;
  const suppressed = { ...current(onTarget.suppressed, work.nowMs) };
  const cooldown = { ...current(onTarget.cooldown, work.nowMs) };
  if (playbook && (ending.suppressMs ?? 0) > 0)
    suppressed[playbook.id] = Math.max(suppressed[playbook.id] ?? 0, work.nowMs + (ending.suppressMs ?? 0));
  if (playbook && (ending.cooldownMs ?? 0) > 0) cooldown[playbook.id] = work.nowMs + (ending.cooldownMs ?? 0);
  const left: TargetState = { ...onTarget, live: withoutId(onTarget.live, id), suppressed, cooldown };
  work.put(targetKey(target), isForgettable(left) ? undefined : left);
  for (const session of contraction.sessionIds) {
    const state = work.get<SessionState>(sessionKey(tenant, session));
    if (!state) continue;
    const sleeps = ending.reason === 'session-end' || (ending.reason === 'max' && isAsleep(state, contraction));
    const slept = sleeps ? withId(state.slept, id).slice(-20) : state.slept;
    work.put(sessionKey(tenant, session), { ...state, live: withoutId(state.live, id), slept });
  }
  giveUpPlace(work, contraction);
  if (until.kind === 'alert-resolved') {
    const state = work.get<AlertState>(alertKey(tenant, until.alertId)) ?? NO_ALERT;
    const live = withoutId(state.live, id);
    const forgotten = live.length === 0 && state.resolvedAtMs === undefined;
    work.put(alertKey(tenant, until.alertId), forgotten ? undefined : { ...state, live });
  }
  if (contraction.mode === 'enforce') {
    work.audit(
      tenant,
      { by: ending.actor.by, act: 'contraction.end', subject: id, reason: ending.actor.reason, outcome: ending.reason },
      ending.cause,
    );
  }
  touchIncident(work, contraction, {
    kind: 'revert',
    text: `${contraction.playbook?.title ?? 'Contraction'}: reverted, ${END_WORDS[ending.reason]}.`,
    ref: id,
    atMs: work.nowMs,
  });
}

/** Its conversation fell silent and was never said to be over: what tainted it is there if it comes back. */
const isAsleep = ({ idle }: SessionState, { until }: Contraction): boolean =>
  idle === true && until.kind === 'session-end';

/** It takes no place under the limits of its playbook any more. */
export function giveUpPlace(work: Workspace, { tenant, id, playbook }: Contraction): void {
  if (!playbook) return;
  const state = work.get<PlaybookState>(playbookKey(tenant, playbook.id));
  if (!state?.live || !(id in state.live)) return;
  const { [id]: _, ...live } = state.live;
  work.put(playbookKey(tenant, playbook.id), { ...state, live });
}

/** Nothing is on it, and nothing must be remembered of it. */
export function isForgettable({ live, suppressed, cooldown, ladder }: TargetState): boolean {
  return [live, Object.keys(suppressed), Object.keys(cooldown), Object.keys(ladder ?? {})].every(
    ({ length }) => length === 0,
  );
}

/** Without the entries whose time is over. */
function current(until: Readonly<Record<string, number>>, nowMs: number): Record<string, number> {
  return Object.fromEntries(Object.entries(until).filter(([, atMs]) => atMs > nowMs));
}
