import { describe, expect, it } from 'vitest';
import { eventOf } from '../../services/gateway/asked.js';
import { DecisionPoint, type DecisionPointOptions } from '../../services/gateway/decision-point.js';
import { LOCAL_OPERATOR } from '../../services/gateway/principals.js';
import type { Asked } from '../../services/gateway/asked.js';
import type { EffectClass } from '../../schemas/common.js';
import { contraction } from './rig.js';

const asked = (change: Partial<Asked> = {}): Asked => ({
  kind: 'tool',
  name: 'send_mail',
  agent: { id: 'mailer' },
  sessionId: 's1',
  toolCallId: 'c1',
  arguments: { to: 'ann@contoso.example' },
  ...change,
});
const nothing = { findings: [], contractions: [], notChecked: [] };

function pointWith(options: Partial<DecisionPointOptions> = {}): DecisionPoint {
  return new DecisionPoint({ tenant: 'default', point: 'p', ...options });
}
let decisions = 0;
function decideOn(point: DecisionPoint, what: Asked, nowMs = 1_000) {
  return point.decide(point.prepare(what, LOCAL_OPERATOR, `d${(decisions += 1)}`, nowMs), nowMs);
}

describe('a decision', () => {
  it('rests on what response would contract because of this very call, before it is durable', () => {
    const point = pointWith({
      judge: () => ({ ...nothing, contractions: [contraction([{ control: 'tool.block' }], { id: 'previewed' })] }),
    });
    expect(decideOn(point, asked()).decision).toMatchObject({ verdict: 'block', contractions: ['previewed'] });
    expect(point.contractions.size).toBe(0);
  });

  it('is not narrowed by anything new while the glass is broken; what is in force stays', () => {
    const point = pointWith({
      judge: () => ({ ...nothing, contractions: [contraction([{ control: 'tool.block', tools: ['send_*'] }])] }),
    });
    point.apply({ kind: 'paused', tenant: 'default', paused: true, atMs: 1, by: 'ann' }, 1);
    expect(decideOn(point, asked()).decision.verdict).toBe('allow');
    point.apply({ kind: 'contraction', contraction: contraction([{ control: 'tool.block', tools: ['pay'] }]) }, 1);
    expect(decideOn(point, asked({ name: 'pay' })).decision.verdict).toBe('block');
    point.apply({ kind: 'paused', tenant: 'default', paused: false, atMs: 2, by: 'ann' }, 2);
    expect(decideOn(point, asked()).decision.verdict).toBe('block');
    point.apply({ kind: 'paused', tenant: 'other', paused: true, atMs: 3, by: 'ann' }, 3);
    expect(decideOn(point, asked()).decision.verdict).toBe('block');
  });

  it('forgets a contraction whose lease was not renewed; in event time at the moment that the ledger names', () => {
    const point = pointWith();
    point.apply(
      {
        kind: 'contraction',
        contraction: contraction([{ control: 'tool.block' }], { leaseMs: 10_000, leaseUntilMs: 11_000 }),
      },
      1_500,
    );
    expect(decideOn(point, asked(), 10_999).decision.verdict).toBe('block');
    expect(decideOn(point, asked(), 11_000).decision.verdict).toBe('allow');
  });

  it('counts leases in elapsed time: a clock that is set back or forward ends and extends none', () => {
    let elapsedMs = 500;
    const point = pointWith({ elapsedMs: () => elapsedMs });
    const lease = contraction([{ control: 'tool.block' }], { id: 'leased', leaseMs: 10_000 });
    point.apply({ kind: 'contraction', contraction: lease }, 5_000_000);
    elapsedMs = 10_499;
    expect(decideOn(point, asked(), 8_600_000).decision.verdict).toBe('block');
    expect(decideOn(point, asked(), 1_400_000).decision.verdict).toBe('block');
    expect(point.sweep(8_600_000)).toEqual([]);
    elapsedMs = 10_500;
    expect(decideOn(point, asked(), 1_400_000).decision.verdict).toBe('allow');
    expect(point.sweep(1_400_000)).toMatchObject([{ id: 'leased' }]);
  });

  it('takes the owner at his word about a tool, then the calling code, then the name', () => {
    const point = pointWith({
      baseline: { apiVersion: 'stepdown/v1', kind: 'BaselinePolicy', tools: { 'get_*': { effects: ['pay'] } } },
    });
    expect(point.effectsOf(asked({ name: 'get_rich', effects: ['read'] }))).toEqual(['pay']);
    expect(point.effectsOf(asked({ name: 'frobnicate', effects: ['read'] }))).toEqual(['read']);
    expect(point.effectsOf(asked({ name: 'send_mail' }))).toContain('send');
    expect(point.effectsOf(asked({ name: 'frobnicate', arguments: {} }))).toEqual(['unknown']);
  });

  it('knows of a tool what its earlier descriptions told, unless somebody says what it does', () => {
    const blocksPayments = contraction([{ control: 'tool.block', effects: ['pay'] }]);
    const blocksReading = contraction([{ control: 'tool.block', effects: ['read'] }]);
    const verdict = (known: readonly EffectClass[] | undefined, what: Asked, lease: typeof blocksPayments) => {
      const point = pointWith({ judge: () => ({ ...nothing, ...(known === undefined ? {} : { effects: known }) }) });
      point.apply({ kind: 'contraction', contraction: lease }, 1_000);
      return decideOn(point, what).decision.verdict;
    };
    const nameless = asked({ name: 'frobnicate', arguments: {} });
    // What nobody knows counts as anything but reading.
    expect(verdict(undefined, nameless, blocksPayments)).toBe('block');
    expect(verdict(['read'], nameless, blocksPayments)).toBe('allow');
    expect(verdict(['read'], nameless, blocksReading)).toBe('block');
    expect(verdict(['pay', 'unknown'], nameless, blocksPayments)).toBe('block');
    // A name that tells something goes on telling it.
    expect(verdict(['read'], asked({ name: 'pay_bill', arguments: {} }), blocksPayments)).toBe('block');
    expect(verdict(['pay'], asked({ name: 'get_rich', arguments: {} }), blocksPayments)).toBe('block');
    expect(verdict(['pay'], { ...nameless, effects: ['write'] }, blocksPayments)).toBe('allow');
  });

  it('says that no conversation was named, and joins nothing to other agents', () => {
    const { sessionId: _sessionId, ...bare } = asked();
    const point = pointWith({ judge: () => nothing });
    const { decision } = decideOn(point, bare);
    expect(decision.sessionId).toBe('agent:mailer');
    expect(decision.notChecked).toContainEqual(expect.objectContaining({ check: 'conversation' }));
    expect(decideOn(point, { ...bare, trace: { traceId: 'a'.repeat(32) } }).decision.sessionId).toBe('a'.repeat(32));
    expect(decideOn(point, asked()).decision.notChecked).toEqual([]);
  });

  it('asks controls what the caller said of user, scopes and sandbox; what is not said counts as not given', () => {
    const point = pointWith();
    point.apply({ kind: 'contraction', contraction: contraction([{ control: 'auth.strength', level: 'mfa' }]) }, 1_000);
    expect(decideOn(point, asked()).decision).toMatchObject({ verdict: 'block', reason: { code: 'auth-strength' } });
    expect(decideOn(point, asked({ about: { auth: { level: 'phishing-resistant' } } })).decision.verdict).toBe('allow');
  });

  it('finds a contraction on whatever it is about: session, agent, blueprint, user, tool, model, MCP server', () => {
    const what = asked({
      agent: { id: 'mailer', blueprint: 'mail' },
      userId: 'ann',
      server: 'files',
      about: { model: 'm1' },
    });
    const targets = { session: 's1', agent: 'mailer', blueprint: 'mail', user: 'ann', tool: 'send_mail', model: 'm1' };
    for (const [type, id] of Object.entries({ ...targets, 'mcp-server': 'files' })) {
      for (const [its, verdict] of [
        [id, 'block'],
        ['other', 'allow'],
      ] as const) {
        const point = pointWith();
        const target = { tenant: 'default', type: type as keyof typeof targets, id: its };
        point.apply({ kind: 'contraction', contraction: contraction([{ control: 'tool.block' }], { target }) }, 1_000);
        expect([type, its, decideOn(point, what).decision.verdict]).toEqual([type, its, verdict]);
      }
    }
  });

  it('tells messages and retrievals where they happen, and no model call: its instrumentation does', () => {
    const point = pointWith();
    const message = asked({ kind: 'message', name: 'planner', arguments: { text: 'go on' } });
    expect(decideOn(point, message).event).toMatchObject({ kind: 'message', to: 'planner', text: 'go on' });
    const retrieval = asked({ kind: 'retrieval', name: 'wiki', arguments: { query: 'holidays' } });
    expect(decideOn(point, retrieval).event).toMatchObject({ kind: 'retrieval', query: 'holidays' });
    expect(decideOn(point, asked({ kind: 'model', name: 'gpt' })).event).toBeUndefined();
    point.apply({ kind: 'contraction', contraction: contraction([{ control: 'session.suspend' }]) }, 1);
    expect(decideOn(point, message)).toMatchObject({ decision: { verdict: 'block' } });
    expect(decideOn(point, message).event).toBeUndefined();
  });

  it('tells every call that was refused or let run by an answer given to another one', () => {
    const point = pointWith();
    point.apply(
      {
        kind: 'contraction',
        contraction: contraction([{ control: 'tool.requireApproval', timeoutMs: 60_000, otherwise: 'block' }], {
          id: 'hold',
        }),
      },
      1_000,
    );
    const first = decideOn(point, asked());
    expect(first.event).toMatchObject({ decision: { verdict: 'needs_approval' } });
    const person = { id: 'ann', name: 'Ann' };
    point.approvals.answer(first.decision.approval?.id ?? '', 'denied', person, 'no', 2_000);
    expect(decideOn(point, asked(), 2_000).event).toBeUndefined();
    // The model tries again: an attempt at what is held, which detection and the contraction must hear of.
    const again = decideOn(point, asked({ toolCallId: 'c2' }), 3_000);
    expect(again.event).toMatchObject({ decision: { verdict: 'block', contractions: ['hold'] } });

    const other = asked({ arguments: { to: 'bob@contoso.example' }, toolCallId: 'c3' });
    const asking = decideOn(point, other, 10_000);
    point.approvals.answer(asking.decision.approval?.id ?? '', 'approved', person, 'yes', 11_000);
    const ran = decideOn(point, { ...other, toolCallId: 'c4' }, 20_000);
    expect(ran.decision.verdict).toBe('allow');
    expect(ran.event).toMatchObject({ toolCallId: 'c4', decision: { verdict: 'allow' } });
  });

  it('tells a held call again after a restart, under the same id: it may not have been told before the end', () => {
    const hold = contraction([{ control: 'tool.requireApproval', timeoutMs: 60_000, otherwise: 'block' }]);
    const [before, after] = [pointWith(), pointWith()];
    for (const point of [before, after]) point.apply({ kind: 'contraction', contraction: hold }, 1_000);
    const first = decideOn(before, asked());
    expect(decideOn(before, asked())).toMatchObject({ repeat: true });
    after.approvals.put(first.approval!);
    const again = decideOn(after, asked(), 2_000);
    expect(again.decision.approval?.id).toBe(first.approval?.id);
    expect(again.event?.id).toBe(first.event?.id);
    const polled = decideOn(after, asked(), 3_000);
    expect([polled.repeat, polled.event]).toEqual([true, undefined]);
  });

  it('names the findings that this call itself gave', () => {
    const finding = { id: 'f1', primary: true } as never;
    expect(
      decideOn(
        pointWith({ judge: () => ({ ...nothing, findings: [finding, { id: 'copy', primary: false } as never] }) }),
        asked(),
      ).decision.findings,
    ).toEqual(['f1']);
  });

  it('gives a call one id however often it is asked, and different calls different ones', () => {
    const id = (change: Partial<Asked> = {}, decisionId = 'd') =>
      eventOf(asked(change), { tenant: 'default', trust: 'claimed', nowMs: 1, decisionId }).id;
    expect(id({}, 'd1')).toBe(id({}, 'd2'));
    const ids = [
      id(),
      id({ toolCallId: 'c2' }),
      id({ sessionId: 's2' }),
      id({ agent: { id: 'other' } }),
      id({ name: 'x' }),
      // A model may give an id again: with other arguments it is another call, and must not go untold.
      id({ arguments: { to: 'mallory@evil.example' } }),
    ];
    expect(new Set(ids).size).toBe(ids.length);
    const { toolCallId: _toolCallId, ...without } = asked();
    expect(eventOf(without, { tenant: 'default', trust: 'claimed', nowMs: 1, decisionId: 'd1' }).id).not.toBe(
      eventOf(without, { tenant: 'default', trust: 'claimed', nowMs: 1, decisionId: 'd2' }).id,
    );
  });

  it('is quick with a hundred contractions in force', () => {
    const point = pointWith({ judge: () => nothing });
    for (let at = 0; at < 100; at += 1)
      point.apply(
        {
          kind: 'contraction',
          contraction: contraction(
            [
              { control: 'tool.block', tools: [`x_${at}_*`], destinations: ['evil.example'] },
              { control: 'egress.allow', domains: ['*.contoso.example', 'contoso.example'] },
            ],
            { target: { tenant: 'default', type: 'session', id: `s${at % 20}` } },
          ),
        },
        1_000,
      );
    const prepared = point.prepare(asked(), LOCAL_OPERATOR, 'd', 1_000);
    for (let at = 0; at < 2_000; at += 1) point.decide(prepared, 1_000);
    const times = Array.from({ length: 2_000 }, () => {
      const began = performance.now();
      point.decide(prepared, 1_000);
      return performance.now() - began;
    }).sort((a, b) => a - b);
    // The median: what other processes do to the tail of a busy machine is not this code's doing. The bench has the tail.
    expect(times[1_000]).toBeLessThan(0.5);
  });
});
