/** The checkpoint of the embedded drivers: outputs, states, timers and position in one transaction. */
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

  constructor(commits: GroupCommit, stream: EmbeddedStream, store: SqliteStore, schedule: SqliteSchedule) {
    this.#commits = commits;
    this.#stream = stream;
    this.#store = store;
    this.#schedule = schedule;
  }

  async commit(unit: Unit): Promise<UnitOutcome> {
    const outputs = serialize(unit.outputs);
    const writes = unit.writes.map(serializeWrite);
    const set = unit.timers.set.map(serializeTimer);
    const { cancel, done } = unit.timers;
    const { position } = unit;
    return this.#commits.run((): UnitOutcome => {
      // Everything is checked before anything is written: a lost unit leaves no trace in the shared transaction.
      const outcomes = writes.map((write) => this.#store.check(write));
      const lost = writes.filter((_, index) => outcomes[index]?.ok === false).map(({ key }) => key);
      if (lost.length > 0) return { ok: false, lost };
      this.#stream.insert(outputs);
      writes.forEach((write, index) => {
        const outcome = outcomes[index];
        if (outcome?.ok === true) this.#store.put(write, outcome.version);
      });
      for (const timer of done) this.#schedule.finish(timer);
      for (const { owner, id } of cancel) this.#schedule.remove(owner, id);
      for (const timer of set) this.#schedule.put(timer);
      if (position !== undefined) this.#stream.savePosition(position);
      return { ok: true };
    });
  }
}
