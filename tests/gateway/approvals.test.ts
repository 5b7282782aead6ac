import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { Approval } from '../../schemas/approval.js';
import { ApprovalBook, argumentsHash, LEAVE_VALID_MS } from '../../services/gateway/approvals.js';
import { asks, contraction, type Evaluated, Rig } from './rig.js';

const question = (change: Record<string, unknown> = {}) => ({
  tenant: 'default',
  agentId: 'mailer',
  sessionId: 's1',
  tool: 'send',
  toolCallId: 'c1',
  arguments: { to: 'ann' },
  ...change,
});
const because = { contractionIds: ['k'], reason: 'held', timeoutMs: 60_000, requestedBy: 'agents' };
const person = { id: 'ann', name: 'Ann' };

describe('the book', () => {
  it('asks once for one call, and takes an answer once', () => {
    const book = new ApprovalBook();
    const first = book.ask(question(), because, 1000);
    expect(first).toMatchObject({ kind: 'pending', created: true });
    expect(book.ask(question(), because, 1001)).toMatchObject({
      kind: 'pending',
      created: false,
      approval: { id: first.approval.id },
    });
    expect(book.answer(first.approval.id, 'approved', person, 'fine', 2000)).toMatchObject({ ok: true });
    expect(book.answer(first.approval.id, 'denied', person, 'no', 2001)).toMatchObject({
      ok: false,
      reason: 'already-decided',
    });
  });

  it('gives leave once, for the same arguments in whatever order of keys, and within its validity', () => {
    const book = new ApprovalBook();
    const { approval } = book.ask(question({ arguments: { a: 1, b: { c: 2, d: 3 } } }), because, 0);
    book.answer(approval.id, 'approved', person, undefined, 10);
    expect(book.ask(question({ arguments: { a: 1, b: { c: 2, d: 4 } } }), because, 20).kind).toBe('pending');
    const granted = book.ask(question({ arguments: { b: { d: 3, c: 2 }, a: 1 } }), because, 20);
    expect(granted.kind).toBe('granted');
    expect(book.use(granted.approval.id, 20)).toBeDefined();
    expect(book.use(granted.approval.id, 21)).toBeUndefined();
    expect(book.ask(question({ arguments: { a: 1, b: { c: 2, d: 3 } } }), because, 22)).toMatchObject({
      kind: 'pending',
      created: true,
    });
    const late = book.ask(question({ toolCallId: 'c9' }), because, 100);
    book.answer(late.approval.id, 'approved', person, undefined, 200);
    expect(book.ask(question({ toolCallId: 'c9' }), because, 200 + LEAVE_VALID_MS - 1).kind).toBe('granted');
    expect(book.ask(question({ toolCallId: 'c9' }), because, 200 + LEAVE_VALID_MS).kind).toBe('pending');
  });

  it('takes no leave that lacks a group which is asked for by now, and widens an open request', () => {
    const book = new ApprovalBook();
    const soc = { ...person, standsAs: () => ['soc' as const] };
    const { approval } = book.ask(question(), because, 0);
    expect(book.ask(question(), { ...because, by: ['soc'] }, 1)).toMatchObject({
      kind: 'pending',
      created: false,
      heard: false,
      approval: { id: approval.id, by: ['soc'] },
    });
    expect(book.answer(approval.id, 'approved', person, undefined, 2)).toMatchObject({ reason: 'not-the-group' });
    expect(book.answer(approval.id, 'approved', soc, undefined, 3)).toMatchObject({ approval: { state: 'approved' } });
    expect(book.ask(question(), { ...because, by: ['owner', 'soc'] }, 4).kind).toBe('pending');
    expect(book.ask(question(), { ...because, by: ['soc'] }, 5).kind).toBe('granted');
  });

  it('finds the leave of a call that gave up waiting and came again under another id, but not of one that still waits', () => {
    const book = new ApprovalBook();
    const { approval } = book.ask(question(), because, 0);
    book.answer(approval.id, 'approved', person, undefined, 3_000);
    expect(book.ask(question({ toolCallId: 'c2' }), because, 4_000).kind).toBe('pending');
    expect(book.ask(question({ toolCallId: 'c3' }), because, 6_000)).toMatchObject({
      kind: 'granted',
      approval: { id: approval.id },
    });
  });

  it('lets a denial stand for the same arguments, and an unanswered request become a refusal', () => {
    const book = new ApprovalBook();
    const { approval } = book.ask(question(), because, 0);
    book.answer(approval.id, 'denied', person, undefined, 10);
    expect(book.ask(question({ toolCallId: 'c2' }), because, 20).kind).toBe('denied');
    expect(book.ask(question({ toolCallId: 'c2' }), because, 10 + LEAVE_VALID_MS).kind).toBe('pending');
    const other = book.ask(question({ tool: 'pay' }), because, 0);
    expect(book.ask(question({ tool: 'pay' }), because, 59_999).kind).toBe('pending');
    expect(book.ask(question({ tool: 'pay' }), because, 60_000)).toMatchObject({
      kind: 'expired',
      approval: { id: other.approval.id },
    });
    expect(book.ask(question({ tool: 'pay' }), because, 60_001).kind).toBe('expired');
    expect(book.ask(question({ tool: 'pay', toolCallId: 'c2' }), because, 60_002)).toMatchObject({
      kind: 'pending',
      created: true,
    });
    expect(book.answer(other.approval.id, 'approved', person, undefined, 60_003)).toMatchObject({
      ok: false,
      reason: 'expired',
    });
  });

  it('takes no answer from who asked', () => {
    const book = new ApprovalBook();
    const { approval } = book.ask(question(), because, 0);
    expect(book.answer(approval.id, 'approved', { id: 'agents', name: 'x' }, undefined, 1)).toMatchObject({
      ok: false,
      reason: 'own-request',
    });
    expect(book.get(approval.id)?.state).toBe('pending');
  });

  it('never gives more runs than leaves, whatever happens in whatever order', () => {
    const step = fc.record({
      do: fc.constantFrom('ask', 'approve', 'deny', 'use', 'restart'),
      call: fc.constantFrom('c1', 'c2', undefined),
      args: fc.constantFrom({ a: 1 }, { a: 2 }),
      afterMs: fc.constantFrom(0, 10, 6_000, 70_000, LEAVE_VALID_MS),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        let book = new ApprovalBook();
        const known = new Map<string, Approval>();
        let nowMs = 0;
        let approvals = 0;
        let runs = 0;
        for (const each of steps) {
          nowMs += each.afterMs;
          const leave = book.ask(question({ toolCallId: each.call, arguments: each.args }), because, nowMs);
          known.set(leave.approval.id, leave.approval);
          if (leave.kind === 'granted' && argumentsHash(each.args) !== leave.approval.argumentsHash)
            throw new Error('leave for other arguments');
          if (each.do === 'approve' && book.answer(leave.approval.id, 'approved', person, undefined, nowMs).ok)
            approvals += 1;
          if (each.do === 'deny') book.answer(leave.approval.id, 'denied', person, undefined, nowMs);
          if (each.do === 'use' && leave.kind === 'granted' && book.use(leave.approval.id, nowMs) !== undefined)
            runs += 1;
          if (each.do === 'restart') {
            const next = new ApprovalBook();
            for (const id of known.keys()) {
              const approval = book.get(id);
              if (approval !== undefined) next.put(JSON.parse(JSON.stringify(approval)) as Approval);
            }
            book = next;
          }
        }
        expect(runs).toBeLessThanOrEqual(approvals);
      }),
      { numRuns: 200 },
    );
  });
});

describe('over the API', () => {
  let rig: Rig | undefined;
  afterEach(async () => {
    await rig?.end();
    rig = undefined;
  });

  const hold = contraction([
    { control: 'tool.requireApproval', effects: ['send'], timeoutMs: 60_000, otherwise: 'block' },
  ]);
  const held = async (): Promise<Rig> => {
    const started = await Rig.start();
    await started.contract({ ...hold });
    await started.knows(hold.id, 1);
    return started;
  };
  const ask = (of: Rig, toolCallId = 'c1') =>
    of.call<Evaluated>('POST', '/access/v1/evaluation', asks('send_mail', { toolCallId, arguments: { to: 'ann' } }), {
      token: of.token('agent-token'),
    });

  it('holds a call until a person agrees, then lets it run once; all of it survives a restart', async () => {
    rig = await held();
    const first = await ask(rig);
    expect(first.body.context.verdict).toBe('needs_approval');
    const id = first.body.context.approval?.id ?? '';
    expect(first.body.context.approval?.retryAfterMs).toBeGreaterThan(0);
    expect((await ask(rig)).body.context.approval?.id).toBe(id);
    await expect
      .poll(async () =>
        (await rig?.call<{ items: Approval[] }>('GET', '/v1/approvals?state=pending'))?.body.items.map(
          (each) => each.id,
        ),
      )
      .toEqual([id]);
    await rig.close();
    await rig.open();
    await rig.knows(hold.id, 1);
    expect((await ask(rig)).body.context.approval?.id).toBe(id);
    const approved = await rig.call<Approval>('POST', `/v1/approvals/${id}/approve`, { reason: 'known receiver' });
    expect(approved.body).toMatchObject({ state: 'approved', decidedBy: 'first admin', note: 'known receiver' });
    await rig.close();
    await rig.open();
    await rig.knows(hold.id, 1);
    expect((await ask(rig)).body.context).toMatchObject({ verdict: 'allow', reason: { code: 'approved' } });
    await rig.close();
    await rig.open();
    await rig.knows(hold.id, 1);
    expect((await ask(rig)).body.context.verdict).toBe('needs_approval');
    expect(await rig.topic('audit')).toContainEqual(
      expect.objectContaining({ act: 'approval.approve', subject: id, by: 'first admin', reason: 'known receiver' }),
    );
    // Polling is no new call: one event, and one decision a change.
    expect((await rig.topic('telemetry')).length).toBeLessThanOrEqual(3);
  });

  it('refuses what a person refused', async () => {
    rig = await held();
    const id = (await ask(rig)).body.context.approval?.id ?? '';
    await rig.call('POST', `/v1/approvals/${id}/deny`, { reason: 'no' });
    expect((await ask(rig)).body.context).toMatchObject({ verdict: 'block', reason: { code: 'approval-denied' } });
    expect((await rig.call('POST', `/v1/approvals/${id}/approve`, { reason: 'yes' })).status).toBe(409);
  });

  it('waits for each group that a control names, and for nobody who stands in none', async () => {
    rig = await Rig.start();
    await rig.contract(
      contraction(
        [
          { control: 'tool.requireApproval', tools: ['send_mail'], by: 'owner', timeoutMs: 60_000, otherwise: 'block' },
          { control: 'tool.requireApproval', effects: ['send'], by: 'soc', timeoutMs: 60_000, otherwise: 'block' },
        ],
        { id: 'both' },
      ),
    );
    await rig.knows('both', 1);
    const token = async (name: string, standing: Record<string, unknown>): Promise<string> =>
      (await rig!.call<{ token: string }>('POST', '/v1/principals', { name, role: 'responder', ...standing })).body
        .token;
    const nobody = await token('nobody', { owns: ['other-*'] });
    const ann = await token('ann', { owns: ['ma*'] });
    const sam = await token('sam', { soc: true });
    const id = (await ask(rig)).body.context.approval?.id ?? '';
    const approve = (by: string) =>
      rig!.call<Approval>('POST', `/v1/approvals/${id}/approve`, { reason: 'ok' }, { token: by });

    expect(await approve(nobody)).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    expect((await approve(ann)).body).toMatchObject({ state: 'pending', consents: [{ as: 'owner', by: 'ann' }] });
    expect((await ask(rig)).body.context.verdict).toBe('needs_approval');
    expect((await approve(ann)).status).toBe(403);
    expect((await approve(sam)).body).toMatchObject({ state: 'approved', decidedBy: 'sam' });
    expect((await ask(rig)).body.context.verdict).toBe('allow');
    const refused = await rig.call('POST', '/v1/principals', { name: 'v', role: 'viewer', soc: true });
    expect(refused).toMatchObject({ status: 400, body: { pointer: '/soc' } });
  });

  it('takes no answer from agents, nor from who asked, nor without a reason', async () => {
    rig = await held();
    const id = (await ask(rig)).body.context.approval?.id ?? '';
    expect(
      (await rig.call('POST', `/v1/approvals/${id}/approve`, { reason: 'me' }, { token: rig.token('agent-token') }))
        .status,
    ).toBe(403);
    expect((await rig.call('POST', `/v1/approvals/${id}/approve`, {})).body).toMatchObject({ pointer: '/reason' });
    const own = await rig.call<Evaluated>('POST', '/access/v1/evaluation', asks('send_mail', { toolCallId: 'own' }));
    expect(
      (await rig.call('POST', `/v1/approvals/${own.body.context.approval?.id ?? ''}/approve`, { reason: 'me' })).status,
    ).toBe(403);
    expect((await rig.call('POST', '/v1/approvals/nothing/approve', { reason: 'x' })).status).toBe(404);
  });
});
