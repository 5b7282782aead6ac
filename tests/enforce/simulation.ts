/**
 * Response, reconciler and a world behind an enforcement point, in one virtual time; the process may end between any two
 * things that are durable. What is checked after each action stands in `check`, what must be true in the end in `end`.
 */
import { expect } from 'vitest';
import type { Contraction } from '../../schemas/contraction.js';
import type { PointDeclaration } from '../../schemas/enforcement.js';
import { Agenda, type Call, type Changes } from '../../services/enforce/agenda.js';
import { type EffectEntry, journalKey } from '../../services/enforce/entry.js';
import type { Outcome } from '../../services/enforce/point.js';
import { RECONCILE } from '../../services/enforce/reconcile.js';
import { type Mood, World } from '../peers/enforced-world.js';
import { HOUR, MINUTE, playbooksOf, Rig } from '../respond/rig.js';

export const POINT = 'out-there';
export const declared = (selfExpiring: boolean): PointDeclaration => ({
  point: POINT,
  kind: 'fake',
  controls: [
    {
      control: 'agent.disable',
      targets: ['agent'],
      selfExpiring,
      reversible: true,
      engineGone: selfExpiring ? 'lapse' : 'hold',
      propagationMs: 1000,
    },
    {
      control: 'rate.limit',
      targets: ['agent', 'session'],
      selfExpiring,
      reversible: true,
      engineGone: selfExpiring ? 'lapse' : 'hold',
      propagationMs: 0,
    },
  ],
});

const onAgent = (id: string, mode: string, revert: string, finding: string) => `
id: ${id}
title: ${id}
version: 1
mode: ${mode}
trigger: {finding: ${finding}}
target: agent
contract: [{agent.disable: {}}, {rate.limit: {calls: 1, per: 1m, effects: [send]}}]
revert: ${revert}
incident: {severity: high}
`;
export const PLAYBOOKS = [
  onAgent('cut', 'enforce', '{until: {quiet: {below: 30, for: 10m}}, max: 4h}', 'injection.indirect'),
  onAgent('longer', 'enforce', '{until: verdict, max: 6h, engineGone: hold}', 'injection.direct'),
  onAgent('shadow', 'observe', '{until: {quiet: {below: 30, for: 10m}}, max: 4h}', 'injection.indirect'),
];

/** Where the process may end while it works: before the point is asked, after it was, after what came of it is durable. */
export const CRASHES = ['asking', 'asked', 'kept', 'told'] as const;
export type CrashPoint = (typeof CRASHES)[number];
class Crash extends Error {}

/** Compiled once: a history of the model is a hundred steps, and reading these took a quarter of its time. */
let compiled: ReturnType<typeof playbooksOf> | undefined;

export class Simulation {
  readonly rig: Rig;
  readonly world: World;
  agenda: Agenda;
  readonly journal = new Map<string, string>();
  /** Records of the topic that the reconciler has read durably. */
  #read = 0;
  #looked = 0;
  readonly #topic: Contraction[] = [];
  crashAt: { point: CrashPoint; after: number } | undefined;
  steps = 0;
  readonly #options: ConstructorParameters<typeof Agenda>[0];
  readonly selfExpiring: boolean;

  constructor(selfExpiring: boolean, random: () => number = () => 0.5) {
    this.selfExpiring = selfExpiring;
    this.world = new World(selfExpiring);
    this.rig = new Rig((compiled ??= playbooksOf(...PLAYBOOKS)), { points: [declared(selfExpiring)] });
    this.#options = { ...RECONCILE, reconcileEveryMs: 10 * MINUTE, points: [POINT], random };
    this.agenda = new Agenda(this.#options);
    this.#start();
  }

  get nowMs(): number {
    return this.rig.nowMs;
  }

  #die(point: CrashPoint): void {
    if (this.crashAt?.point !== point) return;
    if (this.crashAt.after > 0) {
      this.crashAt = { point, after: this.crashAt.after - 1 };
      return;
    }
    this.crashAt = undefined;
    throw new Crash(point);
  }

  #put(entries: readonly EffectEntry[]): void {
    for (const entry of entries) {
      const newest = this.agenda.entries.get(entry.id) ?? entry;
      this.journal.set(journalKey(newest), JSON.stringify(newest));
    }
  }

  #settle(changes: Changes): void {
    this.#put(changes.put);
    this.#die('kept');
    for (const report of changes.report) this.rig.feed(report);
    this.#die('told');
    for (const entry of changes.drop) {
      this.journal.delete(journalKey(entry));
      this.agenda.forget(entry.id);
    }
  }

  /** A process begins with what is durable. */
  #start(): void {
    this.rig.restart();
    this.agenda = new Agenda(this.#options);
    const found = [...this.journal.values()].map((text) => JSON.parse(text) as EffectEntry);
    try {
      this.#settle(this.agenda.load(found, this.nowMs));
      const live = this.rig.live();
      for (const contraction of live) this.#settle(this.agenda.take(contraction, this.nowMs));
      this.#settle(
        this.agenda.orphaned(({ contractionId }) => live.some(({ id }) => id === contractionId), this.nowMs),
      );
    } catch (error) {
      if (!(error instanceof Crash)) throw error;
      this.#start();
    }
  }

  restart(): void {
    this.#start();
  }

  /** The engine is away; the world goes on. */
  down(ms: number): void {
    this.rig.nowMs += ms;
    this.world.land(this.nowMs);
    this.#start();
  }

  /** The topic's records so far. */
  #records(): readonly Contraction[] {
    const { outputs } = this.rig;
    for (; this.#looked < outputs.length; this.#looked += 1) {
      const output = outputs[this.#looked];
      if (output?.topic === 'contractions' && output.value.kind === 'contraction')
        this.#topic.push(output.value.contraction);
    }
    return this.#topic;
  }

  /** Reads what is new, and does what is due, until nothing is due now. */
  work(): void {
    for (let turns = 0; ; turns += 1) {
      // Asked in every turn: only what fails is worth an assertion.
      if (turns >= 10_000) expect.fail('it goes round in circles');
      try {
        const records = this.#records();
        while (this.#read < records.length) {
          this.#settle(this.agenda.take(records[this.#read] as Contraction, this.nowMs));
          this.#read += 1;
        }
        const { calls, changes } = this.agenda.begin(POINT, 1, this.nowMs);
        const [call] = calls;
        if (call === undefined) {
          if (this.#read < this.#records().length) continue;
          return;
        }
        this.#put(changes.put);
        this.steps += 1;
        this.#die('asking');
        this.#settle(this.#ask(call));
      } catch (error) {
        if (!(error instanceof Crash)) throw error;
        this.#start();
      }
    }
  }

  #ask(call: Call): Changes {
    if (call.step === 'observe') {
      const seen = this.world.observe(call.order, this.nowMs);
      this.#die('asked');
      return this.agenda.seen(call, seen, this.nowMs);
    }
    const durable = this.journal.get(journalKey({ tenant: 'default', id: call.id }));
    if (call.step === 'apply')
      expect((JSON.parse(durable ?? '{}') as EffectEntry).state, 'a person is never fought').not.toBe('drifted');
    const outcome: Outcome =
      call.step === 'apply' ? this.world.apply(call.order, this.nowMs) : this.world.revert(call.order, this.nowMs);
    this.#die('asked');
    return this.agenda.finish(call, outcome, this.nowMs);
  }

  pass(ms: number): void {
    const until = this.nowMs + ms;
    this.work();
    for (;;) {
      const due = Math.min(this.agenda.nextDueMs(POINT) ?? Infinity, this.rig.stepper.nextDueMs() ?? Infinity);
      if (due > until) break;
      // A request that nobody heard of is worked off within twice the time it is waited for, or never.
      if (this.world.late.length > 0 && due > this.nowMs + RECONCILE.actionTimeoutMs) {
        this.rig.pass(RECONCILE.actionTimeoutMs);
        this.world.land(this.nowMs);
      } else this.rig.pass(Math.max(0, due - this.nowMs));
      this.work();
    }
    this.rig.pass(Math.max(0, until - this.nowMs));
    if (ms > RECONCILE.actionTimeoutMs) this.world.land(this.nowMs);
    this.work();
  }

  held(): string[] {
    return [...this.world.held.keys()];
  }

  check(): void {
    const effects = new Map(
      [...this.rig.contractions.values()].flatMap((contraction) =>
        contraction.effects.map((effect) => [effect.id, { effect, contraction }] as const),
      ),
    );
    for (const [id, { edited }] of this.world.held) {
      const known = effects.get(id);
      expect(known, `${id} is in force and nobody wanted it`).toBeDefined();
      expect(known?.contraction.mode, 'what only observes touches nothing').toBe('enforce');
      if (!edited)
        expect(known?.effect.state, `${id} is in force though the ledger says it is gone`).not.toBe('reverted');
    }
    for (const contraction of this.rig.contractions.values()) {
      if (contraction.state === 'ended')
        for (const { state } of contraction.effects)
          if (state !== 'reverted' && state !== 'drifted') expect.fail(`${contraction.id} has ended and is ${state}`);
      for (const { state, point, error } of contraction.effects) {
        if (point !== POINT || (state !== 'revert_failed' && state !== 'failed' && state !== 'drifted')) continue;
        expect(error, 'a person is told what is wrong').toBeDefined();
        expect(
          [...this.rig.incidents.values()].some(({ timeline }) =>
            timeline.some((entry) => entry.kind === 'page' && entry.ref === contraction.id),
          ),
          `${contraction.id}: ${state} was raised`,
        ).toBe(true);
      }
    }
  }

  /** The troubles stop, the attack stops: everything comes back by itself, but for what a person made of it. */
  end(): void {
    this.crashAt = undefined;
    this.world.moods.length = 0;
    this.world.late.length = 0;
    this.pass(12 * HOUR);
    this.pass(MINUTE);
    this.check();
    expect(this.rig.live().map(({ id, state }) => [id, state])).toEqual([]);
    expect([...this.journal.values()]).toEqual([]);
    expect(this.held().filter((id) => this.world.byPerson.get(id) !== 'edited')).toEqual([]);
    expect(this.agenda.nextDueMs(POINT)).toBeUndefined();
    for (const contraction of this.rig.contractions.values())
      for (const { state, id } of contraction.effects)
        expect(state, id).toBe(this.world.byPerson.has(id) && state === 'drifted' ? 'drifted' : 'reverted');
  }
}

export type Action =
  | { do: 'find'; agent: number; type: 'injection.indirect' | 'injection.direct' }
  | { do: 'lift' | 'extend' | 'edit' | 'remove' | 'forget'; which: number }
  | { do: 'pass' | 'down'; seconds: number }
  | { do: 'mood'; moods: Mood[] }
  | { do: 'crash'; point: CrashPoint; after: number }
  | { do: 'restart' };

export function perform(simulation: Simulation, action: Action): void {
  const { rig, world } = simulation;
  const pick = <T>(items: readonly T[], which: number): T | undefined => items[which % Math.max(1, items.length)];
  simulation.steps += 1;
  switch (action.do) {
    case 'find':
      rig.find({
        type: action.type,
        agent: `a${action.agent}`,
        session: `s${action.agent}`,
        entity: { tenant: 'default', type: 'session', id: `s${action.agent}` },
      });
      break;
    case 'lift':
    case 'extend': {
      const contraction = pick(rig.active(), action.which);
      if (contraction?.mode !== 'enforce') break;
      rig.command(
        action.do === 'lift'
          ? { do: 'lift', contractionId: contraction.id }
          : { do: 'extend', contractionId: contraction.id, byMs: 30 * MINUTE },
      );
      break;
    }
    case 'edit':
    case 'remove':
    case 'forget': {
      const id = pick(simulation.held(), action.which);
      if (id !== undefined) world[action.do](id);
      break;
    }
    case 'pass':
      simulation.pass(action.seconds * 1000);
      break;
    case 'down':
      simulation.down(action.seconds * 1000);
      break;
    case 'mood':
      world.moods.push(...action.moods);
      break;
    case 'crash':
      simulation.crashAt = { point: action.point, after: action.after };
      break;
    case 'restart':
      simulation.restart();
  }
  simulation.work();
}
