import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Contraction } from '../../schemas/contraction.js';
import { ContractionIndex } from '../../services/policy/contraction-index.js';
import { headFirst, headOf, leaseHead, type LeaseHead, toldContraction } from '../../services/policy/lease-text.js';
import { control } from './arbitraries.js';

/** Text that tries to pass for JSON of another meaning. */
const text = fc.oneof(
  fc.string({ minLength: 1 }),
  fc.string({ unit: 'binary', minLength: 1 }),
  fc.constantFrom('"', '\\', '\\"', '","version":9,"state":"active', '"}],"controls":[{', '\u2028', 'ä/%/ö', '\ud800'),
);
const contraction: fc.Arbitrary<Contraction> = fc
  .record(
    {
      schemaVersion: fc.constant(1 as const),
      tenant: text,
      id: text,
      version: fc.integer({ min: 1 }),
      state: fc.constantFrom('proposed', 'awaiting_approval', 'active', 'ending', 'ended'),
      mode: fc.constantFrom('observe', 'enforce'),
      target: fc.record({ tenant: text, type: fc.constantFrom('agent', 'session', 'mcp-server'), id: text }),
      controls: fc.array(control, { minLength: 1, maxLength: 3 }),
      playbook: fc.record({ id: text, name: text, version: fc.nat(), title: text }),
      manual: fc.record({ by: text, reason: text }),
      findingIds: fc.array(text, { maxLength: 2 }),
      sessionIds: fc.array(text, { maxLength: 2 }),
      trust: fc.constant('claimed'),
      createdAtMs: fc.nat(),
      leaseMs: fc.nat(),
      leaseUntilMs: fc.nat(),
      maxAtMs: fc.nat(),
      until: fc.constant({ kind: 'session-end' }),
      atMax: fc.constant({ quiet: 'revert', active: 'page' }),
      engineGone: fc.constantFrom('lapse', 'hold'),
      lastSignalAtMs: fc.nat(),
      attempts: fc.nat(),
      effects: fc.array(
        fc.record({
          id: text,
          control: fc.nat(),
          point: text,
          state: fc.constantFrom('applied', 'revert_failed'),
          error: text,
        }),
        { maxLength: 2 },
      ),
      history: fc.array(fc.record({ atMs: fc.nat(), to: fc.constant('active'), by: text, reason: text }), {
        maxLength: 2,
      }),
    },
    { noNullPrototype: true },
  )
  .map((each) => each as unknown as Contraction);

/** What the text is to give. */
function expected(of: Contraction): LeaseHead {
  const head = headOf(of);
  return { ...head, effects: head.effects.map(({ point, state }) => ({ point, state })) };
}

describe('a lease read from its text', () => {
  it('says what the contraction says, or that it has to be parsed', () => {
    fc.assert(
      fc.property(contraction, fc.boolean(), (made, byPlaybook) => {
        const { playbook, ...rest } = made;
        const stored = JSON.stringify(headFirst(byPlaybook ? made : rest, made.version));
        const head = leaseHead(stored);
        if (head !== undefined) expect(head).toEqual(expected(JSON.parse(stored) as Contraction));
        expect(JSON.parse(stored)).toEqual(JSON.parse(JSON.stringify(byPlaybook ? { ...rest, playbook } : rest)));
      }),
      { numRuns: 500 },
    );
  });

  it('is read without parsing for every one that is active or over and has no escapes in its ids', () => {
    fc.assert(
      fc.property(contraction, fc.constantFrom('active', 'ending', 'ended'), (made, state) => {
        const plain: Contraction = {
          ...made,
          id: 'c1',
          state,
          target: { tenant: 'default', type: 'session', id: 's 1/ä' },
          playbook: { id: 'p', name: 'p', version: 1, title: made.tenant },
          effects: made.effects.map((effect) => ({ ...effect, point: 'decision-point' })),
        };
        expect(leaseHead(JSON.stringify(headFirst(plain, 3)))).toEqual(expected({ ...plain, version: 3 }));
      }),
      { numRuns: 300 },
    );
  });

  it('is not taken for one where the text was written in another order, or is no lease', () => {
    const [made] = fc.sample(contraction, { numRuns: 1, seed: 1 }) as [Contraction];
    const { version, ...rest } = { ...made, id: 'c1', state: 'active' as const };
    for (const other of [{ version, ...rest }, { id: 'c1' }, [], 'text', null])
      expect(leaseHead(JSON.stringify(other))).toBeUndefined();
    const whole = JSON.stringify(headFirst({ version, ...rest }, version));
    for (const cut of [1, 20, 200]) expect(leaseHead(whole.slice(0, cut))).toBeUndefined();
  });

  it('is found in what is told of it, and in nothing else', () => {
    fc.assert(
      fc.property(contraction, (made) => {
        const text = JSON.stringify(headFirst(made, 2));
        expect(toldContraction(JSON.stringify({ kind: 'contraction', contraction: headFirst(made, 2) }))).toBe(text);
        expect(toldContraction(JSON.stringify({ kind: 'paused', tenant: made.tenant, by: text }))).toBeUndefined();
      }),
      { numRuns: 100 },
    );
  });

  it('restricts as the contraction does, and a newer version takes its place', () => {
    const nowMs = Date.UTC(2030, 0, 1);
    const target = { tenant: 'default', type: 'session' as const, id: 's1' };
    fc.assert(
      fc.property(contraction, (made) => {
        const active: Contraction = { ...made, id: 'c1', state: 'active', target, leaseMs: 60_000 };
        const [told, read] = [new ContractionIndex(), new ContractionIndex()];
        const first = headFirst(active, 1);
        told.apply(first, nowMs);
        read.restore(headOf(first), JSON.stringify(first), nowMs);
        const [a, b] = [told, read].map((index) => index.forTarget(target, nowMs));
        expect(b?.map(({ policy, contraction: each, expiresAtMs }) => ({ policy, each, expiresAtMs }))).toEqual(
          a?.map(({ policy, contraction: each, expiresAtMs }) => ({
            policy,
            each: JSON.parse(JSON.stringify(each)) as Contraction,
            expiresAtMs,
          })),
        );
        expect(read.restore(headOf(first), JSON.stringify(first), nowMs)).toBe('stale');
        expect(read.apply({ ...active, version: 2, state: 'ended', endReason: 'quiet' }, nowMs)).toBe('ended');
        expect([read.size, read.forTarget(target, nowMs)]).toEqual([0, []]);
        expect(read.restore(headOf(first), JSON.stringify(first), nowMs)).toBe('stale');
      }),
      { numRuns: 100 },
    );
  });
});
