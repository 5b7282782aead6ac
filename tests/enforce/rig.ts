/** Response and the enforce service over a real database, with a real https enforcement point, for tests. */
import type { Contraction } from '../../schemas/contraction.js';
import type { Incident } from '../../schemas/incident.js';
import type { Command, Signal } from '../../schemas/signal.js';
import type { EffectEntry } from '../../services/enforce/entry.js';
import type { EnforcementPoint } from '../../services/enforce/point.js';
import { WebhookPoint } from '../../services/enforce/points/webhook/webhook.js';
import type { ReconcileOptions } from '../../services/enforce/reconcile.js';
import { createEnforce, type Enforce } from '../../services/enforce/service.js';
import { createRespondMachine } from '../../services/respond/machine.js';
import { WallClock } from '../../services/runtime/clock.js';
import { silentLog } from '../../services/runtime/log.js';
import { Worker } from '../../services/runtime/worker.js';
import { EnforcementPeer } from '../peers/enforcement-point.js';
import { finding, playbooksOf } from '../respond/rig.js';
import { openFixture, type SqliteFixture } from '../runtime/sqlite/fixture.js';
import { declared, PLAYBOOKS } from './simulation.js';

export const QUICK: Partial<ReconcileOptions> = {
  reconcileEveryMs: 100,
  actionTimeoutMs: 1_200,
  applyDeadlineMs: 3_000,
  backoff: { baseMs: 10, capMs: 60 },
};

export class Bench {
  readonly fixture: SqliteFixture;
  readonly peer: EnforcementPeer;
  readonly clock = new WallClock();
  readonly selfExpiring: boolean;
  enforce: Enforce;
  worker: Worker<Signal>;
  #commands = 0;

  private constructor(fixture: SqliteFixture, peer: EnforcementPeer, selfExpiring: boolean) {
    this.fixture = fixture;
    this.peer = peer;
    this.selfExpiring = selfExpiring;
    this.worker = this.#newWorker();
    this.enforce = this.newEnforce();
  }

  static async open(selfExpiring = true): Promise<Bench> {
    const bench = new Bench(await openFixture(), await EnforcementPeer.start(), selfExpiring);
    await bench.worker.start();
    await bench.enforce.start();
    return bench;
  }

  #newWorker(): Worker<Signal> {
    const machine = createRespondMachine({
      playbooks: playbooksOf(...PLAYBOOKS),
      riskHalfLifeMs: 600_000,
      leaseMs: 300_000,
      incidentsPerPlaybookPerHour: 20,
      points: [declared(this.selfExpiring)],
    });
    return new Worker({
      machine,
      topic: 'signals',
      drivers: this.fixture.drivers,
      clock: this.clock,
      log: silentLog(),
    });
  }

  point(): EnforcementPoint {
    return new WebhookPoint({
      declaration: declared(this.selfExpiring),
      url: this.peer.url,
      secret: this.peer.secret,
      ca: this.peer.ca,
      now: () => Date.now(),
      version: '0',
    });
  }

  newEnforce(points = [this.point()]): Enforce {
    return createEnforce({
      points,
      drivers: this.fixture.drivers,
      clock: this.clock,
      log: silentLog(),
      reconcile: QUICK,
      concurrency: 2,
    });
  }

  async signal(value: Signal): Promise<void> {
    await this.fixture.drivers.stream.append([{ topic: 'signals', key: 'default', value }]);
    await this.worker.settled();
  }

  async command(command: Command): Promise<void> {
    this.#commands += 1;
    await this.signal({
      kind: 'command',
      tenant: 'default',
      timeMs: this.clock.now(),
      id: `command-${this.#commands}`,
      by: 'ann',
      reason: 'because',
      command,
    });
  }

  /** A person contains an agent: two controls, both carried out outside. */
  async contain(id: string, agent = id): Promise<void> {
    await this.command({
      do: 'contain',
      contractionId: id,
      target: { tenant: 'default', type: 'agent', id: agent },
      controls: [{ control: 'agent.disable' }],
      forMs: 3_600_000,
    });
  }

  async lift(id: string): Promise<void> {
    await this.command({ do: 'lift', contractionId: id });
  }

  async find(agent: string): Promise<void> {
    const made = finding({ agent, session: `s-${agent}`, timeMs: this.clock.now() });
    await this.signal({ kind: 'finding', tenant: 'default', timeMs: this.clock.now(), finding: made });
  }

  async contraction(id: string): Promise<Contraction | undefined> {
    const [live, ended] = await this.fixture.drivers.store.get<Contraction>([
      `contraction/live/default/${id}`,
      `contraction/ended/default/${id}`,
    ]);
    return live?.value ?? ended?.value;
  }

  async incidents(): Promise<Incident[]> {
    return (await this.fixture.drivers.store.scan<Incident>('incident/')).map(({ value }) => value);
  }

  async journal(): Promise<EffectEntry[]> {
    return (await this.fixture.drivers.store.scan<EffectEntry>('effect/')).map(({ value }) => value);
  }

  /** The state of a contraction's effect outside, as the ledger has it. */
  async outside(id: string): Promise<string | undefined> {
    return (await this.contraction(id))?.effects.find(({ point }) => point === 'out-there')?.state;
  }

  async close(): Promise<void> {
    await this.enforce.stop();
    await this.worker.stop();
    await this.fixture.remove();
    await this.peer.stop();
  }
}

/** Asks until it is true; fails after fifteen seconds, saying what it was last. */
export async function until<T>(ask: () => Promise<T> | T, wanted: (value: T) => boolean): Promise<T> {
  const begun = performance.now();
  for (;;) {
    const value = await ask();
    if (wanted(value)) return value;
    if (performance.now() - begun > 15_000) throw new Error(`still ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
