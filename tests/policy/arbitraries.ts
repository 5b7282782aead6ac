/** Random controls, baselines, contractions and requests, dense enough that they often meet. */
import fc from 'fast-check';
import type { BaselinePolicy } from '../../schemas/baseline.js';
import { EFFECT_CLASSES } from '../../schemas/common.js';
import type { Contraction } from '../../schemas/contraction.js';
import type { Control } from '../../schemas/control.js';
import type { AccessRequest } from '../../services/policy/request.js';

const names = ['send_mail', 'send_money', 'read_file', 'delete_file', 'web.fetch'];
const globs = fc.constantFrom(...names, 'send_*', '*_file', '*', 'w*.f*h', '**', 's*d_m*');
const hosts = ['a.example', 'x.a.example', 'b.example', '*.a.example', '*.b.example', '*', 'ann@a.example', '10.0.0.1'];
const effects = fc.constantFrom(...EFFECT_CLASSES);
const some = <T>(item: fc.Arbitrary<T>, maxLength = 3) => fc.array(item, { minLength: 1, maxLength });
const optional = { requiredKeys: ['control'] as const };

const selector = {
  tools: fc.array(globs, { maxLength: 3 }),
  effects: fc.array(effects, { maxLength: 2 }),
  destinations: some(
    fc.constantFrom('a.example', 'x.a.example', 'bob@b.example', 'DE89 3704 0044 0532 0130 00', 'https://b.example/x'),
    2,
  ),
};

export const control: fc.Arbitrary<Control> = fc.oneof(
  fc.record({ control: fc.constant('tool.block' as const), ...selector }, { requiredKeys: ['control'] }),
  fc.record(
    {
      control: fc.constant('tool.requireApproval' as const),
      ...selector,
      by: fc.constantFrom('owner' as const, 'soc' as const, 'any' as const),
      timeoutMs: fc.constantFrom(1000, 5000),
      otherwise: fc.constant('block' as const),
    },
    { requiredKeys: ['control', 'timeoutMs', 'otherwise'] },
  ),
  fc.record({
    control: fc.constant('scope.narrow' as const),
    scopes: fc.array(fc.constantFrom('mail', 'files', 'pay'), { maxLength: 3 }),
  }),
  fc.record({
    control: fc.constant('auth.strength' as const),
    level: fc.constantFrom('mfa' as const, 'passwordless' as const, 'phishing-resistant' as const),
  }),
  fc.record({ control: fc.constant('auth.reauthenticate' as const), withinMs: fc.constantFrom(0, 1000, 60_000) }),
  fc.record({
    control: fc.constant('egress.allow' as const),
    domains: fc.array(fc.constantFrom(...hosts), { maxLength: 4 }),
  }),
  fc.record({
    control: fc.constant('model.deny' as const),
    models: fc.array(fc.constantFrom('m1', 'm*', '*-mini', 'm-mini'), { maxLength: 3 }),
  }),
  fc.record({
    control: fc.constant('sandbox.require' as const),
    level: fc.constantFrom('process' as const, 'container' as const, 'vm' as const),
  }),
  fc.record({
    control: fc.constant('data.mask' as const),
    what: fc.array(fc.constantFrom('suspicious-spans' as const, 'secrets' as const, 'pii' as const, 'all' as const), {
      maxLength: 3,
    }),
  }),
  fc.record(
    {
      control: fc.constant('generation.guard' as const),
      maxOutputTokens: fc.constantFrom(10, 100),
      denyToolUse: fc.boolean(),
    },
    { requiredKeys: optional.requiredKeys.slice() },
  ),
  fc.record(
    {
      control: fc.constant('rate.limit' as const),
      calls: fc.nat(3),
      perMs: fc.constantFrom(1000, 60_000),
      tools: some(globs),
      effects: some(effects),
    },
    { requiredKeys: ['control', 'calls', 'perMs'] },
  ),
  fc.constant({ control: 'session.suspend' as const }),
  fc.constant({ control: 'agent.disable' as const }),
);

const list = fc.record(
  {
    allow: some(fc.oneof(globs, fc.constantFrom('m1', 'm-mini', 'notes', 'peer'))),
    deny: fc.array(globs, { maxLength: 2 }),
  },
  { requiredKeys: [] },
);

export const baseline: fc.Arbitrary<BaselinePolicy> = fc.record({
  apiVersion: fc.constant('stepdown/v1' as const),
  kind: fc.constant('BaselinePolicy' as const),
  rules: fc.array(
    fc.record(
      {
        match: fc.record({ agent: fc.constantFrom('*', 'agent-1', 'agent-*') }),
        agency: fc.record(
          {
            tools: list,
            models: list,
            datasets: list,
            peers: list,
            egress: fc.record({ allow: some(fc.constantFrom(...hosts)) }),
          },
          { requiredKeys: [] },
        ),
        autonomy: fc.record({
          approve: fc.record({ tools: some(globs), effects: some(effects) }, { requiredKeys: [] }),
        }),
      },
      { requiredKeys: [] },
    ),
    { maxLength: 3 },
  ),
});

export const target: fc.Arbitrary<Contraction['target']> = fc.constantFrom(
  { tenant: 'default', type: 'session' as const, id: 's1' },
  { tenant: 'default', type: 'agent' as const, id: 'agent-1' },
  { tenant: 'default', type: 'user' as const, id: 'u1' },
  { tenant: 'default', type: 'tool' as const, id: 'send_mail' },
  { tenant: 'default', type: 'session' as const, id: 'other' },
  { tenant: 'else', type: 'session' as const, id: 's1' },
);

export function contractionOf(id: string, controls: Control[], more: Partial<Contraction> = {}): Contraction {
  return {
    schemaVersion: 1,
    id,
    tenant: 'default',
    version: 1,
    state: 'active',
    mode: 'enforce',
    target: { tenant: 'default', type: 'session', id: 's1' },
    controls,
    playbook: { id: 'p', name: 'p', version: 1, title: 'A playbook' },
    findingIds: [`f-${id}`],
    sessionIds: ['s1'],
    trust: 'authenticated',
    createdAtMs: 0,
    leaseUntilMs: 300_000,
    leaseMs: 300_000,
    maxAtMs: 3_600_000,
    until: { kind: 'session-end' },
    atMax: { quiet: 'revert', active: 'revert' },
    engineGone: 'lapse',
    lastSignalAtMs: 0,
    attempts: 0,
    effects: [],
    history: [],
    ...more,
  };
}

export const contractions: fc.Arbitrary<Contraction[]> = fc
  .array(fc.tuple(fc.array(control, { minLength: 1, maxLength: 3 }), target, fc.boolean()), { maxLength: 5 })
  .map((items) =>
    items.map(([controls, on, observe], index) =>
      contractionOf(`c${index}`, controls, { target: on, mode: observe ? 'observe' : 'enforce' }),
    ),
  );

export const request: fc.Arbitrary<AccessRequest> = fc.record(
  {
    tenant: fc.constant('default'),
    kind: fc.constantFrom(
      'tool' as const,
      'model' as const,
      'retrieval' as const,
      'message' as const,
      'result' as const,
    ),
    name: fc.oneof(fc.constantFrom(...names, 'm1', 'm-mini', 'notes', 'peer')),
    agentId: fc.constantFrom('agent-1', 'agent-2'),
    sessionId: fc.constantFrom('s1', 'other'),
    userId: fc.constant('u1'),
    arguments: fc.oneof(
      fc.constant({}),
      fc.record({
        to: fc.constantFrom('ann@a.example', 'bob@b.example', 'eve@x.a.example'),
        body: fc.constantFrom('hello', 'see https://b.example/x'),
      }),
      fc.record({ recipient: fc.constantFrom('DE89370400440532013000', 'a.example', 'x.a.example') }),
    ),
    effects: fc.array(effects, { maxLength: 2 }),
    auth: fc.record(
      {
        level: fc.constantFrom('mfa' as const, 'phishing-resistant' as const),
        authenticatedAtMs: fc.constantFrom(0, 99_500),
      },
      { requiredKeys: [] },
    ),
    scopes: fc.array(fc.constantFrom('mail', 'files'), { maxLength: 2 }),
    sandbox: fc.constantFrom('process' as const, 'vm' as const),
    offersTools: fc.boolean(),
  },
  { requiredKeys: ['tenant', 'kind', 'name', 'agentId', 'sessionId', 'effects'] },
);
