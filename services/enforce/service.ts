/**
 * Enforce: the contractions topic → enforcement points outside → the `effects` back-flow into signals.
 *
 * Order, so that nothing is lost at whatever moment the process ends: what a contraction wants is in the journal before its
 * record counts as read; that a point may have been asked is in the journal before it is asked; what came of it is in the
 * journal before response is told; and an entry leaves the journal only when response has been told. Stopping reverts nothing.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Contraction } from '../../schemas/contraction.js';
import { entityKey } from '../../schemas/entity.js';
import type { PointDeclaration } from '../../schemas/enforcement.js';
import type { Clock } from '../runtime/clock.js';
import type { Drivers } from '../runtime/drivers.js';
import { StepdownError } from '../runtime/errors.js';
import { LEADER_LEASE_MS, Leadership } from '../runtime/leadership.js';
import type { Log } from '../runtime/log.js';
import type { Service } from '../runtime/service.js';
import type { StreamRecord, Subscription } from '../runtime/stream/types.js';
import { Agenda, type Call, type Changes } from './agenda.js';
import type { EffectEntry } from './entry.js';
import type { EnforcementPoint, Observation, Outcome } from './point.js';
import { RECONCILE, type ReconcileOptions } from './reconcile.js';
import { Journal } from './records/journal.js';

export const ENFORCE_GROUP = 'enforce';
const LIVE_PREFIX = 'contraction/live/';
const PAGE = 500;
const OBSERVED_AT_ONCE = 100;
/** A pause where the store or the stream does not take something. */
const TROUBLE_MS = 500;
const LONGEST_WAIT_MS = 60_000;

export interface EnforceOptions {
  points: readonly EnforcementPoint[];
  drivers: Pick<Drivers, 'stream' | 'store' | 'checkpoint'>;
  clock: Clock;
  log: Log;
  reconcile?: Partial<ReconcileOptions>;
  /** Requests under way at one point. Default 8. */
  concurrency?: number;
  random?: () => number;
}

export interface Enforce extends Service {
  readonly declarations: readonly PointDeclaration[];
  /** The journal as it is now; for health, tests and people. */
  entries(): readonly EffectEntry[];
}

interface Line {
  point: EnforcementPoint;
  name: string;
  running: Set<Promise<void>>;
  wakeUp?: NodeJS.Timeout | undefined;
  lastError?: string;
}

export function createEnforce(options: EnforceOptions): Enforce {
  return new EnforceService(options);
}

class EnforceService implements Enforce {
  readonly name = 'enforce';
  readonly #options: EnforceOptions;
  readonly #reconcile: ReconcileOptions;
  readonly #agenda: Agenda;
  readonly #journal: Journal;
  readonly #leadership: Leadership;
  readonly #lines: readonly Line[];
  readonly #stopping = new AbortController();
  #subscription: Subscription | undefined;
  #keeping: NodeJS.Timeout | undefined;
  #leading: Promise<void> | undefined;
  #leads = false;
  #trouble: string | undefined = 'not started';

  constructor(options: EnforceOptions) {
    this.#options = options;
    const { points, drivers, clock } = options;
    const names = points.map(({ declaration }) => declaration.point);
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined)
      throw new StepdownError('config-invalid', `two enforcement points are called ${JSON.stringify(twice)}`, {
        place: { pointer: '/enforce/points' },
        mend: 'give each a name of its own: its effects are kept under it',
      });
    this.#reconcile = { ...RECONCILE, ...options.reconcile };
    this.#agenda = new Agenda({ ...this.#reconcile, points: names, random: options.random ?? Math.random });
    this.#journal = new Journal(drivers.store);
    // Where one process owns the store, the one that comes back is the one that was.
    const holder = drivers.checkpoint.atomic ? 'the-only-one' : randomUUID();
    this.#leadership = new Leadership('enforce/leader', drivers.store, holder, () => clock.now());
    this.#lines = points.map((point) => ({ point, name: point.declaration.point, running: new Set() }));
  }

  get declarations(): readonly PointDeclaration[] {
    return this.#lines.map(({ point }) => point.declaration);
  }

  entries(): readonly EffectEntry[] {
    return [...this.#agenda.entries.values()];
  }

  async start(): Promise<void> {
    if (await this.#leadership.keep()) await this.#lead();
    else this.#trouble = undefined;
    this.#keeping = setInterval(() => {
      this.#leading ??= this.#keep().finally(() => {
        this.#leading = undefined;
      });
    }, LEADER_LEASE_MS / 3);
    this.#keeping.unref();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    clearInterval(this.#keeping);
    for (const line of this.#lines) clearTimeout(line.wakeUp);
    await this.#leading;
    await this.#subscription?.stop();
    for (const line of this.#lines) {
      await Promise.allSettled(line.running);
      await line.point.close();
    }
    await this.#leadership.release().catch(() => undefined);
    this.#trouble = 'stopped';
  }

  unready(): string | undefined {
    return this.#trouble;
  }

  facts(): Record<string, unknown> {
    const nowMs = this.#options.clock.now();
    const entries = this.entries();
    return {
      leads: this.#leads,
      points: this.#lines.map(({ name, running, lastError }) => {
        const own = entries.filter(({ point }) => point === name);
        const late = own.flatMap(({ next }) => (next === undefined || next.dueMs > nowMs ? [] : [nowMs - next.dueMs]));
        return {
          point: name,
          effects: countBy(own.map(({ state }) => state)),
          waiting: late.length,
          oldestWaitingMs: Math.round(Math.max(0, ...late)),
          underWay: running.size,
          ...(lastError === undefined ? {} : { lastError }),
        };
      }),
    };
  }

  /** Keeps leading, or takes over from one that is gone. */
  async #keep(): Promise<void> {
    try {
      const granted = await this.#leadership.keep();
      if (granted && !this.#leads && !this.#stopping.signal.aborted) await this.#lead();
      if (!granted && this.#leads) {
        // Another one took over while this one was stalled: it goes on from the journal.
        this.#trouble = 'another process enforces; this one has lost its lease and must be started again';
        this.#leads = false;
        await this.#subscription?.stop();
        this.#options.log.error(this.#trouble);
      }
    } catch (error) {
      this.#options.log.warn({ err: error }, 'the lease of the enforce service could not be kept; it is tried again');
    }
  }

  async #lead(): Promise<void> {
    this.#leads = true;
    const { stream } = this.#options.drivers;
    const nowMs = this.#options.clock.now();
    await this.#settle(this.#agenda.load(await this.#journal.read(), nowMs));
    const live = new Set<string>();
    await this.#eachLive(async (contractions) => {
      for (const { id } of contractions) live.add(id);
      await this.#takeAll(contractions);
    });
    await this.#settle(this.#agenda.orphaned(({ contractionId }) => live.has(contractionId), nowMs));
    this.#subscription = await stream.subscribe({
      topic: 'contractions',
      group: ENFORCE_GROUP,
      from: 'earliest',
      maxBatch: PAGE,
      handler: (records) => this.#read(records),
      onError: (error) => {
        if (this.#stopping.signal.aborted) return;
        this.#trouble = `contractions can no longer be followed: ${messageOf(error)}`;
        this.#options.log.fatal(
          { err: error },
          'contractions can no longer be followed; nothing new is enforced outside',
        );
      },
    });
    this.#trouble = undefined;
    for (const line of this.#lines) this.#wake(line);
  }

  async #eachLive(take: (contractions: Contraction[]) => Promise<void>): Promise<void> {
    for (let after: string | undefined; ;) {
      const page = await this.#options.drivers.store.scan<Contraction>(LIVE_PREFIX, {
        limit: PAGE,
        ...(after === undefined ? {} : { after }),
      });
      await take(page.map(({ value }) => value));
      after = page.at(-1)?.key;
      if (page.length < PAGE) return;
    }
  }

  async #read(records: readonly StreamRecord<'contractions'>[]): Promise<void> {
    const contractions = records.flatMap(({ value }) => (value.kind === 'contraction' ? [value.contraction] : []));
    await this.#takeAll(contractions);
    const last = new Map(records.map(({ partition, offset }) => [partition, offset]));
    for (const [partition, offset] of last) {
      await this.#insist('a position', () =>
        this.#options.drivers.stream.commit({ group: ENFORCE_GROUP, topic: 'contractions', partition, offset }),
      );
    }
  }

  async #takeAll(contractions: readonly Contraction[]): Promise<void> {
    const nowMs = this.#options.clock.now();
    const all: Changes = { put: [], report: [], drop: [] };
    for (const contraction of contractions) {
      const { put, report, drop } = this.#agenda.take(contraction, nowMs);
      all.put.push(...put);
      all.report.push(...report);
      all.drop.push(...drop);
    }
    await this.#settle(all);
    if (this.#subscription !== undefined) for (const line of this.#lines) this.#wake(line);
  }

  /** Durable, then told, then forgotten. */
  async #settle({ put, report, drop }: Changes): Promise<void> {
    // Each try writes what is newest by then, so that no late try takes the place of a later entry.
    const newest = () => put.map((entry) => this.#agenda.entries.get(entry.id) ?? entry);
    if (put.length > 0) await this.#insist('the journal', () => this.#journal.write(newest()));
    if (report.length > 0) {
      const records = report.map((value) => ({ topic: 'signals' as const, key: entityKey(value.target), value }));
      await this.#insist('a report', () => this.#options.drivers.stream.append(records));
    }
    if (drop.length > 0) {
      await this.#insist('the journal', () => this.#journal.write([], drop));
      for (const { id } of drop) this.#agenda.forget(id);
    }
  }

  /** Until it is durable, or the process stops: then it comes again from where it was. */
  async #insist<T>(what: string, write: () => Promise<T>): Promise<T> {
    for (;;) {
      this.#stopping.signal.throwIfAborted();
      try {
        return await write();
      } catch (error) {
        this.#options.log.warn({ err: error }, `${what} could not be made durable; it is tried again`);
        await delay(TROUBLE_MS / 2 + (Math.random() * TROUBLE_MS) / 2);
      }
    }
  }

  /** Begins what is due at a point, and sets its clock for what is not. */
  #wake(line: Line): void {
    clearTimeout(line.wakeUp);
    if (this.#stopping.signal.aborted || !this.#leads) return;
    const most = this.#options.concurrency ?? 8;
    const nowMs = this.#options.clock.now();
    while (line.running.size < most && this.#leadership.holds) {
      const due = this.#agenda.nextDueMs(line.name);
      if (due === undefined || due > nowMs) break;
      const step = this.#agenda.nextStep(line.name);
      const { calls, changes } = this.#agenda.begin(line.name, step === 'observe' ? OBSERVED_AT_ONCE : 1, nowMs);
      if (calls.length === 0) break;
      const run: Promise<void> = this.#run(line, calls, changes)
        .catch((error: unknown) => {
          if (this.#stopping.signal.aborted) return;
          this.#options.log.error({ err: error, point: line.name }, 'an enforcement point failed in an unexpected way');
          this.#agenda.postpone(calls, this.#options.clock.now() + this.#reconcile.backoff.capMs / 10);
        })
        .finally(() => {
          line.running.delete(run);
          this.#wake(line);
        });
      line.running.add(run);
    }
    const due = this.#agenda.nextDueMs(line.name);
    if (due === undefined || line.running.size >= most) return;
    const waitMs = Math.min(LONGEST_WAIT_MS, Math.max(this.#leadership.holds ? 0 : TROUBLE_MS, due - nowMs));
    line.wakeUp = setTimeout(() => this.#wake(line), Math.ceil(waitMs));
    line.wakeUp.unref();
  }

  async #run(line: Line, calls: readonly Call[], begun: Changes): Promise<void> {
    await this.#settle(begun);
    const [first] = calls;
    if (first === undefined) return;
    if (first.step === 'observe') {
      const seen = await this.#look(line, calls);
      const nowMs = this.#options.clock.now();
      for (const [index, call] of calls.entries())
        await this.#settle(
          this.#agenda.seen(call, seen[index] ?? { kind: 'unknown', reason: 'the point did not tell' }, nowMs),
        );
      return;
    }
    const { point } = line;
    const { step, order } = first;
    const outcome = await this.#timed<Outcome>(
      (signal) => (step === 'apply' ? point.apply(order, signal) : point.revert(order, signal)),
      (reason) => ({ kind: 'unknown', reason }),
    );
    if (outcome.kind === 'done') delete line.lastError;
    else line.lastError = outcome.reason;
    await this.#settle(this.#agenda.finish(first, outcome, this.#options.clock.now()));
  }

  async #look(line: Line, calls: readonly Call[]): Promise<readonly Observation[]> {
    return this.#timed<readonly Observation[]>(
      (signal) =>
        line.point.observe(
          calls.map(({ order }) => order),
          signal,
        ),
      (reason) => calls.map(() => ({ kind: 'unknown', reason })),
    );
  }

  /** A point that does not answer in time is not waited for: one hung action blocks nothing else. */
  async #timed<T>(ask: (signal: AbortSignal) => Promise<T>, otherwise: (reason: string) => T): Promise<T> {
    const { actionTimeoutMs } = this.#reconcile;
    const late = AbortSignal.timeout(actionTimeoutMs);
    const signal = AbortSignal.any([late, this.#stopping.signal]);
    const gaveUp = new Promise<T>((resolve) => {
      const give = () =>
        resolve(
          otherwise(late.aborted ? `no answer within ${actionTimeoutMs} ms` : 'the engine was stopped meanwhile'),
        );
      if (signal.aborted) give();
      else signal.addEventListener('abort', give, { once: true });
    });
    const asked = ask(signal).catch((error: unknown) => otherwise(messageOf(error)));
    return Promise.race([asked, gaveUp]);
  }
}

function countBy(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
