/**
 * The schedule driver over Redis: timers as documents (timers.ts), and BullMQ to wake their owners (alarms.ts).
 *
 * `set`, `cancel` and `done` are answered when Redis has answered. An alarm may be late or lost; then the owner finds the
 * timer when it looks next, since `due` reads what is true.
 */
import type { Schedule, Timer, Watch } from '../types.js';
import type { Alarms } from './alarms.js';
import type { RedisTimers } from './timers.js';

export class BullmqSchedule implements Schedule {
  readonly #timers: RedisTimers;
  readonly #alarms: Alarms;

  constructor(timers: RedisTimers, alarms: Alarms) {
    this.#timers = timers;
    this.#alarms = alarms;
  }

  async set(timers: readonly Timer[]): Promise<void> {
    await Promise.all(
      [...byOwner(timers)].map(async ([owner, all]) => this.#alarms.arm(owner, await this.#timers.set(owner, all))),
    );
  }

  async cancel(owner: string, ids: readonly string[]): Promise<void> {
    await this.#timers.remove(
      owner,
      ids.map((id) => ({ id })),
    );
  }

  async due(owner: string, nowMs: number, limit: number): Promise<Timer[]> {
    return this.#timers.due(owner, nowMs, limit);
  }

  async done(handled: readonly Timer[]): Promise<void> {
    await Promise.all([...byOwner(handled)].map(async ([owner, all]) => this.#timers.remove(owner, all)));
  }

  async nextDueMs(owner: string): Promise<number | undefined> {
    return this.#timers.nextDueMs(owner);
  }

  async watch(owner: string, onDue: () => void): Promise<Watch> {
    return { stop: await this.#alarms.watch(owner, onDue) };
  }

  async close(): Promise<void> {
    await this.#alarms.close();
  }
}

function byOwner(timers: readonly Timer[]): Map<string, Timer[]> {
  const all = new Map<string, Timer[]>();
  for (const timer of timers) {
    const known = all.get(timer.owner);
    if (known === undefined) all.set(timer.owner, [timer]);
    else known.push(timer);
  }
  return all;
}
