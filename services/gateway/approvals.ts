/**
 * Approvals: a person's leave for one call. Pure; what changes is given back to be kept and told.
 *
 * A leave is for one agent, session, tool and set of arguments, and good for one run until `validUntilMs`. The call
 * that asked may have given up waiting and come again under a new tool-call id: it finds the leave by its arguments.
 * A denial stands for the same arguments for as long as a leave would have been good, so that a model that asks again
 * and again does not wear a person down. The request's id is made of the question and its ordinal, so that asking
 * twice is one request, also across a restart.
 *
 * A control may ask for the agent's owner, for the security team, or for both: then each group must agree, and a leave
 * that another control asked more of is no leave. One refusal, by whoever may respond, is enough.
 */
import { APPROVER_GROUPS, type Approval, type ApproverGroup } from '../../schemas/approval.js';
import { SCHEMA_VERSION } from '../../schemas/common.js';
import { canonicalJson } from '../runtime/canonical-json.js';
import { contentHash, shortHash } from '../runtime/hash.js';

export interface Question {
  tenant: string;
  agentId: string;
  sessionId: string;
  tool: string;
  toolCallId?: string | undefined;
  arguments?: unknown;
}

export type Leave =
  | { kind: 'granted'; approval: Approval }
  /** `heard`: by this process before; one that was only read from the store may not have been told of. */
  | { kind: 'pending'; approval: Approval; created: boolean; heard: boolean }
  | { kind: 'denied'; approval: Approval }
  | { kind: 'expired'; approval: Approval };

export type Answered =
  | { ok: true; approval: Approval }
  | {
      ok: false;
      reason: 'unknown' | 'own-request' | 'not-the-group' | 'already-decided' | 'expired';
      approval?: Approval;
    };

/** How long a given leave waits to be taken up, and a denial stands. */
export const LEAVE_VALID_MS = 15 * 60_000;
/** A request that nobody polls any more for this long may be taken up by the same call under another id. */
const ABANDONED_MS = 5_000;
/** Requests kept in memory; the oldest decided ones go first. */
const MAX_KEPT = 10_000;

export class ApprovalBook {
  readonly #byId = new Map<string, Approval>();
  /** Ids of the requests about the same agent, session, tool and arguments, oldest first. */
  readonly #bySubject = new Map<string, string[]>();
  readonly #askedAtMs = new Map<string, number>();

  /** Takes in what is stored, at start or when another process wrote it. */
  put(approval: Approval): void {
    const key = subjectKey(approval, approval.argumentsHash);
    if (!this.#byId.has(approval.id)) this.#bySubject.set(key, [...(this.#bySubject.get(key) ?? []), approval.id]);
    this.#byId.set(approval.id, approval);
    if (this.#byId.size > MAX_KEPT) this.#forgetOldest();
  }

  get(id: string): Approval | undefined {
    return this.#byId.get(id);
  }

  all(): Approval[] {
    return [...this.#byId.values()];
  }

  get size(): number {
    return this.#byId.size;
  }

  /**
   * Is there leave for this call? Asks for it where there is neither leave, refusal nor open request.
   * `timeoutMs`: how long a new request may wait for a person.
   */
  ask(
    question: Question,
    because: {
      contractionIds: string[];
      reason: string;
      timeoutMs: number;
      requestedBy: string;
      by?: readonly ApproverGroup[];
    },
    nowMs: number,
  ): Leave {
    const groups = because.by ?? [];
    const hash = argumentsHash(question.arguments);
    const key = subjectKey(question, hash);
    const related = (this.#bySubject.get(key) ?? [])
      .map((id) => this.#byId.get(id))
      .filter((approval) => approval !== undefined);
    const own = related.filter((approval) => approval.toolCallId === question.toolCallId).at(-1);
    const free = related.filter(
      ({ id, toolCallId }) =>
        toolCallId === question.toolCallId || nowMs - (this.#askedAtMs.get(id) ?? -Infinity) >= ABANDONED_MS,
    );

    for (const approval of free)
      if (isGood(approval, nowMs) && missing(approval, groups).length === 0) return { kind: 'granted', approval };
    const denied = related.find((approval) => approval.state === 'denied' && nowMs < (approval.validUntilMs ?? 0));
    if (denied !== undefined) return { kind: 'denied', approval: denied };
    if (own?.state === 'pending') {
      if (nowMs >= own.expiresAtMs)
        return { kind: 'expired', approval: this.#change(own, { state: 'expired', decidedAtMs: nowMs }) };
      const heard = this.#askedAtMs.has(own.id);
      this.#askedAtMs.set(own.id, nowMs);
      // A contraction that came meanwhile may ask for more groups.
      const by = union(own.by ?? [], groups);
      const wider = by.length > (own.by?.length ?? 0);
      return {
        kind: 'pending',
        approval: wider ? this.#change(own, { by }) : own,
        created: false,
        heard: heard && !wider,
      };
    }
    // The same call polling on after its request ran out is told so; another call with the same arguments asks anew.
    if (own?.state === 'expired' && question.toolCallId !== undefined) return { kind: 'expired', approval: own };

    const approval: Approval = {
      schemaVersion: SCHEMA_VERSION,
      id: shortHash(
        'approval',
        question.tenant,
        question.agentId,
        question.sessionId,
        question.tool,
        question.toolCallId ?? '',
        hash,
        String(related.length),
      ),
      tenant: question.tenant,
      state: 'pending',
      agentId: question.agentId,
      sessionId: question.sessionId,
      tool: question.tool,
      ...(question.toolCallId === undefined ? {} : { toolCallId: question.toolCallId }),
      argumentsHash: hash,
      ...(question.arguments === undefined
        ? {}
        : { argumentsPreview: canonicalJson(question.arguments).slice(0, 500) }),
      contractionIds: because.contractionIds,
      ...(groups.length === 0 ? {} : { by: union(groups, []) }),
      reason: because.reason,
      requestedAtMs: nowMs,
      requestedBy: because.requestedBy,
      expiresAtMs: nowMs + because.timeoutMs,
    };
    this.put(approval);
    this.#askedAtMs.set(approval.id, nowMs);
    return { kind: 'pending', approval, created: true, heard: false };
  }

  /** Spends a leave. `undefined`: it is not good any more. */
  use(id: string, nowMs: number): Approval | undefined {
    const approval = this.#byId.get(id);
    return approval === undefined || !isGood(approval, nowMs) ? undefined : this.#change(approval, { usedAtMs: nowMs });
  }

  /** Undoes {@link use} where keeping it failed, so that the leave is not lost. */
  restore(approval: Approval): void {
    this.#byId.set(approval.id, approval);
  }

  /**
   * A person's answer. The principal that asked, in whatever role, cannot answer itself. Where groups must agree, it
   * counts for those that the person stands in for this agent, and the request stays pending until all have.
   */
  answer(
    id: string,
    state: 'approved' | 'denied',
    by: { id: string; name: string; standsAs?: (agentId: string) => readonly ApproverGroup[] },
    note: string | undefined,
    nowMs: number,
  ): Answered {
    const approval = this.#byId.get(id);
    if (approval === undefined) return { ok: false, reason: 'unknown' };
    if (approval.requestedBy === by.id) return { ok: false, reason: 'own-request', approval };
    if (approval.state !== 'pending')
      return { ok: false, reason: approval.state === 'expired' ? 'expired' : 'already-decided', approval };
    if (nowMs >= approval.expiresAtMs)
      return {
        ok: false,
        reason: 'expired',
        approval: this.#change(approval, { state: 'expired', decidedAtMs: nowMs }),
      };
    const noted = note === undefined ? {} : { note };
    const needed = approval.by ?? [];
    let agreed: Partial<Approval> = {};
    if (state === 'approved' && needed.length > 0) {
      const standing = by.standsAs?.(approval.agentId) ?? [];
      const as = missing(approval, needed).filter((group) => standing.includes(group));
      if (as.length === 0) return { ok: false, reason: 'not-the-group', approval };
      const consents = [
        ...(approval.consents ?? []),
        ...as.map((group) => ({ as: group, by: by.name, atMs: nowMs, ...noted })),
      ];
      if (missing({ consents }, needed).length > 0) return { ok: true, approval: this.#change(approval, { consents }) };
      agreed = { consents };
    }
    return {
      ok: true,
      approval: this.#change(approval, {
        ...agreed,
        state,
        decidedAtMs: nowMs,
        decidedBy: by.name,
        validUntilMs: nowMs + LEAVE_VALID_MS,
        ...noted,
      }),
    };
  }

  /** Requests whose time ran out; each is given once. */
  expire(nowMs: number): Approval[] {
    const expired: Approval[] = [];
    for (const approval of this.#byId.values())
      if (approval.state === 'pending' && nowMs >= approval.expiresAtMs)
        expired.push(this.#change(approval, { state: 'expired', decidedAtMs: nowMs }));
    return expired;
  }

  #change(approval: Approval, change: Partial<Approval>): Approval {
    const changed = { ...approval, ...change };
    this.#byId.set(approval.id, changed);
    return changed;
  }

  #forgetOldest(): void {
    for (const approval of this.#byId.values()) {
      if (approval.state === 'pending') continue;
      this.#byId.delete(approval.id);
      this.#askedAtMs.delete(approval.id);
      const key = subjectKey(approval, approval.argumentsHash);
      const left = (this.#bySubject.get(key) ?? []).filter((id) => id !== approval.id);
      if (left.length === 0) this.#bySubject.delete(key);
      else this.#bySubject.set(key, left);
      return;
    }
  }
}

function isGood(approval: Approval, nowMs: number): boolean {
  return approval.state === 'approved' && approval.usedAtMs === undefined && nowMs < (approval.validUntilMs ?? 0);
}

/** Those of the groups that have not agreed. */
export function missing(approval: Pick<Approval, 'consents'>, groups: readonly ApproverGroup[]): ApproverGroup[] {
  return groups.filter((group) => !(approval.consents ?? []).some(({ as }) => as === group));
}

/** In one order, each once. */
function union(some: readonly ApproverGroup[], others: readonly ApproverGroup[]): ApproverGroup[] {
  return APPROVER_GROUPS.filter((group) => some.includes(group) || others.includes(group));
}

const subjectKey = (of: { tenant: string; agentId: string; sessionId: string; tool: string }, hash: string): string =>
  JSON.stringify([of.tenant, of.agentId, of.sessionId, of.tool, hash]);

/** The same arguments give the same hash, in whatever order their keys came. */
export function argumentsHash(value: unknown): string {
  return contentHash(canonicalJson(value));
}
