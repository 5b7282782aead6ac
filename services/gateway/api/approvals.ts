/** Approvals: what waits for a person, and the person's answer. */
import { Type } from '@sinclair/typebox';
import type { Approval, ApproverGroup } from '../../../schemas/approval.js';
import type { Principal } from '../../../schemas/principal.js';
import { StepdownError } from '../../runtime/errors.js';
import { type Answered, missing } from '../approvals.js';
import type { Engine } from '../engine.js';
import { ok, type Reply } from '../http/message.js';
import type { Call, Route } from '../http/router.js';
import { choiceOf, Shortlist } from '../pages.js';
import { standsAs } from '../principals.js';
import { approvalPrefix } from '../records/approval-keeper.js';
import { documentAt, documentsUnder, part } from '../records/read.js';

const Answer = Type.Object({ reason: Type.String({ minLength: 1, maxLength: 1000 }) }, { additionalProperties: false });

const GROUPS: Record<ApproverGroup, string> = { owner: "the agent's owner", soc: 'the security team' };

const REFUSED = {
  'own-request': 'The one that asked cannot answer itself: use a token of another principal',
  'already-decided': 'It was answered already',
  expired: 'It ran out of time; the agent has to ask again',
} as const;

/** Others answer the same request at the same moment seldom, and never often. */
const MOST_TRIES = 5;

function refusal(id: string, { reason, approval }: Answered & { ok: false }): StepdownError {
  if (reason === 'unknown') return new StepdownError('not-found', `There is no approval ${id}`);
  if (reason !== 'not-the-group')
    return new StepdownError(reason === 'own-request' ? 'forbidden' : 'conflict', REFUSED[reason]);
  const groups = missing(approval ?? {}, approval?.by ?? []).map((group) => GROUPS[group]);
  return new StepdownError('forbidden', `It waits for ${groups.join(' and ')}, and this principal is neither`, {
    mend: 'an admin gives the standing: `stepdown principals add NAME --role responder --soc` or `--owns AGENT`',
  });
}

/** Answers what is stored now; where another gateway was given an answer at the same moment, the two are added up. */
async function agree(engine: Engine, id: string, say: () => Answered): Promise<Answered & { ok: true }> {
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    await engine.approvals.refresh([id]);
    const before = engine.point.approvals.get(id);
    const answered = say();
    if (!answered.ok) throw refusal(id, answered);
    try {
      if (await engine.approvals.keep(answered.approval)) return answered;
    } catch (error) {
      if (before !== undefined) engine.point.approvals.restore(before);
      throw error;
    }
  }
  throw new StepdownError('store-conflict', 'The approval was changed by someone else; try again');
}

/**
 * A person's answer, made durable and audited. Throws where it does not count: `not-found`, `forbidden` (who asked cannot
 * answer, under whatever of their names; nor who stands in none of the groups), `conflict` (answered already, or too late).
 */
export async function answerApproval(
  engine: Engine,
  { id, state, reason }: { id: string; state: 'approved' | 'denied'; reason: string },
  principal: Principal,
): Promise<Approval> {
  const asker = engine.point.approvals.get(id)?.requestedBy;
  const own = asker !== undefined && engine.principals.principals.get(asker)?.name === principal.name;
  const by = {
    id: own ? asker : principal.id,
    name: principal.name,
    standsAs: (agentId: string) => standsAs(principal, agentId),
  };
  const { approval } = await agree(engine, id, () =>
    engine.point.approvals.answer(id, state, by, reason, engine.clock.now()),
  );
  const outcome = approval.state === state ? state : 'waits for others';
  await engine.audit(principal, `approval.${state === 'approved' ? 'approve' : 'deny'}`, id, reason, outcome);
  return approval;
}

export function approvalRoutes(engine: Engine): Route[] {
  const prefix = approvalPrefix(engine.config.tenant);
  const nowMs = () => engine.clock.now();

  /** A request in memory is newer than the stored one; one that ran out is said to be so even before it is written. */
  const shown = (approval: Approval): Approval => {
    const current = engine.point.approvals.get(approval.id) ?? approval;
    return current.state === 'pending' && current.expiresAtMs <= nowMs() ? { ...current, state: 'expired' } : current;
  };

  const list = async (call: Call): Promise<Reply> => {
    const state = choiceOf(call.query, 'state', ['pending', 'approved', 'denied', 'expired', 'all'] as const) ?? 'all';
    const agent = call.query.get('agent');
    const shortlist = new Shortlist<Approval>(call.query, (approval) => [approval.requestedAtMs, approval.id]);
    for await (const { value } of documentsUnder<Approval>(engine.drivers.store, prefix)) {
      if (agent !== null && value.agentId !== agent) continue;
      const approval = shown(value);
      if (state === 'all' || approval.state === state) shortlist.add(approval);
    }
    return ok(shortlist.page());
  };

  const one = async (call: Call): Promise<Reply> => {
    const approval =
      engine.point.approvals.get(call.params.id ?? '') ??
      (await documentAt<Approval>(engine, `${prefix}${part(call.params.id ?? '')}`));
    if (approval === undefined) throw new StepdownError('not-found', `There is no approval ${call.params.id ?? ''}`);
    return ok(shown(approval));
  };

  const answer =
    (state: 'approved' | 'denied') =>
    async (call: Call): Promise<Reply> => {
      engine.mustRun();
      const { reason } = call.json(Answer);
      return ok(await answerApproval(engine, { id: call.params.id ?? '', state, reason }, call.principal));
    };

  return [
    { method: 'GET', path: '/v1/approvals', right: 'read', run: list },
    { method: 'GET', path: '/v1/approvals/:id', right: 'read', run: one },
    { method: 'POST', path: '/v1/approvals/:id/approve', right: 'respond', run: answer('approved') },
    { method: 'POST', path: '/v1/approvals/:id/deny', right: 'respond', run: answer('denied') },
  ];
}
