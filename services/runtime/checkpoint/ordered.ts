/**
 * A checkpoint over engines that share no transaction, by a redo log of one unit per worker.
 *
 * outputs → the unit itself, as one document → states, compare-and-set → timers → position
 *
 * - A crash before the document leaves nothing but outputs, which are repeated under the same ids.
 * - A crash after it leaves a unit that {@link OrderedCheckpoint.recover} finishes before the worker reads its timers
 *   and states. Every part may be applied twice: a state has seen its record, a timer replaces itself.
 * - Without the log there is no safe order: timers after states can leave a lease without an end (a repeat skips what
 *   has seen the record), timers before states can replace one that was still to be fired.
 */
import type { Schedule } from '../schedule/types.js';
import type { Store, Write, WriteOutcome } from '../store/types.js';
import type { Stream } from '../stream/types.js';
import type { Checkpoint, Unit, UnitOutcome } from './types.js';

export interface OrderedParts {
  stream: Pick<Stream, 'append' | 'commit'>;
  store: Pick<Store, 'get' | 'write'>;
  schedule: Pick<Schedule, 'set' | 'cancel' | 'done'>;
}

/** A unit as it is logged: JSON knows no `undefined`, so a deletion is said. */
interface Logged extends Pick<Unit, 'timers' | 'position'> {
  writes: (Omit<Write, 'value'> & ({ value: unknown } | { deleted: true }))[];
}

export class OrderedCheckpoint implements Checkpoint {
  readonly atomic = false;
  readonly #parts: OrderedParts;

  constructor(parts: OrderedParts) {
    this.#parts = parts;
  }

  async commit(unit: Unit): Promise<UnitOutcome> {
    const { stream, store } = this.#parts;
    const worker = workerOf(unit);
    // Taken now: the caller's objects live on while this waits.
    const logged = structuredClone<Logged>({
      timers: unit.timers,
      ...(unit.position === undefined ? {} : { position: unit.position }),
      writes: unit.writes.map(({ value, ...rest }) =>
        value === undefined ? { ...rest, deleted: true } : { ...rest, value },
      ),
    });
    if (unit.outputs.length > 0) await stream.append(unit.outputs);
    // A position alone is one write already.
    const log = worker !== undefined && (logged.writes.length > 0 || hasTimers(logged)) ? logKey(worker) : undefined;
    if (log !== undefined) await store.write([{ key: log, value: logged }]);
    const writes = writesOf(logged);
    const outcomes = writes.length > 0 ? await store.write(writes) : [];
    const lost = writes.filter((write, index) => isLost(write, outcomes[index])).map(({ key }) => key);
    if (lost.length > 0) {
      if (log !== undefined) await store.write([{ key: log, value: undefined }]);
      return { ok: false, lost };
    }
    await this.#finish(logged);
    return { ok: true };
  }

  /** Finishes the unit that a crash has cut short, where there is one. Before the worker reads anything. */
  async recover(worker: string): Promise<void> {
    const { store } = this.#parts;
    const [document] = await store.get<Logged>([logKey(worker)]);
    if (document === undefined) return;
    const writes = writesOf(document.value);
    const outcomes = writes.length > 0 ? await store.write(writes) : [];
    // A unit that another worker has overtaken ends here: its position must not move.
    if (writes.every((write, index) => isApplied(write, outcomes[index]))) await this.#finish(document.value);
  }

  async #finish({ timers, position }: Logged): Promise<void> {
    const { stream, schedule } = this.#parts;
    if (timers.set.length > 0) await schedule.set(timers.set);
    // Of one timer, done and cancelled come before set: what was set anew stays.
    const again = new Set(timers.set.map(({ owner, id }) => JSON.stringify([owner, id])));
    const gone = <T extends { owner: string; id: string }>(all: readonly T[]): T[] =>
      all.filter(({ owner, id }) => !again.has(JSON.stringify([owner, id])));
    const cancelled = gone(timers.cancel);
    for (const owner of new Set(cancelled.map((timer) => timer.owner))) {
      await schedule.cancel(
        owner,
        cancelled.filter((timer) => timer.owner === owner).map(({ id }) => id),
      );
    }
    const done = gone(timers.done);
    if (done.length > 0) await schedule.done(done);
    if (position !== undefined) await stream.commit(position);
  }
}

function logKey(worker: string): string {
  return `checkpoint/${encodeURIComponent(worker)}`;
}

/** Whose unit it is: a worker's group and the owner of its timers have one name. */
function workerOf({ position, timers }: Unit): string | undefined {
  return position?.group ?? timers.done[0]?.owner ?? timers.set[0]?.owner ?? timers.cancel[0]?.owner;
}

function hasTimers({ timers }: Logged): boolean {
  return timers.set.length + timers.cancel.length + timers.done.length > 0;
}

function writesOf({ writes }: Logged): Write[] {
  return writes.map((write) => {
    if (!('deleted' in write)) return write;
    const { deleted: _, ...rest } = write;
    return { ...rest, value: undefined };
  });
}

/** A refused write is lost, but where no version was asked for and the document has seen this input already. */
function isLost(write: Write, outcome: WriteOutcome | undefined): boolean {
  if (outcome === undefined) return true;
  if (outcome.ok) return false;
  return outcome.reason === 'version' || (write.expectVersion !== undefined && outcome.current !== undefined);
}

/** Whether, on a second try, a write is there: applied now, or refused because it was applied before. */
function isApplied(write: Write, outcome: WriteOutcome | undefined): boolean {
  if (outcome === undefined) return false;
  if (outcome.ok) return true;
  const { current } = outcome;
  if (write.seen === undefined || current?.seen === undefined) return true;
  return (
    current.seen.epoch === write.seen.epoch &&
    current.seen.partition === write.seen.partition &&
    current.seen.offset === write.seen.offset
  );
}
