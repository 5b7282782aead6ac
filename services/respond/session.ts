/**
 * What a conversation's end, return or true name means for its contractions. The taint belongs to the conversation: what
 * its end ended comes back with it (invariant 5), before the first call of the resumed conversation is decided.
 */
import type { Contraction } from '../../schemas/contraction.js';
import type { EntityRef } from '../../schemas/entity.js';
import type { SignalOf } from '../../schemas/signal.js';
import { shortHash } from '../runtime/hash.js';
import { enter, giveUpPlace, keysOfContraction, leave } from './contraction-book.js';
import { chainOf, touchIncident } from './incident-book.js';
import { endedKey, incidentKey, liveKey, playbookKey, riskKey, sessionKey, targetKey, tenantKey } from './keys.js';
import { ENGINE, isOver, open } from './ledger.js';
import { merge } from './incident.js';
import { NO_SESSION, type SessionState, type TargetState, type TenantState } from './states.js';
import type { Workspace } from './workspace.js';

type Get = <T>(key: string) => T | undefined;
type SessionSignal = SignalOf<'session'>;

function keysOfOne(get: Get, tenant: string, session: string): string[] {
  const key = sessionKey(tenant, session);
  const state = get<SessionState>(key);
  const target: EntityRef = { tenant, type: 'session', id: session };
  const live = [...(state?.live ?? []), ...(get<TargetState>(targetKey(target))?.live ?? [])];
  return [
    key,
    targetKey(target),
    riskKey(target),
    ...live.flatMap((id) => {
      const contraction = get<Contraction>(liveKey(tenant, id));
      return [liveKey(tenant, id), ...(contraction ? keysOfContraction(get, contraction) : [])];
    }),
    ...(state?.slept ?? []).flatMap((id) => {
      const contraction = get<Contraction>(endedKey(tenant, id));
      return [
        endedKey(tenant, id),
        liveKey(tenant, id),
        liveKey(tenant, wokenId(tenant, id, session)),
        endedKey(tenant, wokenId(tenant, id, session)),
        ...(contraction
          ? [
              ...keysOfContraction(get, contraction),
              ...(contraction.playbook ? [playbookKey(tenant, contraction.playbook.id)] : []),
            ]
          : []),
      ];
    }),
    ...(state?.incidentId === undefined ? [] : chainOf(get, tenant, state.incidentId)),
  ];
}

export function keysOfSession(signal: SessionSignal, get: Get): string[] {
  const { tenant, sessionId, canonicalId } = signal;
  const canonical = canonicalId === undefined ? [] : keysOfOne(get, tenant, canonicalId);
  const twins =
    canonicalId === undefined
      ? []
      : (get<SessionState>(sessionKey(tenant, sessionId))?.live ?? []).flatMap((id) => {
          const twin = twinId(tenant, id, canonicalId);
          return [liveKey(tenant, twin), endedKey(tenant, twin)];
        });
  return [...keysOfOne(get, tenant, sessionId), ...canonical, ...twins];
}

const wokenId = (tenant: string, id: string, session: string) => shortHash(tenant, 'resumed', id, session);
const twinId = (tenant: string, id: string, canonicalId: string) => shortHash(tenant, 'alias', id, canonicalId);

function liveOf(work: Workspace, tenant: string, session: string): Contraction[] {
  const ids = work.get<SessionState>(sessionKey(tenant, session))?.live ?? [];
  return ids
    .map((id) => work.contraction(tenant, id))
    .filter((contraction) => contraction !== undefined && !isOver(contraction)) as Contraction[];
}

function ended(signal: SessionSignal, work: Workspace): void {
  const { tenant, sessionId } = signal;
  const key = sessionKey(tenant, sessionId);
  const before = work.get<SessionState>(key);
  // A conversation that nothing ever happened in leaves no trace here.
  if (!before) return;
  if (signal.idle === true) {
    fellSilent(before, signal, work);
    return;
  }
  const { idle: _, ...rest } = before;
  work.put(key, { ...rest, ended: true });
  for (const contraction of liveOf(work, tenant, sessionId)) {
    if (contraction.until.kind !== 'session-end') continue;
    const goesOn = contraction.sessionIds.some(
      (session) => session !== sessionId && work.get<SessionState>(sessionKey(tenant, session))?.ended !== true,
    );
    if (goesOn) continue;
    leave(work, contraction, {
      reason: 'session-end',
      actor: { by: ENGINE, reason: signal.reason ?? 'the session ended' },
      cause: `${sessionId} ${signal.timeMs}`,
    });
  }
}

/**
 * Quiet is not safe: what holds until the conversation is over stays in force while it only keeps silent, until `max` at
 * most. It takes no place under its playbook's limits meanwhile, since it restricts nobody who does anything.
 */
function fellSilent(before: SessionState, { tenant, sessionId }: SessionSignal, work: Workspace): void {
  work.put(sessionKey(tenant, sessionId), { ...before, idle: true });
  for (const contraction of liveOf(work, tenant, sessionId))
    if (
      contraction.until.kind === 'session-end' &&
      contraction.sessionIds.every((session) => isSilent(work.get<SessionState>(sessionKey(tenant, session))))
    )
      giveUpPlace(work, contraction);
}

const isSilent = (session: SessionState | undefined): boolean => session?.ended === true || session?.idle === true;

function resumed(signal: SessionSignal, work: Workspace, leaseMs: number): void {
  const { tenant, sessionId } = signal;
  const key = sessionKey(tenant, sessionId);
  const before = work.get<SessionState>(key);
  if (!before) return;
  const { ended: _, idle, ...awake } = before;
  work.put(key, { ...awake, slept: [] });
  if (idle === true) for (const contraction of liveOf(work, tenant, sessionId)) enter(work, contraction);
  for (const id of before.slept) {
    const slept = work.get<Contraction>(endedKey(tenant, id)) ?? work.contraction(tenant, id);
    if (!slept) continue;
    const reason = 'the conversation came back, and what tainted it is still in it';
    const woken = open(
      {
        ...openingOf(slept),
        mode: modeNow(work, slept),
        id: wokenId(tenant, id, sessionId),
        createdAtMs: work.nowMs,
        leaseMs,
        maxAtMs: work.nowMs + (slept.maxAtMs - slept.createdAtMs),
      },
      work.nowMs,
      { by: ENGINE, reason },
      false,
    );
    if (work.wasContracted(tenant, woken.id)) continue;
    enter(work, woken);
    if (woken.mode === 'enforce')
      work.audit(
        tenant,
        { by: ENGINE, act: 'contraction.open', subject: woken.id, reason, outcome: woken.state },
        `${sessionId} ${signal.timeMs}`,
      );
    touchIncident(work, woken, {
      atMs: work.nowMs,
      kind: 'contraction',
      text: `${woken.playbook?.title ?? 'Contraction'}: contracted again, ${reason}.`,
      ref: woken.id,
    });
  }
}

/** While paused nothing new takes effect: it is recorded, and enforced by the next finding after `resume`. */
function modeNow(work: Workspace, contraction: Contraction): Contraction['mode'] {
  return work.get<TenantState>(tenantKey(contraction.tenant))?.paused === undefined ? contraction.mode : 'observe';
}

/** What a contraction was opened with, without what became of it. */
function openingOf(contraction: Contraction) {
  const {
    schemaVersion: _v,
    version: _n,
    state: _s,
    leaseUntilMs: _l,
    lastSignalAtMs: _a,
    attempts: _t,
    effects: _e,
    history: _h,
    endedAtMs: _d,
    endReason: _r,
    paged: _p,
    ...opening
  } = contraction;
  return opening;
}

/** The conversation turned out to be part of another: its contractions hold there too, its incident is the same. */
function aliased(signal: SessionSignal, work: Workspace, leaseMs: number): void {
  const { tenant, sessionId, canonicalId } = signal;
  if (canonicalId === undefined || canonicalId === sessionId) return;
  const alias = work.get<SessionState>(sessionKey(tenant, sessionId));
  if (!alias) return;
  const canonical = work.get<SessionState>(sessionKey(tenant, canonicalId)) ?? NO_SESSION;
  const seen = [...new Set([...canonical.seen, ...alias.seen])].slice(-256);
  work.put(sessionKey(tenant, canonicalId), {
    ...canonical,
    seen,
    ...(canonical.incidentId === undefined && alias.incidentId !== undefined ? { incidentId: alias.incidentId } : {}),
  });
  joinIncidents(alias.incidentId, canonical.incidentId, tenant, work);
  for (const contraction of liveOf(work, tenant, sessionId)) {
    if (contraction.target.type !== 'session' || contraction.target.id !== sessionId) continue;
    const id = twinId(tenant, contraction.id, canonicalId);
    if (work.wasContracted(tenant, id)) continue;
    const twin = open(
      {
        ...openingOf(contraction),
        mode: modeNow(work, contraction),
        id,
        target: { tenant, type: 'session', id: canonicalId },
        sessionIds: [canonicalId],
        createdAtMs: work.nowMs,
        leaseMs,
        ...(contraction.paged === true ? { paged: true } : {}),
      },
      work.nowMs,
      { by: ENGINE, reason: `session ${sessionId} is part of ${canonicalId}` },
      contraction.state === 'awaiting_approval',
    );
    enter(work, twin);
    touchIncident(work, twin, {
      atMs: work.nowMs,
      kind: 'contraction',
      text: `Holds for session ${canonicalId} too: ${sessionId} is part of it.`,
      ref: id,
    });
  }
}

function joinIncidents(first: string | undefined, second: string | undefined, tenant: string, work: Workspace): void {
  if (first === undefined || second === undefined || first === second) return;
  const a = work.get(incidentKey(tenant, first)) === undefined ? undefined : work.incident(tenant, first);
  const b = work.incident(tenant, second);
  if (!a || !b || a.mergedInto !== undefined || b.mergedInto !== undefined) return;
  const [into, from] = a.openedAtMs <= b.openedAtMs ? [a, b] : [b, a];
  const merged = merge(into, from, work.nowMs);
  work.putIncident(merged.into);
  work.putIncident(merged.from);
}

export function stepSession(signal: SessionSignal, work: Workspace, leaseMs: number): void {
  switch (signal.state) {
    case 'ended':
      ended(signal, work);
      return;
    case 'resumed':
      resumed(signal, work, leaseMs);
      return;
    case 'alias':
      aliased(signal, work, leaseMs);
  }
}
