import { describe, expect, test } from 'vitest';
import { novelty } from '../../../services/detect/detectors/novelty.js';
import type { Scope } from '../../../services/detect/types.js';
import { event, T0 } from '../events.js';
import { drive, newScope } from './scope.js';

const call = (tool: string, args?: unknown) =>
  event({ kind: 'tool.call', tool, ...(args === undefined ? {} : { arguments: args }) }, T0);

function trained(count: number, more: Partial<Scope> = {}): Scope {
  const scope = newScope(more);
  for (let index = 0; index < count; index++)
    drive(
      novelty,
      call(['read_mail', 'search', 'get_file', 'send_mail'][index % 4] as string, { to: 'ann@corp.example' }),
      scope,
    );
  scope.session = {};
  return scope;
}

describe('novelty', () => {
  test('positive: a new tool after a thousand calls of four', () => {
    const [statement] = drive(novelty, call('wire_money'), trained(1000));
    expect(statement).toMatchObject({ type: 'novelty.tool', evidence: { observed: 'wire_money', sampleSize: 900 } });
    expect(statement?.confidence).toBeGreaterThan(0.3);
  });

  test('negative: a known tool, and any tool of an agent that is hardly known', () => {
    expect(drive(novelty, call('search'), trained(1000))).toEqual([]);
    expect(drive(novelty, call('wire_money'), trained(8))).toEqual([]);
    expect(drive(novelty, call('wire_money'), newScope())).toEqual([]);
  });

  test('boundary: how surprising the new is depends on how often it is new', () => {
    const scope = newScope();
    for (let index = 0; index < 1000; index++)
      drive(novelty, call('send_mail', { to: `customer${index}@firm${index}.example` }), scope);
    const statements = drive(novelty, call('send_mail', { to: 'someone@evil.example' }), scope);
    expect(statements).toEqual([]);
  });

  test('someone new is ordinary in a company that it always writes to, and is not in another', () => {
    const scope = newScope();
    for (let index = 0; index < 400; index++)
      drive(novelty, call('send_mail', { to: `person${index}@corp.example` }), scope);
    expect(drive(novelty, call('send_mail', { to: 'person999@corp.example' }), scope)).toEqual([]);
    expect(drive(novelty, call('send_mail', { to: 'person999@corp.example.attacker.example' }), scope)).toEqual([
      expect.objectContaining({
        type: 'novelty.destination',
        evidence: expect.objectContaining({ facts: expect.objectContaining({ knownDomain: false }) }),
      }),
    ]);
  });

  test('single-tool agent: the second tool of its life is stated', () => {
    const scope = newScope();
    for (let index = 0; index < 1000; index++) drive(novelty, call('search'), scope);
    expect(drive(novelty, call('delete_file'), scope).map(({ type }) => type)).toEqual(['novelty.tool']);
  });

  test('a new destination of a side-effecting call; a reading call has none', () => {
    const scope = trained(4000);
    expect(drive(novelty, call('send_mail', { to: 'mallory@evil.example' }), scope).map(({ type }) => type)).toEqual([
      'novelty.destination',
    ]);
    expect(drive(novelty, call('search', { url: 'other.example/x' }), trained(4000))).toEqual([]);
  });

  test.each([
    ['dataset', { kind: 'retrieval' as const, dataset: 'hr' }, { kind: 'retrieval' as const, dataset: 'payroll' }],
    ['model', { kind: 'model.output' as const, model: 'm1' }, { kind: 'model.output' as const, model: 'm2' }],
    [
      'peer',
      { kind: 'message' as const, from: 'agent-1', to: 'b' },
      { kind: 'message' as const, from: 'agent-1', to: 'c' },
    ],
  ])('a new %s', (dimension, usual, unusual) => {
    const scope = newScope();
    for (let index = 0; index < 1000; index++) drive(novelty, event(usual, T0), scope);
    expect(drive(novelty, event(unusual, T0), scope).map(({ type }) => type)).toEqual([`novelty.${dimension}`]);
  });

  test('peers of the same blueprint vouch for each other', () => {
    const scope = trained(1000);
    const alone = drive(novelty, call('archive'), trained(1000))[0]?.confidence ?? 0;
    for (let index = 0; index < 50; index++) drive(novelty, call('archive'), newScope({ blueprint: scope.blueprint }));
    expect(drive(novelty, call('archive'), scope)[0]?.confidence ?? 0).toBeLessThan(alone);
  });

  test('early life: what none of its peers ever used is stated of a new agent', () => {
    const peers = trained(2000).blueprint;
    const [statement] = drive(novelty, call('wire_money'), newScope({ learning: true, blueprint: peers }));
    expect(statement).toMatchObject({ type: 'novelty.tool', firm: true });
    expect(drive(novelty, call('search'), newScope({ learning: true, blueprint: peers }))).toEqual([]);
  });

  test('stated once a session; after three untainted sessions it is the new normal; tainted ones teach nothing', () => {
    const scope = trained(2000);
    expect(drive(novelty, call('archive'), scope)).toHaveLength(1);
    expect(drive(novelty, call('archive'), scope)).toHaveLength(0);
    for (let session = 0; session < 2; session++) {
      scope.session = {};
      expect(drive(novelty, call('archive'), scope)).toHaveLength(1);
    }
    scope.session = {};
    expect(drive(novelty, call('archive'), scope)).toHaveLength(0);

    const tainted = trained(2000);
    tainted.facts.taints.push({ eventId: 'e', timeMs: T0, origin: 'mail', probability: 0.9 });
    for (let session = 0; session < 5; session++) {
      tainted.session = {};
      expect(drive(novelty, call('archive'), tainted)).toHaveLength(1);
    }
  });

  test('memory is bounded', () => {
    const scope = newScope();
    for (let index = 0; index < 3000; index++)
      drive(novelty, call(`tool_${index}`, { to: `u${index}@x.example`, url: `h${index}.example` }), scope);
    expect(JSON.stringify(scope.agent['novelty']).length).toBeLessThan(3500);
  });
});
