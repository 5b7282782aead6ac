/** What the playbook language can say beyond one block on one session: stages, ladders, limits in time, wider targets. */
import { describe, expect, it } from 'vitest';
import { levelAt, lengthAt } from '../../services/respond/ladder.js';
import { compilePlaybooks } from '../../services/respond/playbook/load.js';
import { HOUR, MINUTE, playbooksOf, Rig, START } from './rig.js';

const playbook = (more: string) => `
id: p
title: A playbook
version: 1
mode: enforce
trigger: {finding: injection.indirect}
${more}
incident: {severity: high}
`;
const BLOCK = 'contract: [{tool.block: {tools: [send_*]}}]';
const QUIET = 'revert: {until: {quiet: {below: 30, for: 10m}}, max: 4h}';

describe('stages: what is contracted steps back one control at a time', () => {
  const staged = playbook(`
target: session
contract: [{tool.block: {tools: [send_*]}}, {tool.requireApproval: {effects: [write]}}, {rate.limit: {calls: 10, per: 1m}}]
revert:
  stages:
    - {release: [tool.block], after: {quiet: {below: 60, for: 5m}}}
    - {release: [rate.limit], after: {quiet: {below: 40, for: 15m}}}
  until: {quiet: {below: 20, for: 40m}}
  max: 8h`);
  const controls = (rig: Rig) =>
    rig
      .active()
      .flatMap((each) => each.controls.map(({ control }) => control))
      .sort();

  it('in the order that is written, each after its own quiet', () => {
    const rig = new Rig(playbooksOf(staged));
    rig.find();
    expect(controls(rig)).toEqual(['rate.limit', 'tool.block', 'tool.requireApproval']);
    rig.pass(16 * MINUTE);
    expect(controls(rig)).toEqual(['rate.limit', 'tool.requireApproval']);
    rig.pass(20 * MINUTE);
    expect(controls(rig)).toEqual(['tool.requireApproval']);
    rig.pass(2 * HOUR);
    expect(controls(rig)).toEqual([]);
    expect(rig.incidents.size).toBe(1);
  });

  it('or by hand, one at a time, in any order; the others keep their own time', () => {
    const rig = new Rig(playbooksOf(staged));
    rig.find();
    const lift = (name: string) =>
      rig.command({ do: 'lift', contractionId: rig.active().find((each) => each.controls[0]?.control === name)!.id });
    expect(lift('tool.requireApproval')?.ok).toBe(true);
    expect(controls(rig)).toEqual(['rate.limit', 'tool.block']);
    expect(lift('rate.limit')?.ok).toBe(true);
    expect(controls(rig)).toEqual(['tool.block']);
    rig.pass(16 * MINUTE);
    expect(controls(rig)).toEqual([]);
    expect([...rig.contractions.values()].map(({ endReason }) => endReason).sort()).toEqual([
      'lifted',
      'lifted',
      'quiet',
    ]);
    rig.find();
    expect(controls(rig)).toEqual(['rate.limit', 'tool.block', 'tool.requireApproval']);
  });

  it('and forward again where the attack goes on, without touching what still stands', () => {
    const rig = new Rig(playbooksOf(staged));
    rig.find();
    rig.pass(16 * MINUTE);
    const standing = rig.active().map(({ id }) => id);
    rig.find();
    expect(controls(rig)).toEqual(['rate.limit', 'tool.block', 'tool.requireApproval']);
    for (const id of standing) expect(rig.active().map((each) => each.id)).toContain(id);
  });

  it('counts as one target against the limits', () => {
    const rig = new Rig(playbooksOf(`${staged}\nlimits: {targets: 1}`));
    rig.find({ session: 's1' });
    expect(rig.active()).toHaveLength(3);
    rig.find({ session: 's2' });
    expect(rig.active()).toHaveLength(3);
    expect(rig.live().filter(({ state }) => state === 'awaiting_approval')).toHaveLength(3);
  });
});

describe('the ladder of repeat offenders', () => {
  const ladder = playbook(
    `target: session\n${BLOCK}\nrevert: {until: {quiet: {below: 30, for: 10m}}, max: 1h}\nescalate: {multiplier: 3, maximum: 2h, decay: 1d}`,
  );
  const lengths = (rig: Rig) =>
    [...rig.contractions.values()].map(({ until }) => (until.kind === 'quiet' ? until.forMs / MINUTE : 0));

  it('holds longer each time, up to the maximum, and comes down with time', () => {
    const rig = new Rig(playbooksOf(ladder));
    for (let time = 0; time < 4; time += 1) {
      rig.find();
      rig.pass(3 * HOUR);
      expect(rig.active()).toEqual([]);
    }
    expect(lengths(rig)).toEqual([10, 30, 90, 120]);
    rig.pass(2 * 24 * HOUR);
    rig.find();
    expect(lengths(rig).at(-1)).toBe(90);
    rig.pass(30 * 24 * HOUR);
    rig.find();
    expect(lengths(rig).at(-1)).toBe(10);
  });

  it('is for each target apart, survives a restart, and is forgotten once it has come down', () => {
    const rig = new Rig(playbooksOf(ladder));
    rig.find();
    rig.pass(HOUR);
    rig.restart();
    rig.find();
    rig.find({ session: 's2' });
    expect(lengths(rig)).toEqual([10, 30, 10]);
    rig.pass(10 * 24 * HOUR);
    expect(rig.state('respond/target/default/session/s1')).toBeUndefined();
    expect(rig.state('respond/target/default/session/s2')).toBeUndefined();
  });

  it('varies by the jitter and not beyond, the same for the same contraction', () => {
    const escalation = { multiplier: 2, maximumMs: 10 * HOUR, jitter: 0.2, decayMs: HOUR };
    const seen = new Set<number>();
    for (let seed = 0; seed < 200; seed += 1) {
      const length = lengthAt(HOUR, 1, escalation, String(seed));
      expect(length).toBe(lengthAt(HOUR, 1, escalation, String(seed)));
      expect(length).toBeGreaterThanOrEqual(2 * HOUR * 0.8 - 1);
      expect(length).toBeLessThanOrEqual(2 * HOUR * 1.2 + 1);
      seen.add(length);
    }
    expect(seen.size).toBeGreaterThan(150);
    expect(levelAt({ level: 5, atMs: 0, decayMs: HOUR }, 3.5 * HOUR)).toBe(2);
  });
});

describe('limits', () => {
  it('so many new contractions in a time: what goes beyond waits, and later ones run again', () => {
    const rig = new Rig(
      playbooksOf(playbook(`target: session\n${BLOCK}\n${QUIET}\nlimits: {contractions: {most: 2, per: 30m}}`)),
    );
    for (const session of ['s1', 's2', 's3']) rig.find({ session });
    expect(rig.live().map(({ state }) => state)).toEqual(['active', 'active', 'awaiting_approval']);
    rig.pass(31 * MINUTE);
    rig.find({ session: 's4' });
    expect(rig.live().filter(({ target }) => target.id === 's4')[0]?.state).toBe('active');
  });

  it('percent of the fleet counts agents, not their conversations', () => {
    const rig = new Rig(playbooksOf(playbook(`target: session\n${BLOCK}\n${QUIET}\nlimits: {fleetPercent: 20}`)));
    for (let agent = 0; agent < 10; agent += 1)
      rig.find({ type: 'novelty.tool', agent: `a${agent}`, session: `x${agent}` });
    for (const session of ['s1', 's2', 's3']) rig.find({ session, agent: 'a0' });
    rig.find({ session: 's4', agent: 'a1' });
    expect(rig.active()).toHaveLength(4);
    rig.find({ session: 's5', agent: 'a2' });
    expect(rig.active()).toHaveLength(4);
  });
});

describe('targets', () => {
  it('the predicted next steps: only these calls, only in this conversation', () => {
    const rig = new Rig(
      playbooksOf(playbook(`target: predicted\ncontract: [{tool.block: {}}]\nrevert: {until: sessionEnd, max: 4h}`)),
    );
    rig.find({ predicted: [{ tool: 'send_money', probability: 0.9 }] });
    expect(rig.active().map(({ target, controls }) => [target.type, target.id, controls])).toEqual([
      ['session', 's1', [{ control: 'tool.block', tools: ['send_money'] }]],
    ]);
    rig.find({ session: 's2' });
    expect(rig.active()).toHaveLength(1);
  });

  it('neighbours: whom the attack reached and whom the agent talks to, and only on an authenticated word', () => {
    const text = playbook(
      `target: neighbours\ncontract: [{tool.requireApproval: {effects: [send]}}]\n${QUIET}\nlimits: {targets: 2, over: observe}`,
    );
    const rig = new Rig(playbooksOf(text));
    const around = {
      peers: [{ tenant: 'default', type: 'agent' as const, id: 'a9' }],
      neighbours: ['a2', 'a1', 'a9', 'a3'],
    };
    rig.find({ ...around, trust: 'claimed' });
    expect(rig.live()).toEqual([]);
    rig.find(around);
    const made = rig.live().map(({ target, mode }) => [target.type, target.id, mode]);
    expect(made).toEqual([
      ['agent', 'a9', 'enforce'],
      ['agent', 'a2', 'enforce'],
      ['agent', 'a3', 'observe'],
    ]);
  });
});

describe('when it acts', () => {
  it('only in its hours', () => {
    const rig = new Rig(
      playbooksOf(
        playbook(`target: session\n${BLOCK}\n${QUIET}\nhours: [{zone: Europe/Berlin, from: '20:00', to: '06:00'}]`),
      ),
    );
    rig.pass(10 * HOUR);
    rig.find({ session: 'day' });
    rig.pass(12 * HOUR);
    rig.find({ session: 'night' });
    expect(rig.live().map(({ target }) => target.id)).toEqual(['night']);
  });

  const tuned = (override: string) => {
    const { playbooks, diagnostics } = compilePlaybooks(
      [
        {
          file: 'p.yaml',
          text: `apiVersion: stepdown/v1\nkind: Playbook\n${playbook(`target: session\n${BLOCK}\n${QUIET}`)}`,
        },
      ],
      {
        file: 'overrides.yaml',
        text: `apiVersion: stepdown/v1\nkind: Overrides\nplaybooks:\n  p:\n    reason: r\n    owner: o\n${override}`,
      },
    );
    expect(diagnostics).toEqual([]);
    return new Rig(playbooks);
  };

  it('not in a suppression window, which ends by itself', () => {
    const rig = tuned(
      `    suppress: [{from: 2030-01-01T00:00:00Z, to: 2030-01-01T02:00:00Z, reason: migration, owner: ann}]\n`,
    );
    rig.find({ session: 's1' });
    expect(rig.live()).toEqual([]);
    rig.pass(2 * HOUR);
    rig.find({ session: 's2' });
    expect(rig.live()).toHaveLength(1);
  });

  it('not on an allowed entity, until that expires; what was active is let go', () => {
    const rig = tuned(
      `    allow: [{entity: 'agent:bill*', reason: known, owner: ann, expires: 2030-01-01T05:00:00Z}]\n`,
    );
    rig.find({ session: 's1', agent: 'billing' });
    rig.find({ session: 's2', agent: 'other' });
    expect(rig.live().map(({ target }) => target.id)).toEqual(['s2']);
    rig.pass(6 * HOUR);
    rig.find({ session: 's3', agent: 'billing' });
    expect(rig.live().map(({ target }) => target.id)).toEqual(['s3']);
  });

  it('enforced for some agents, observed for the others', () => {
    const rig = tuned(`    mode: enforce\n    agents: [pilot-*]\n`);
    rig.find({ session: 's1', agent: 'pilot-1' });
    rig.find({ session: 's2', agent: 'main' });
    expect(rig.live().map(({ target, mode }) => [target.id, mode])).toEqual([
      ['s1', 'enforce'],
      ['s2', 'observe'],
    ]);
  });

  it('thresholds an operator sets hold instead of the playbook’s', () => {
    const rig = tuned(`    thresholds: {quietFor: 1h, max: 2h, limits: {targets: 1, over: observe}}\n`);
    rig.find({ session: 's1' });
    rig.find({ session: 's2' });
    const [first, second] = rig.live();
    expect([first?.until, first && first.maxAtMs - START]).toEqual([
      { kind: 'quiet', below: 30, forMs: HOUR },
      2 * HOUR,
    ]);
    expect([first?.mode, second?.mode]).toEqual(['enforce', 'observe']);
  });
});

it('an active contraction keeps what its version said, across a reload and a restart', () => {
  const first = playbooksOf(playbook(`target: session\n${BLOCK}\n${QUIET}\ncooldown: 2h`));
  const second = playbooksOf(
    playbook(`target: session\n${BLOCK}\nrevert: {until: verdict, max: 7d}`).replace('version: 1', 'version: 2'),
  );
  const rig = new Rig(first);
  rig.find();
  const before = rig.active()[0]!;
  rig.machine.reload(second);
  rig.pass(5 * MINUTE);
  rig.restart(second);
  const after = rig.active()[0]!;
  expect([after.id, after.playbook?.version, after.until, after.maxAtMs]).toEqual([
    before.id,
    1,
    before.until,
    before.maxAtMs,
  ]);
  rig.pass(HOUR);
  expect(rig.active()).toEqual([]);
  // The rest that its version asked for is kept too.
  rig.find();
  expect(rig.active()).toEqual([]);
  rig.pass(2 * HOUR);
  rig.find();
  expect(rig.active()[0]?.playbook?.version).toBe(2);
});

it('another version beside the one that is active makes its own, and the old one is not lengthened', () => {
  const rig = new Rig(playbooksOf(playbook(`target: session\n${BLOCK}\n${QUIET}`)));
  rig.find();
  rig.machine.reload(playbooksOf(playbook(`target: session\n${BLOCK}\n${QUIET}`).replace('version: 1', 'version: 2')));
  rig.find();
  expect(
    rig
      .active()
      .map((each) => each.playbook?.version)
      .sort(),
  ).toEqual([1, 2]);
});
