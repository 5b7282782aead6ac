/** Random lives of the response machine: whatever comes in whatever order, what must always hold holds. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Contraction } from '../../schemas/contraction.js';
import type { Finding } from '../../schemas/finding.js';
import type { Signal } from '../../schemas/signal.js';
import { HOLD_GRACE_MS } from '../../services/policy/contraction-index.js';
import { below, policyOf } from '../../services/policy/effective.js';
import { compilePlaybooks } from '../../services/respond/playbook/load.js';
import { contractionTimer } from '../../services/respond/workspace.js';
import { HOUR, MINUTE, playbooksOf, QUIET, Rig, SESSION, START } from './rig.js';

const PLAYBOOKS = playbooksOf(
  QUIET,
  SESSION,
  `
id: strong
title: Strong
version: 1
mode: enforce
trigger: {finding: novelty.*}
target: agent
contract: [{agent.disable: {}}, {tool.requireApproval: {effects: [pay]}}]
revert: {until: verdict, max: 6h, atMax: {active: page}}
limits: {targets: 2}
incident: {}
`,
  `
id: risky
title: Risky
version: 1
mode: enforce
trigger: {risk: {entity: session, above: 80, on: level}}
target: user
contract: [{egress.allow: {domains: [a.example]}}]
revert: {until: {quiet: {for: 5m}}, max: 30m}
cooldown: 7m
limits: {fleetPercent: 50, over: observe}
`,
  `
id: alerted
title: Alerted
version: 1
mode: enforce
trigger: {alert: {title: 'Bad*'}}
target: session
contract: [{session.suspend: {}}]
revert: {until: alertResolved, max: 12h}
incident: {severity: low, group: none}
`,
  `
id: watching
title: Watching
version: 1
trigger: {finding: ['injection.*', taint.sink], by: session}
target: agent
contract: [{model.deny: {models: ['*']}}]
onRepeat: ignore
revert: {until: sessionEnd, max: 1h}
incident: {}
`,
  `
id: staged
title: Staged
version: 1
mode: enforce
trigger: {finding: rate.burst}
target: session
contract: [{tool.block: {tools: [send_*]}}, {rate.limit: {calls: 5, per: 1m}}]
revert:
  stages: [{release: [rate.limit], after: {quiet: {below: 60, for: 3m}}}]
  until: {quiet: {below: 30, for: 10m}}
  max: 1h
escalate: {multiplier: 2, maximum: 5h, jitter: 20, decay: 3h}
limits: {contractions: {most: 3, per: 1h}}
incident: {}
`,
  `
id: near
title: Near
version: 1
mode: enforce
trigger: {finding: correlation.pair}
target: neighbours
contract: [{tool.requireApproval: {effects: [send]}}]
revert: {until: {quiet: {for: 5m}}, max: 30m}
limits: {targets: 1}
incident: {}
`,
);
const CORRELATIONS = compilePlaybooks(
  [
    {
      file: 'pair.yaml',
      text: `apiVersion: stepdown/v1
kind: Correlation
id: pair
title: Pair
version: 1
emits: correlation.pair
by: [agent]
within: 20m
count: {finding: '*', n: 2, distinct: type}
`,
    },
    {
      file: 'lone.yaml',
      text: `apiVersion: stepdown/v1
kind: Correlation
id: lone
title: Lone
version: 1
emits: correlation.lone
by: [session]
within: 10m
absence: {after: {finding: injection.indirect}, of: {finding: taint.sink}}
`,
    },
  ],
  undefined,
).correlations;

const SESSIONS = ['s1', 's2', 's3'];
const AGENTS = ['a1', 'a2'];
const session = fc.constantFrom(...SESSIONS);
const agent = fc.constantFrom(...AGENTS);

const findingAction = fc.record({
  do: fc.constant('finding' as const),
  type: fc.constantFrom('injection.indirect', 'taint.sink', 'novelty.tool', 'rate.burst'),
  session,
  agent,
  primary: fc.boolean(),
  confidence: fc.constantFrom(0.3, 0.7, 0.95),
  severity: fc.constantFrom('low' as const, 'high' as const),
  trust: fc.constantFrom('claimed' as const, 'authenticated' as const),
  trace: fc.option(fc.constantFrom('t1', 't2'), { nil: undefined }),
  peer: fc.option(fc.constantFrom({ type: 'agent' as const, id: 'a2' }, { type: 'session' as const, id: 's3' }), {
    nil: undefined,
  }),
  predicted: fc.option(fc.constantFrom('send_mail', 'send_money'), { nil: undefined }),
});
const action = fc.oneof(
  { weight: 6, arbitrary: findingAction },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('pass' as const), minutes: fc.constantFrom(1, 4, 11, 47, 300) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('attempt' as const), which: fc.nat(5) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('session' as const),
      state: fc.constantFrom('ended' as const, 'resumed' as const, 'alias' as const),
      session,
      canonical: session,
      idle: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('alert' as const),
      state: fc.constantFrom('new' as const, 'resolved' as const),
      id: fc.constantFrom('x', 'y'),
      session,
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('lift' as const), which: fc.nat(5), suppress: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('extend' as const), which: fc.nat(5) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('approve' as const), which: fc.nat(5) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('freeze' as const), which: fc.nat(5), minutes: fc.constantFrom(2, 90) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('contain' as const), session, id: fc.nat(2) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('close' as const),
      which: fc.nat(3),
      verdict: fc.constantFrom('true' as const, 'false' as const, 'benign' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('pause' as const, 'resume' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('replay' as const), which: fc.nat(20) }) },
);
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

const LEGAL: Record<string, string[]> = {
  none: ['active', 'awaiting_approval'],
  awaiting_approval: ['awaiting_approval', 'active', 'ended'],
  active: ['active', 'ended'],
};

/** A rig that checks every record it sees against the one before. */
class Watched extends Rig {
  readonly signals: Signal[] = [];
  paused = false;
  findings = 0;

  constructor() {
    super(PLAYBOOKS, { incidentsPerPlaybookPerHour: 3, correlations: CORRELATIONS });
  }

  override feed(signal: Signal) {
    const before = new Map(this.contractions);
    const incidentsBefore = new Map(this.incidents);
    const outputs = super.feed(signal);
    this.checkRecords(outputs, before, incidentsBefore);
    return outputs;
  }

  override pass(ms: number): void {
    const before = new Map(this.contractions);
    const incidentsBefore = new Map(this.incidents);
    const from = this.outputs.length;
    super.pass(ms);
    this.checkRecords(this.outputs.slice(from), before, incidentsBefore);
  }

  checkRecords(
    outputs: ReturnType<Rig['feed']>,
    before: Map<string, Contraction>,
    incidentsBefore: Rig['incidents'],
  ): void {
    for (const output of outputs) {
      if (output.topic === 'incidents') {
        expect(output.value.version).toBe((incidentsBefore.get(output.value.id)?.version ?? 0) + 1);
        incidentsBefore.set(output.value.id, output.value);
      }
      if (output.topic !== 'contractions' || output.value.kind !== 'contraction') continue;
      const { contraction } = output.value;
      if (contraction.paged !== true && contraction.state !== 'ended') {
        expect(contraction.leaseUntilMs, 'a lease never outlasts max').toBeLessThanOrEqual(contraction.maxAtMs);
        expect(this.index.get(contraction.id)?.expiresAtMs ?? 0).toBeLessThanOrEqual(
          contraction.maxAtMs + (contraction.engineGone === 'hold' ? HOLD_GRACE_MS : 0),
        );
      }
      const last = before.get(contraction.id);
      expect(contraction.version).toBe((last?.version ?? 0) + 1);
      expect(LEGAL[last?.state ?? 'none']).toContain(contraction.state);
      if (last) {
        expect(below(policyOf(contraction.controls), policyOf(last.controls))).toBe(true);
        expect(contraction.mode).toBe(last.mode);
        if (this.paused && contraction.mode === 'enforce') expect(contraction.controls).toEqual(last.controls);
      } else if (this.paused && contraction.mode === 'enforce') {
        expect(contraction.manual, 'only a person begins new effects while paused').toBeDefined();
      }
      if (contraction.trust === 'claimed')
        expect(contraction.controls.map(({ control }) => control)).not.toContain('agent.disable');
      before.set(contraction.id, contraction);
    }
  }

  perform(given: Action): void {
    const pick = <T>(items: readonly T[], which: number): T | undefined => items[which % Math.max(1, items.length)];
    const target = 'which' in given ? pick(this.live(), given.which) : undefined;
    const send = (signal: Signal) => {
      this.signals.push(signal);
      return this.feed(signal);
    };
    const base = { tenant: 'default', timeMs: this.nowMs };
    switch (given.do) {
      case 'finding': {
        this.findings += 1;
        const made: Finding = {
          schemaVersion: 1,
          id: `f${this.findings}`,
          tenant: 'default',
          detector: given.type.split('.')[0]!,
          codeVersion: '1',
          type: given.type,
          title: given.type,
          entity: {
            tenant: 'default',
            type: given.primary ? 'session' : 'agent',
            id: given.primary ? given.session : given.agent,
          },
          primary: given.primary,
          eventId: `e${this.findings}`,
          agentId: given.agent,
          sessionId: given.session,
          userId: 'u1',
          trust: given.trust,
          timeMs: this.nowMs,
          confidence: given.confidence,
          severity: given.severity,
          evidence: { observed: 1, eventIds: [] },
          atlas: [],
          owasp: [],
          pillar: 'data',
          ...(given.trace === undefined ? {} : { traceId: given.trace }),
          ...(given.peer === undefined ? {} : { peers: [{ tenant: 'default', ...given.peer }] }),
          ...(given.predicted === undefined ? {} : { predicted: [{ tool: given.predicted, probability: 1 }] }),
        };
        const statesBefore = JSON.stringify(this.stepper.snapshot());
        const previewed = this.machine.preview([made], this.stepper.states, this.nowMs);
        expect(JSON.stringify(this.stepper.snapshot())).toBe(statesBefore);
        const outputs = send({ ...base, kind: 'finding', finding: made });
        const contracted = outputs.flatMap((output) =>
          output.topic === 'contractions' && output.value.kind === 'contraction' ? [output.value.contraction] : [],
        );
        expect(previewed).toEqual(contracted.filter(({ mode, state }) => mode === 'enforce' && state === 'active'));
        if (this.paused)
          expect(
            contracted.filter(({ version, mode, state }) => version === 1 && mode === 'enforce' && state === 'active'),
          ).toEqual([]);
        return;
      }
      case 'pass':
        this.pass(given.minutes * MINUTE);
        return;
      case 'attempt':
        if (target)
          send({
            ...base,
            kind: 'attempt',
            contractionIds: [target.id],
            agentId: 'a1',
            sessionId: 's1',
            action: 'x',
            eventId: 'e',
            decisionId: 'd',
          });
        return;
      case 'session':
        send({
          ...base,
          kind: 'session',
          state: given.state,
          sessionId: given.session,
          agentId: 'a1',
          ...(given.state === 'alias' ? { canonicalId: given.canonical } : {}),
          ...(given.state === 'ended' && given.idle ? { idle: true } : {}),
        });
        return;
      case 'alert':
        send({
          ...base,
          kind: 'alert',
          state: given.state,
          alertId: given.id,
          agentId: 'a1',
          sessionId: given.session,
          title: 'Bad thing',
        });
        return;
      case 'lift':
        if (target)
          expect(
            this.command({ do: 'lift', contractionId: target.id, ...(given.suppress ? { suppressMs: HOUR } : {}) })?.ok,
          ).toBe(true);
        return;
      case 'extend':
        if (target) this.command({ do: 'extend', contractionId: target.id, byMs: HOUR });
        return;
      case 'freeze':
        if (target) this.command({ do: 'freeze', contractionId: target.id, forMs: given.minutes * MINUTE });
        return;
      case 'approve':
        if (target) this.command({ do: 'approve', contractionId: target.id });
        return;
      case 'contain':
        this.command({
          do: 'contain',
          contractionId: `manual-${given.id}-${this.findings}`,
          target: { tenant: 'default', type: 'session', id: given.session },
          controls: [{ control: 'session.suspend' }],
          forMs: 20 * MINUTE,
        });
        return;
      case 'close': {
        const incident = pick(
          [...this.incidents.values()].filter(({ status }) => status !== 'closed'),
          given.which,
        );
        if (incident) this.command({ do: 'close-incident', incidentId: incident.id, verdict: given.verdict });
        return;
      }
      case 'pause':
      case 'resume':
        this.command({ do: given.do });
        this.paused = given.do === 'pause';
        return;
      case 'restart':
        this.restart();
        return;
      case 'replay': {
        // What was worked off once and comes again (a sender's repeat) does nothing a second time.
        const signal = pick(
          this.signals.filter(({ kind }) => kind === 'finding'),
          given.which,
        );
        if (signal)
          expect(this.feed({ ...signal, timeMs: this.nowMs }).filter(({ topic }) => topic === 'contractions')).toEqual(
            [],
          );
      }
    }
  }

  checkState(): void {
    const { states, timers } = this.stepper.snapshot();
    const stored = new Map(states);
    const live = states.filter(([key]) => key.startsWith('contraction/live/')).map(([, value]) => value as Contraction);
    expect(live.map(({ id }) => id).sort()).toEqual(
      this.live()
        .map(({ id }) => id)
        .sort(),
    );
    for (const contraction of live) {
      const timer = timers.find(({ id }) => id === contractionTimer('default', contraction.id));
      expect(timer?.dueMs, `${contraction.id} has no end`).toBeGreaterThan(this.nowMs - 1);
      // By this the ledger's sweep knows a lost timer from one that is far.
      const swept = this.machine.ledger?.timerOf(contraction);
      expect(swept?.id).toBe(timer?.id);
      if (contraction.paged !== true) expect(timer?.dueMs).toBeLessThanOrEqual(swept?.dueMs ?? -Infinity);
      const onTarget = stored.get(`respond/target/default/${contraction.target.type}/${contraction.target.id}`) as
        { live: string[] } | undefined;
      expect(onTarget?.live).toContain(contraction.id);
      if (contraction.mode === 'enforce' && contraction.state === 'active')
        expect(this.index.get(contraction.id)?.expiresAtMs).toBeGreaterThan(this.nowMs);
    }
    for (const [key, value] of states) {
      if (!key.startsWith('respond/target/')) continue;
      for (const id of (value as { live: string[] }).live)
        expect(stored.has(`contraction/live/default/${id}`), `${key} leads to ${id}`).toBe(true);
    }
  }
}

function run(actions: readonly Action[], restarts: boolean): Watched {
  const rig = new Watched();
  for (const each of actions) {
    if (each.do === 'restart' && !restarts) continue;
    rig.perform(each);
    rig.checkState();
  }
  return rig;
}

describe('whatever happens', () => {
  it('no contraction widens, each has an end and reaches it, previews tell the truth, repeats do nothing', () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 40 }), (actions) => {
        const rig = run(actions, true);
        // The signals stop. What waits for a verdict ends at its max at the latest.
        rig.pass(40 * 24 * HOUR);
        rig.checkState();
        expect(rig.live()).toEqual([]);
        expect([...rig.index.all()]).toEqual([]);
        expect([...rig.incidents.values()].filter(({ status }) => status !== 'closed')).toEqual([]);
        expect(rig.stepper.nextDueMs()).toBeUndefined();
        for (const { endReason, endedAtMs, history } of rig.contractions.values()) {
          expect(endReason).toBeDefined();
          expect(endedAtMs).toBeDefined();
          expect(history.at(-1)?.to).toBe('ended');
        }
        const left = rig.stepper.snapshot().states.filter(([key]) => /^risk\/|^contraction\/live/.test(key));
        expect(left).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });

  it('a restart at any point changes nothing', () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 30 }), (actions) => {
        const undisturbed = run(actions, false);
        const disturbed = run(
          actions.flatMap((each): Action[] => (each.do === 'restart' ? [each] : [{ do: 'restart' }, each])),
          true,
        );
        expect(disturbed.outputs).toEqual(undisturbed.outputs);
        expect(new Map(disturbed.stepper.snapshot().states)).toEqual(new Map(undisturbed.stepper.snapshot().states));
      }),
      { numRuns: 60 },
    );
  });

  it('down for hours, it does what is due then, and no lease has ended a contraction', () => {
    const rig = new Rig(playbooksOf(SESSION));
    rig.find({ type: 'taint.sink' });
    rig.nowMs += 3 * HOUR;
    rig.restart();
    rig.pass(1);
    expect(rig.active()).toHaveLength(1);
    expect(rig.active()[0]?.leaseUntilMs).toBeGreaterThan(rig.nowMs);
    expect(rig.nowMs).toBe(START + 3 * HOUR + 1);
  });
});
