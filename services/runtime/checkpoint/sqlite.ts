/** The checkpoint of the embedded drivers: outputs, states, timers and position in one transaction. */
import type { Clock } from '../clock.js';
import { serializeTimer } from '../schedule/serialized.js';
import type { SqliteSchedule } from '../schedule/sqlite.js';
import type { GroupCommit } from '../sqlite/group-commit.js';
import { serializeWrite } from '../store/serialized.js';
import type { SqliteStore } from '../store/sqlite.js';
import { type EmbeddedStream, serialize } from '../stream/embedded.js';
import type { Checkpoint, Unit, UnitOutcome } from './types.js';

export class SqliteCheckpoint implements Checkpoint {
  readonly atomic = true;
  readonly #commits: GroupCommit;
  readonly #stream: EmbeddedStream;
  readonly #store: SqliteStore;
  readonly #schedule: SqliteSchedule;
  readonly #clock: Pick<Clock, 'now'>;

  constructor(
    commits: GroupCommit,
    stream: EmbeddedStream,
    store: SqliteStore,
    schedule: SqliteSchedule,
    clock: Pick<Clock, 'now'>,
  ) {
    this.#clock = clock;
    this.#commits = commits;
    this.#stream = stream;
    this.#store = store;
    this.#schedule = schedule;
  }

  async commit(unit: Unit): Promise<UnitOutcome> {
    const known = new Map<object, string>();
    const outputs = serialize(unit.outputs, known);
    const writes = unit.writes.map((write) => serializeWrite(write, known));
    const set = unit.timers.set.map(serializeTimer);
    const { cancel, done } = unit.timers;
    const { position } = unit;
    try {
      await this.#commits.run(() => {
        const nowMs = this.#clock.now();
        for (const write of writes) if (!this.#store.replace(write, nowMs)) throw new Refused(write.key);
        this.#stream.insert(outputs);
        for (const timer of done) this.#schedule.finish(timer);
        for (const { owner, id } of cancel) this.#schedule.remove(owner, id);
        for (const timer of set) this.#schedule.put(timer);
        if (position !== undefined) this.#stream.savePosition(position);
      });
      return { ok: true };
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      // The transaction is undone, and nothing of the unit is there. Which other writes would have been refused too is
      // asked now: seldom, and it is only what is to be read again.
      const refused = await this.#commits.run(() => writes.filter((write) => !this.#store.check(write).ok));
      return { ok: false, lost: [...new Set([error.key, ...refused.map(({ key }) => key)])] };
    }
  }
}

/** A write of the unit is not to be applied, and so nothing of it is. */
class Refused extends Error {
  readonly key: string;
  constructor(key: string) {
    super(`${key} was written by another`);
    this.key = key;
  }
}
