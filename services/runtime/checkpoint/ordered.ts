/**
 * A checkpoint over engines that share no transaction: each part is durable before the next is begun, in an order in
 * which a crash in between loses nothing.
 *
 * outputs → new timers → states, compare-and-set → timers done or cancelled → position
 *
 * - Outputs first: a repeat sends them again under the same ids.
 * - New timers before states: a state without its timer would be a lease without an end, since a repeat skips keys that
 *   have seen the record. A timer without its state fires on something that is not there, and a machine ignores that.
 * - Timers done after states: until then they would be fired again, which the states' `seen` makes harmless.
 * - Position last: what is not committed is delivered again.
 */
import type { Schedule } from '../schedule/types.js';
import type { Store, Write, WriteOutcome } from '../store/types.js';
import type { Stream } from '../stream/types.js';
import type { Checkpoint, Unit, UnitOutcome } from './types.js';

export class OrderedCheckpoint implements Checkpoint {
  readonly atomic = false;
  readonly #stream: Pick<Stream, 'append' | 'commit'>;
  readonly #store: Pick<Store, 'write'>;
  readonly #schedule: Pick<Schedule, 'set' | 'cancel' | 'done'>;

  constructor(drivers: {
    stream: Pick<Stream, 'append' | 'commit'>;
    store: Pick<Store, 'write'>;
    schedule: Pick<Schedule, 'set' | 'cancel' | 'done'>;
  }) {
    this.#stream = drivers.stream;
    this.#store = drivers.store;
    this.#schedule = drivers.schedule;
  }

  async commit({ outputs, writes, timers, position }: Unit): Promise<UnitOutcome> {
    if (outputs.length > 0) await this.#stream.append(outputs);
    if (timers.set.length > 0) await this.#schedule.set(timers.set);
    if (writes.length > 0) {
      const outcomes = await this.#store.write(writes);
      const lost = writes.filter((write, index) => isLost(write, outcomes[index])).map(({ key }) => key);
      if (lost.length > 0) return { ok: false, lost };
    }
    for (const owner of new Set(timers.cancel.map((timer) => timer.owner))) {
      const ids = timers.cancel.filter((timer) => timer.owner === owner).map(({ id }) => id);
      await this.#schedule.cancel(owner, ids);
    }
    if (timers.done.length > 0) await this.#schedule.done(timers.done);
    if (position !== undefined) await this.#stream.commit(position);
    return { ok: true };
  }
}

/**
 * A refused write is lost, but for one case: the document has seen this input already, and either the writer did not
 * ask for a version or there is nothing left to read (the same unit deleted it before a crash). Then it is done.
 */
function isLost(write: Write, outcome: WriteOutcome | undefined): boolean {
  if (outcome === undefined) return true;
  if (outcome.ok) return false;
  return outcome.reason === 'version' || (write.expectVersion !== undefined && outcome.current !== undefined);
}
