/**
 * Wakes owners when their timers fall due, whichever process they are in: one delayed BullMQ job for each owner's earliest
 * timer.
 *
 * A job says no more than "look at this owner's timers". Whoever takes it looks: nothing is due, and it arms the next;
 * something is due, and the owner is told over a channel, again and again, until it has taken its timers off. So a job
 * that comes twice does nothing twice, and one that comes too early or too late sets itself right. One that is lost is
 * armed again with the next timer that is set, and every {@link REARM_EVERY_MS} by whoever watches.
 *
 * One job an owner and {@link GRAIN_MS}, not one a timer: leases are renewed all the time, and every job costs Redis some
 * ten commands. What needs to be more exact keeps its earliest timer in memory, as workers do.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { DelayedError, Queue, Worker, type Job } from 'bullmq';
import type { Clock } from '../../clock.js';
import { connectRedis, disconnectRedis, type RedisClient } from '../../redis/connection.js';
import type { RedisSettings } from '../../redis/settings.js';
import type { Log } from '../../log.js';
import type { RedisTimers } from './timers.js';

export const QUEUE = 'alarms';
/** Alarms go off on multiples of this, milliseconds. */
export const GRAIN_MS = 250;
const REARM_EVERY_MS = 30_000;
/** An owner that does not take its timers off is told again after this, doubled each time. */
const FIRST_AGAIN_MS = 1_000;
const LONGEST_AGAIN_MS = 30_000;
const LEAVES_WITHIN_MS = 1_000;
/** Alarms one process may look after at once. */
const CONCURRENCY = 8;

interface Alarm {
  owner: string;
}

export interface AlarmsOptions {
  settings: RedisSettings;
  timers: Pick<RedisTimers, 'nextDueMs'>;
  clock: Pick<Clock, 'now'>;
  log: Log;
  /** In event time nothing falls due by the wall clock: then no alarm is armed. */
  silent?: boolean;
}

export class Alarms {
  readonly #options: AlarmsOptions;
  readonly #clients: RedisClient[] = [];
  readonly #channel: string;
  readonly #prefix: string;
  /** By owner: for when this process has armed it last. */
  readonly #armed = new Map<string, number>();
  readonly #watching = new Map<string, Set<() => void>>();
  readonly #rearming: NodeJS.Timeout;
  /** Opened when the first alarm is armed: a process that sets no timers needs no connections for them. */
  #queue: Queue<Alarm> | undefined;
  #worker: Worker<Alarm> | undefined;
  #listening: Promise<void> | undefined;
  #closing = false;

  constructor(options: AlarmsOptions) {
    this.#options = options;
    this.#prefix = `${options.settings.prefix}:{alarms}`;
    this.#channel = `${options.settings.prefix}:due`;
    this.#rearming = setInterval(() => void this.#rearm(), REARM_EVERY_MS);
    this.#rearming.unref();
  }

  /** Not awaited by whoever sets a timer: the timer is durable, its alarm is only a help. */
  arm(owner: string, dueMs: number): void {
    if (this.#options.silent === true) return;
    const nowMs = this.#options.clock.now();
    const armed = this.#armed.get(owner);
    const atMs = Math.ceil(dueMs / GRAIN_MS) * GRAIN_MS;
    // One that has gone off by now may have found nothing before this timer was set.
    if (this.#closing || !Number.isSafeInteger(atMs) || (armed !== undefined && armed <= atMs && armed > nowMs)) return;
    this.#armed.set(owner, atMs);
    this.#add(owner, atMs, nowMs).catch((error: unknown) => {
      this.#armed.delete(owner);
      this.#tell(error);
    });
  }

  /** Tells when timers of the owner are due; the first time at once where some are. */
  async watch(owner: string, onDue: () => void): Promise<() => Promise<void>> {
    const listeners = this.#watching.get(owner) ?? new Set();
    this.#watching.set(owner, listeners.add(onDue));
    await (this.#listening ??= this.#listen());
    const dueMs = await this.#options.timers.nextDueMs(owner);
    if (dueMs !== undefined) this.arm(owner, dueMs);
    return async () => {
      listeners.delete(onDue);
      if (listeners.size === 0 && this.#watching.get(owner) === listeners) this.#watching.delete(owner);
    };
  }

  async close(): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    clearInterval(this.#rearming);
    // An alarm that is looked after right now is left to others: its lock runs out. A server that is away is not waited for.
    const leaving = (async () => {
      await this.#listening;
      await this.#worker?.close(true);
      await this.#queue?.close();
    })().catch(() => undefined);
    await Promise.race([leaving, delay(LEAVES_WITHIN_MS, undefined, { ref: false })]);
    await Promise.all(this.#clients.map(async (client) => disconnectRedis(client)));
  }

  async #add(owner: string, atMs: number, nowMs: number): Promise<void> {
    // BullMQ ignores an id that exists, and takes no colon: the owner and the time are the alarm.
    const jobId = `${encodeURIComponent(owner)}~${atMs}`;
    // Who arms looks after alarms too, so that none is left lying where nobody watches.
    await (this.#listening ??= this.#listen());
    await (this.#queue ??= this.#open()).add('look', { owner }, { jobId, delay: Math.max(0, atMs - nowMs) });
  }

  #open(): Queue<Alarm> {
    const queue = new Queue<Alarm>(QUEUE, {
      connection: this.#connect('alarms'),
      prefix: this.#prefix,
      defaultJobOptions: {
        removeOnComplete: true,
        removeOnFail: true,
        attempts: 20,
        backoff: { type: 'exponential', delay: FIRST_AGAIN_MS },
      },
    });
    queue.on('error', (error) => this.#tell(error));
    return queue;
  }

  async #listen(): Promise<void> {
    const announcing = this.#connect('alarms-announce', false);
    const subscriber = this.#connect('alarms-listen');
    subscriber.on('message', (channel: string, owner: string) => {
      if (channel === this.#channel) this.#wake(owner);
    });
    this.#worker = new Worker<Alarm>(QUEUE, async (job, token) => this.#look(job, token, announcing), {
      connection: this.#connect('alarms-work'),
      prefix: this.#prefix,
      concurrency: CONCURRENCY,
      removeOnComplete: { count: 0 },
      removeOnFail: { count: 0 },
    });
    this.#worker.on('error', (error) => this.#tell(error));
    await subscriber.subscribe(this.#channel);
  }

  async #look(job: Job<Alarm>, token: string | undefined, announcing: RedisClient): Promise<void> {
    const { owner } = job.data;
    const dueMs = await this.#options.timers.nextDueMs(owner);
    const nowMs = this.#options.clock.now();
    if (dueMs === undefined) return;
    if (dueMs > nowMs) {
      this.#armed.delete(owner);
      this.arm(owner, dueMs);
      return;
    }
    await announcing.publish(this.#channel, owner);
    // Again later, unless the owner has taken the timer off by then.
    const againMs = Math.min(LONGEST_AGAIN_MS, FIRST_AGAIN_MS * 2 ** Math.min(10, job.attemptsStarted - 1));
    await job.moveToDelayed(Date.now() + againMs, token);
    throw new DelayedError();
  }

  #wake(owner: string): void {
    for (const onDue of this.#watching.get(owner) ?? []) onDue();
  }

  async #rearm(): Promise<void> {
    for (const owner of this.#watching.keys()) {
      try {
        const dueMs = await this.#options.timers.nextDueMs(owner);
        if (dueMs === undefined) continue;
        this.#armed.delete(owner);
        this.arm(owner, dueMs);
      } catch (error) {
        this.#tell(error);
        return;
      }
    }
  }

  #connect(name: string, waitsForever = true): RedisClient {
    const client = connectRedis(this.#options.settings, this.#options.log, { name, waitsForever });
    this.#clients.push(client);
    return client;
  }

  #tell(error: unknown): void {
    if (!this.#closing) this.#options.log.debug({ err: error }, 'an alarm had trouble');
  }
}
