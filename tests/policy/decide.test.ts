import { describe, expect, it } from 'vitest';
import type { Control } from '../../schemas/control.js';
import { ContractionIndex, HOLD_GRACE_MS } from '../../services/policy/contraction-index.js';
import { decide, type PolicyInForce } from '../../services/policy/decide.js';
import { Baseline } from '../../services/policy/effective.js';
import type { AccessRequest } from '../../services/policy/request.js';
import { RateWindows } from '../../services/policy/rate-window.js';
import { contractionOf } from './arbitraries.js';

const call = (more: Partial<AccessRequest> = {}): AccessRequest => ({
  tenant: 'default',
  kind: 'tool',
  name: 'send_mail',
  agentId: 'agent-1',
  sessionId: 's1',
  effects: ['send'],
  ...more,
});

function inForce(controls: Control[], more: Partial<PolicyInForce> = {}, observed: Control[] = []): PolicyInForce {
  const contractions = new ContractionIndex();
  if (controls.length > 0) contractions.apply(contractionOf('c1', controls), 0);
  if (observed.length > 0) contractions.apply(contractionOf('o1', observed, { mode: 'observe' }), 0);
  return { baseline: new Baseline(), contractions, ...more };
}

describe('decide', () => {
  it.each<[string, Control[], Partial<AccessRequest>, string, string]>([
    ['nothing', [], {}, 'allow', 'nothing-wrong'],
    ['a blocked tool', [{ control: 'tool.block', tools: ['send_*'] }], {}, 'block', 'tool-blocked'],
    ['another tool', [{ control: 'tool.block', tools: ['pay_*'] }], {}, 'allow', 'nothing-wrong'],
    ['a blocked effect', [{ control: 'tool.block', effects: ['send'] }], {}, 'block', 'tool-blocked'],
    [
      'a tool whose effects are not known',
      [{ control: 'tool.block', effects: ['send'] }],
      { effects: [] },
      'block',
      'tool-blocked',
    ],
    [
      'a tool that only reads',
      [{ control: 'tool.block', effects: ['send', 'pay'] }],
      { effects: ['read'] },
      'allow',
      'nothing-wrong',
    ],
    [
      'a blocked destination',
      [{ control: 'tool.block', tools: ['*'], destinations: ['evil.example'] }],
      { arguments: { to: 'x@evil.example' } },
      'block',
      'destination-blocked',
    ],
    [
      'a report that mentions it, and goes nowhere by being kept',
      [{ control: 'tool.block', tools: ['*'], destinations: ['evil.example'] }],
      { effects: ['write'], arguments: { path: 'report.md', content: 'See https://evil.example/set.zip for data.' } },
      'allow',
      'nothing-wrong',
    ],
    [
      'a text that mentions it and is typed into a page',
      [{ control: 'tool.block', tools: ['*'], destinations: ['evil.example'] }],
      { effects: ['write'], arguments: { ref: 'e4', text: 'Best place, see https://evil.example/' } },
      'block',
      'destination-blocked',
    ],
    [
      'a file that is kept there',
      [{ control: 'tool.block', tools: ['*'], destinations: ['evil.example'] }],
      { effects: ['write'], arguments: { path: 'https://evil.example/a', content: 'a b' } },
      'block',
      'destination-blocked',
    ],
    [
      'the tool to another destination',
      [{ control: 'tool.block', tools: ['*'], destinations: ['evil.example'] }],
      { arguments: { to: 'x@good.example' } },
      'allow',
      'nothing-wrong',
    ],
    ['an empty list of tools', [{ control: 'tool.block', tools: [] }], {}, 'allow', 'nothing-wrong'],
    [
      'approval',
      [{ control: 'tool.requireApproval', effects: ['send'], timeoutMs: 1000, otherwise: 'block' }],
      {},
      'needs_approval',
      'approval-needed',
    ],
    [
      'egress to a permitted one',
      [{ control: 'egress.allow', domains: ['a.example'] }],
      { arguments: { to: 'x@a.example' } },
      'allow',
      'nothing-wrong',
    ],
    [
      'egress elsewhere',
      [{ control: 'egress.allow', domains: ['a.example'] }],
      { arguments: { url: 'https://b.example' } },
      'block',
      'egress',
    ],
    [
      'egress with nothing permitted',
      [{ control: 'egress.allow', domains: [] }],
      { arguments: { url: 'https://b.example' } },
      'block',
      'egress',
    ],
    [
      'egress of arguments too big to read',
      [{ control: 'egress.allow', domains: ['a.example'] }],
      { arguments: { body: 'x'.repeat(70_000) } },
      'block',
      'destinations-unread',
    ],
    [
      'a denied model',
      [{ control: 'model.deny', models: ['m-*'] }],
      { kind: 'model', name: 'm-1' },
      'block',
      'model-denied',
    ],
    [
      'a suspended session',
      [{ control: 'session.suspend' }],
      { kind: 'retrieval', name: 'notes' },
      'block',
      'session-suspended',
    ],
    [
      'a disabled agent, for its messages',
      [{ control: 'agent.disable' }],
      { kind: 'message', name: 'peer' },
      'block',
      'agent-disabled',
    ],
    [
      'a withdrawn scope',
      [{ control: 'scope.narrow', scopes: ['files'] }],
      { scopes: ['files', 'mail'] },
      'block',
      'scope',
    ],
    [
      'a scope that remains',
      [{ control: 'scope.narrow', scopes: ['files'] }],
      { scopes: ['files'] },
      'allow',
      'nothing-wrong',
    ],
    [
      'scopes nobody told, of a call that changes something',
      [{ control: 'scope.narrow', scopes: ['files'] }],
      {},
      'block',
      'scope',
    ],
    [
      'a weak sign-in',
      [{ control: 'auth.strength', level: 'passwordless' }],
      { auth: { level: 'mfa' } },
      'block',
      'auth-strength',
    ],
    [
      'an old sign-in',
      [{ control: 'auth.reauthenticate', withinMs: 1000 }],
      { auth: { authenticatedAtMs: 0 } },
      'block',
      'reauthenticate',
    ],
    ['a weak sandbox', [{ control: 'sandbox.require', level: 'vm' }], { sandbox: 'container' }, 'block', 'sandbox'],
    [
      'a strong sandbox',
      [{ control: 'sandbox.require', level: 'container' }],
      { sandbox: 'vm' },
      'allow',
      'nothing-wrong',
    ],
    [
      'tools offered where they may not be',
      [{ control: 'generation.guard', denyToolUse: true }],
      { kind: 'model', name: 'm', offersTools: true },
      'block',
      'generation',
    ],
    ['a result', [{ control: 'tool.block', tools: ['*'] }], { kind: 'result' }, 'allow', 'nothing-wrong'],
  ])('%s → %s', (_name, controls, more, verdict, code) => {
    const decision = decide(call(more), inForce(controls), 10_000);
    expect([decision.verdict, decision.reason.code]).toEqual([verdict, code]);
  });

  it('lets a call that only reads run where something cannot be checked, and says so', () => {
    const decision = decide(call({ effects: ['read'] }), inForce([{ control: 'auth.strength', level: 'mfa' }]), 0);
    expect(decision.verdict).toBe('allow');
    expect(decision.notChecked).toEqual([
      { check: 'auth.strength', reason: 'the caller does not say how the user signed in' },
    ]);
  });

  it('names only the contractions that made the verdict, with a refusal an agent can read', () => {
    const policy = inForce([{ control: 'tool.requireApproval', timeoutMs: 1000, otherwise: 'block' }]);
    policy.contractions.apply(contractionOf('c2', [{ control: 'tool.block', tools: ['send_mail'] }]), 0);
    policy.contractions.apply(contractionOf('c3', [{ control: 'tool.block', tools: ['read_file'] }]), 0);
    const decision = decide(call(), policy, 1);
    expect(decision).toMatchObject({ verdict: 'block', contractions: ['c2'], playbooks: ['p'], findings: ['f-c2'] });
    expect(decision.refusal).toContain('send_mail');
    expect(decision.refusal).toContain('A playbook');
  });

  it('lets an approved call run and blocks a refused one; an approval never lifts a block', () => {
    const hold: Control = { control: 'tool.requireApproval', by: 'owner', timeoutMs: 1000, otherwise: 'block' };
    expect(decide(call(), inForce([hold]), 1).approval).toEqual({ by: ['owner'], timeoutMs: 1000 });
    expect(decide(call(), inForce([hold], { approval: 'approved' }), 1)).toMatchObject({
      verdict: 'allow',
      reason: { code: 'approved' },
    });
    expect(decide(call(), inForce([hold], { approval: 'denied' }), 1)).toMatchObject({
      verdict: 'block',
      reason: { code: 'approval-denied' },
    });
    expect(decide(call(), inForce([hold, { control: 'tool.block' }], { approval: 'approved' }), 1).verdict).toBe(
      'block',
    );
  });

  it('asks every group that contractions ask for', () => {
    const policy = inForce([{ control: 'tool.requireApproval', by: 'owner', timeoutMs: 9000, otherwise: 'block' }]);
    policy.contractions.apply(
      contractionOf('c2', [{ control: 'tool.requireApproval', by: 'soc', timeoutMs: 4000, otherwise: 'block' }]),
      0,
    );
    expect(decide(call(), policy, 1).approval).toEqual({ by: ['owner', 'soc'], timeoutMs: 4000 });
  });

  it('says what contractions in observe mode would have done, and does not do it', () => {
    const decision = decide(call(), inForce([], {}, [{ control: 'tool.block' }]), 1);
    expect(decision).toMatchObject({
      verdict: 'allow',
      contractions: [],
      wouldBe: { verdict: 'block', contractions: ['o1'] },
    });
  });

  it('counts a preview like a contraction in force, but only where it enforces and applies', () => {
    const block: Control = { control: 'tool.block', tools: ['send_mail'] };
    const verdictOf = (more: object) =>
      decide(call(), inForce([], { preview: [contractionOf('p1', [block], more)] }), 1).verdict;
    expect(verdictOf({})).toBe('block');
    expect(verdictOf({ mode: 'observe' })).toBe('allow');
    expect(verdictOf({ state: 'awaiting_approval' })).toBe('allow');
    expect(verdictOf({ target: { tenant: 'default', type: 'session', id: 's2' } })).toBe('allow');
    expect(verdictOf({ target: { tenant: 'else', type: 'session', id: 's1' } })).toBe('allow');
  });

  it('masks what the model is shown and caps what it writes, by the strictest', () => {
    const policy = inForce([
      { control: 'data.mask', what: ['secrets'] },
      { control: 'generation.guard', maxOutputTokens: 50 },
    ]);
    policy.contractions.apply(
      contractionOf('c2', [
        { control: 'data.mask', what: ['all'] },
        { control: 'generation.guard', maxOutputTokens: 90 },
      ]),
      0,
    );
    expect(decide(call({ kind: 'result' }), policy, 1).obligations).toEqual({ mask: ['all'] });
    expect(decide(call({ kind: 'model', name: 'm' }), policy, 1).obligations).toEqual({
      mask: ['all'],
      maxOutputTokens: 50,
    });
  });

  it('limits a rate in a sliding stretch, counted per contraction', () => {
    const windows = new RateWindows();
    const policy = inForce([{ control: 'rate.limit', calls: 2, perMs: 10_000, effects: ['send'] }], {
      rate: (source, clause, nowMs) => windows.count(source, clause, nowMs),
    });
    const ask = (nowMs: number) => {
      const decision = decide(call(), policy, nowMs);
      if (decision.verdict === 'allow')
        for (const { source, clause } of decision.counts) windows.record(source, clause, nowMs);
      return decision.verdict;
    };
    expect([ask(0), ask(1000), ask(9999), ask(10_000), ask(10_500), ask(11_000)]).toEqual([
      'allow',
      'allow',
      'block',
      'allow',
      'block',
      'allow',
    ]);
    expect(decide(call({ effects: ['read'] }), policy, 11_001).counts).toEqual([]);
  });

  it('keeps the baseline and its reason apart from contractions', () => {
    const baseline = new Baseline({
      apiVersion: 'stepdown/v1',
      kind: 'BaselinePolicy',
      rules: [
        { match: { agent: 'agent-*' }, agency: { tools: { allow: ['read_*'] } } },
        { autonomy: { approve: { effects: ['pay'] } } },
      ],
    });
    const verdictOf = (name: string, more: Partial<AccessRequest> = {}) =>
      decide(call({ name, effects: ['read'], ...more }), inForce([], { baseline }), 1);
    expect(verdictOf('send_mail')).toMatchObject({
      verdict: 'block',
      contractions: [],
      reason: { code: 'not-in-baseline' },
    });
    expect(verdictOf('read_file').verdict).toBe('allow');
    expect(verdictOf('read_file', { effects: ['pay'] }).verdict).toBe('needs_approval');
    expect(verdictOf('send_mail', { agentId: 'other' }).verdict).toBe('allow');
  });

  it('answers in well under 0.05 ms with a hundred contractions about', () => {
    const policy = inForce([]);
    for (let i = 0; i < 100; i += 1)
      policy.contractions.apply(
        contractionOf(`x${i}`, [{ control: 'tool.block', tools: ['other_*'] }], {
          target: { tenant: 'default', type: 'session', id: `s${i % 40}` },
        }),
        0,
      );
    policy.contractions.apply(contractionOf('e', [{ control: 'egress.allow', domains: ['a.example'] }]), 0);
    const asked = call({
      arguments: {
        to: 'ann@a.example',
        subject: 'hello',
        body: 'a text of ordinary length, with nothing in it. '.repeat(10),
      },
    });
    const times: number[] = [];
    for (let i = 0; i < 5000; i += 1) {
      const started = performance.now();
      decide(asked, policy, 1);
      times.push(performance.now() - started);
    }
    times.sort((a, b) => a - b);
    expect(times[2500]).toBeLessThan(0.05);
  });
});

describe('the index of contractions in force', () => {
  const block: Control[] = [{ control: 'tool.block' }];
  const verdictAt = (index: ContractionIndex, nowMs: number) =>
    decide(call(), { baseline: new Baseline(), contractions: index }, nowMs).verdict;

  it('lets a lease lapse by elapsed time, counted from when it heard of it', () => {
    const index = new ContractionIndex();
    index.apply(contractionOf('c', block, { leaseMs: 1000, leaseUntilMs: 5 }), 50_000);
    expect([verdictAt(index, 50_999), verdictAt(index, 51_000)]).toEqual(['block', 'allow']);
    expect(index.sweep(51_000).map(({ contraction }) => contraction.id)).toEqual(['c']);
    index.apply(contractionOf('c', block, { version: 2, leaseMs: 1000 }), 60_000);
    expect(verdictAt(index, 60_001)).toBe('block');
  });

  it('keeps a held one for a bounded grace, and says so', () => {
    const index = new ContractionIndex();
    index.apply(contractionOf('c', block, { leaseMs: 1000, engineGone: 'hold' }), 0);
    expect(index.held(500)).toEqual([]);
    expect(index.held(1500)).toHaveLength(1);
    expect([verdictAt(index, HOLD_GRACE_MS + 999), verdictAt(index, HOLD_GRACE_MS + 1000)]).toEqual(['block', 'allow']);
  });

  it('the first end does not lift a longer hold on the same target', () => {
    const index = new ContractionIndex();
    index.apply(contractionOf('short', block), 0);
    index.apply(contractionOf('long', block), 0);
    index.apply(contractionOf('short', block, { version: 2, state: 'ended' }), 1);
    expect(verdictAt(index, 2)).toBe('block');
    index.apply(contractionOf('long', block, { version: 2, state: 'ended' }), 3);
    expect(verdictAt(index, 4)).toBe('allow');
  });

  it('a late repeat neither shortens nor brings back', () => {
    const index = new ContractionIndex();
    index.apply(contractionOf('c', block, { version: 3 }), 0);
    expect(index.apply(contractionOf('c', block, { version: 2, state: 'ended' }), 1)).toBe('stale');
    expect(verdictAt(index, 2)).toBe('block');
    expect(index.apply(contractionOf('c', block, { version: 4, state: 'ended' }), 3)).toBe('ended');
    expect(index.apply(contractionOf('c', block, { version: 3 }), 4)).toBe('stale');
    expect(verdictAt(index, 5)).toBe('allow');
  });

  it('a contraction that waits for approval restricts nothing', () => {
    const index = new ContractionIndex();
    index.apply(contractionOf('c', block, { state: 'awaiting_approval' }), 0);
    expect(verdictAt(index, 1)).toBe('allow');
    index.apply(contractionOf('c', block, { version: 2 }), 2);
    expect(verdictAt(index, 3)).toBe('block');
  });

  it('keys never mix tenants, types or odd ids', () => {
    const index = new ContractionIndex();
    index.apply(contractionOf('c', block, { target: { tenant: 'default', type: 'session', id: 's1/x' } }), 0);
    index.apply(contractionOf('d', block, { target: { tenant: 'default', type: 'agent', id: 's1' } }), 0);
    expect(verdictAt(index, 1)).toBe('allow');
  });
});
