/**
 * A checkpoint over engines that share no transaction, by a redo log of one unit per owner.
 *
 * outputs → the unit itself, as one document, compare-and-set under the claim → states, compare-and-set → timers →
 * announcements → position
 *
 * - A crash before the document leaves nothing but outputs, which are repeated under the same ids.
 * - A crash after it leaves a unit that the next {@link OrderedCheckpoint.claim} finishes, before anything else is read.
 *   Every part may be applied twice: a state has seen its record, a timer replaces itself.
 * - Whoever claims writes the document too, so a unit of an earlier claim fails on it before any state is written. One
 *   whose document stands already is finished by the new owner; its former owner's late writes come with versions and
 *   positions that the store refuses, and it looks whether its claim still holds before it touches what has no versions.
 * - Without the log there is no safe order: timers after states can leave a lease without an end (a repeat skips what
 *   has seen the record), timers before states can replace one that was still to be fired.
 * - Announcements (barriers) say that everything before them is in force, so they leave after the states are written.
 * - A store that fails over may lose what it has answered. Versions that an owner has written and that are lower now, while
 *   nobody has claimed since, were lost: he knows what stood there and writes it again (put-back.ts).
 */
import type { AnyOutgoing } from '../stream/types.js';
import type { Schedule } from '../schedule/types.js';
import { serializeWrite } from '../store/serialized.js';
import type { Store, Write, WriteOutcome } from '../store/types.js';
import type { GroupPosition, Stream } from '../stream/types.js';
import { StepdownError } from '../errors.js';
import { PositionsBehind } from './positions-behind.js';
import { type Held, putBack, writtenAgain } from './put-back.js';
import type { Checkpoint, Claim, Unit, UnitOutcome } from './types.js';
import { KEPT_MS, WrittenLately } from './written-lately.js';

export interface OrderedParts {
  stream: Pick<Stream, 'append' | 'commit'>;
  store: Pick<Store, 'get' | 'write'>;
  schedule: Pick<Schedule, 'set' | 'cancel' | 'done'>;
  /** See {@link Drivers.interruptedAtMs}; absent: the store never loses what it has answered. */
  interruptedAtMs?: () => number | undefined;
}

/** A unit as it is logged: JSON knows no `undefined`, so a deletion is said. */
interface Logged extends Pick<Unit, 'timers' | 'position'> {
  epoch?: number;
  /** The position before this unit: what counts where the unit turns out to be refused. */
  before?: GroupPosition;
  announcements?: AnyOutgoing[];
  writes: (Omit<Write, 'value' | 'json'> & ({ value: unknown } | { deleted: true }))[];
}

type Rest = Omit<Logged, 'writes'>;

/** A unit that took longer than this since it was logged may have been overtaken by a new owner: it looks first. */
const LOOK_AGAIN_MS = 500;

export class OrderedCheckpoint implements Checkpoint {
  readonly atomic = false;
  readonly #parts: OrderedParts;
  readonly #elapsedMs: () => number;
  /** What each owner that this process has claimed for wrote last. */
  readonly #held = new Map<string, Held>();
  readonly #behind: PositionsBehind;

  /** @param elapsedMs milliseconds from anywhere, never set */
  constructor(parts: OrderedParts, elapsedMs: () => number = () => performance.now()) {
    this.#parts = parts;
    this.#elapsedMs = elapsedMs;
    this.#behind = new PositionsBehind(async (position) => parts.stream.commit(position));
  }

  /** Resolves when every position has reached its group. */
  async idle(): Promise<void> {
    await this.#behind.idle();
  }

  async commit(unit: Unit): Promise<UnitOutcome> {
    const { stream, store } = this.#parts;
    const owner = ownerOf(unit);
    const { claim } = unit;
    const announcements = unit.outputs.filter(isAnnouncement);
    // Taken now, each state as the text that is logged and written: the caller's objects live on while this waits.
    const writes = unit.writes.map(withText);
    const rest = structuredClone<Rest>({
      timers: unit.timers,
      ...(claim === undefined ? {} : { epoch: claim.epoch }),
      ...(claim?.position === undefined ? {} : { before: claim.position }),
      ...(unit.position === undefined ? {} : { position: unit.position }),
      ...(announcements.length === 0 ? {} : { announcements }),
    });
    const hasParts = writes.length > 0 || hasTimers(rest);
    // A position alone is one write already, and there is nothing that an announcement has to wait for.
    if (owner === undefined || !hasParts) {
      if (unit.outputs.length > 0) await stream.append(unit.outputs);
      if (hasParts) {
        const lost = await this.#writeStates(writes, undefined, new Map());
        if (lost.length > 0) return { ok: false, lost };
      }
      await this.#finish({ ...rest, announcements: [] });
      return { ok: true };
    }
    const json = logText(rest, writes);
    const first = unit.outputs.filter((output) => !isAnnouncement(output));
    if (first.length > 0) await stream.append(first);
    const key = logKey(owner);
    const held = this.#held.get(owner);
    const again = new Map<string, number>();
    const [outcome] = await this.#write(
      [{ key, value: undefined, json, ...(claim === undefined ? {} : { expectVersion: claim.version }) }],
      held,
      again,
    );
    if (outcome?.ok !== true) return { ok: false, lost: [key], fenced: true };
    const loggedAt = this.#elapsedMs();
    if (claim !== undefined) claim.version = outcome.version;
    if (held !== undefined) held.log = json;
    const lost = await this.#writeStates(writes, held, again);
    if (lost.length > 0) {
      // Nothing of it may be finished by anyone; where another has claimed meanwhile, that is his to say.
      const empty = emptyLog(claim?.epoch, claim?.position);
      if (held !== undefined) held.log = undefined;
      const [cleared] = await store.write([{ key, value: empty, expectVersion: outcome.version }]);
      if (claim !== undefined && cleared?.ok === true) claim.version = cleared.version;
      return { ok: false, lost };
    }
    const overtaken = async (): Promise<boolean> =>
      claim !== undefined && this.#elapsedMs() - loggedAt > LOOK_AGAIN_MS && !(await this.holds(claim));
    if (claim !== undefined && unit.position !== undefined) claim.position = { ...unit.position };
    // Timers have no versions, so a late write of theirs could undo what the new owner has done since.
    if (await overtaken()) return { ok: false, lost: [key], fenced: true };
    await this.#finish(rest, claim !== undefined && unit.positionMayFollow === true ? this.#behind : undefined);
    if (held !== undefined) {
      held.log = undefined;
      this.#noteTimers(held.lately, rest.timers);
    }
    if (claim === undefined || again.size === 0) return { ok: true };
    // What other units wrote before it may be gone as well.
    for (const [lost, version] of await this.putBack(claim)) again.set(lost, version);
    again.delete(key);
    return { ok: true, versions: again };
  }

  async putBack(claim: Claim): Promise<ReadonlyMap<string, number>> {
    const held = this.#held.get(claim.owner);
    if (held === undefined) return new Map();
    const { store, schedule } = this.#parts;
    const empty = JSON.stringify(emptyLog(claim.epoch, claim.position));
    return putBack({ store, schedule }, { claim, held, key: logKey(claim.owner), empty });
  }

  async claim(owner: string): Promise<Claim> {
    const { store } = this.#parts;
    const key = logKey(owner);
    const former = this.#held.get(owner);
    if (former !== undefined && this.#mayHaveGoneBack()) await this.putBack(former.claim);
    for (;;) {
      const [document] = await store.get<Logged>([key]);
      const found = document?.value;
      const done = found === undefined || (await this.#redo(found));
      const position = done ? (found?.position ?? found?.before) : found.before;
      const epoch = found?.epoch ?? 1;
      const [outcome] = await store.write([
        { key, value: emptyLog(epoch, position), expectVersion: document?.version ?? 0 },
      ]);
      if (outcome?.ok === true) {
        const claim = { owner, epoch, version: outcome.version, position };
        this.#holdOn(claim, document?.version ?? 0);
        return claim;
      }
      // Another claimed or committed in between: what is there now is looked at anew.
    }
  }

  async holds(claim: Claim): Promise<boolean> {
    const [document] = await this.#parts.store.get([logKey(claim.owner)]);
    return document?.version === claim.version;
  }

  async beginEpoch(claim: Claim): Promise<void> {
    const [outcome] = await this.#parts.store.write([
      { key: logKey(claim.owner), value: emptyLog(claim.epoch + 1, undefined), expectVersion: claim.version },
    ]);
    if (outcome?.ok !== true)
      throw new StepdownError('store-conflict', `${claim.owner} was claimed by another process`);
    claim.version = outcome.version;
    claim.epoch += 1;
    claim.position = undefined;
  }

  /** Finishes the unit that a crash has cut short. False: another has overtaken it, so its position must not count. */
  async #redo(logged: Logged): Promise<boolean> {
    const writes = writesOf(logged);
    const outcomes = writes.length > 0 ? await this.#parts.store.write(writes) : [];
    if (!writes.every((write, index) => isApplied(write, outcomes[index]))) return false;
    await this.#finish(logged);
    return true;
  }

  async #writeStates(writes: readonly Write[], held: Held | undefined, again: Map<string, number>): Promise<string[]> {
    const outcomes = writes.length > 0 ? await this.#write(writes, held, again) : [];
    return writes.filter((write, index) => isLost(write, outcomes[index])).map(({ key }) => key);
  }

  /** @param again told what was refused because the store had gone back, and which version it has now that it was written all the same */
  async #write(writes: readonly Write[], held: Held | undefined, again: Map<string, number>): Promise<WriteOutcome[]> {
    const { store } = this.#parts;
    const outcomes = await store.write(writes);
    if (held === undefined) return outcomes;
    if (this.#mayHaveGoneBack()) await writtenAgain(store, { writes, outcomes, held, again });
    for (const [index, { key, json, seen }] of writes.entries()) {
      const outcome = outcomes[index];
      // The log's own document is the claim, and kept beside.
      if (outcome?.ok === true && key !== logKey(held.claim.owner))
        held.lately.note({ key, json, version: outcome.version, seen });
    }
    for (const { lately } of this.#held.values()) lately.trim();
    return outcomes;
  }

  #mayHaveGoneBack(): boolean {
    const atMs = this.#parts.interruptedAtMs?.();
    return atMs !== undefined && performance.now() - atMs < KEPT_MS;
  }

  /** From now on it is known what this owner writes. What was known of an earlier claim counts if nobody else had one in between. */
  #holdOn(claim: Claim, before: number): void {
    if (this.#parts.interruptedAtMs === undefined) return;
    const known = this.#held.get(claim.owner);
    const held = known !== undefined && before <= known.claim.version ? known : undefined;
    this.#held.set(claim.owner, {
      claim,
      lately: held?.lately ?? new WrittenLately(this.#elapsedMs),
      log: undefined,
    });
  }

  #noteTimers(lately: WrittenLately, { set, cancel, done }: Unit['timers']): void {
    for (const { id } of [...cancel, ...done]) lately.noteTimer(id, undefined);
    for (const timer of set) lately.noteTimer(timer.id, timer);
  }

  /** @param behind where the position stands in the log of a claim: nobody waits until its group has it too */
  async #finish({ timers, position, announcements = [] }: Rest, behind?: PositionsBehind): Promise<void> {
    const { stream, schedule } = this.#parts;
    // Of one timer, done and cancelled come before set: what was set anew stays. The others have nothing to do with each
    // other, and go together: each is a flush of the disk that the next batch would wait for.
    const again = new Set(timers.set.map(({ owner, id }) => JSON.stringify([owner, id])));
    const gone = <T extends { owner: string; id: string }>(all: readonly T[]): T[] =>
      all.filter(({ owner, id }) => !again.has(JSON.stringify([owner, id])));
    const cancelled = gone(timers.cancel);
    const done = gone(timers.done);
    const idsOf = (owner: string): string[] => cancelled.filter((timer) => timer.owner === owner).map(({ id }) => id);
    await Promise.all([
      ...(timers.set.length > 0 ? [schedule.set(timers.set)] : []),
      ...Array.from(new Set(cancelled.map((timer) => timer.owner)), async (owner) =>
        schedule.cancel(owner, idsOf(owner)),
      ),
      ...(done.length > 0 ? [schedule.done(done)] : []),
    ]);
    if (announcements.length > 0) await stream.append(announcements);
    if (position === undefined) return;
    if (behind === undefined) await this.#moveTo(position);
    else behind.move(position);
  }

  /** Where the partition is another's by now, the log tells it how far this one came. */
  async #moveTo(position: GroupPosition): Promise<void> {
    try {
      await this.#parts.stream.commit(position);
    } catch (error) {
      if (!(error instanceof StepdownError && error.code === 'not-owner')) throw error;
    }
  }
}

/** Nothing is left to be finished, and everything up to the position is worked off. */
function emptyLog(epoch: number | undefined, position: GroupPosition | undefined): Logged {
  return {
    writes: [],
    timers: { set: [], cancel: [], done: [] },
    ...(epoch === undefined ? {} : { epoch }),
    ...(position === undefined ? {} : { position }),
  };
}

function isAnnouncement({ topic, value }: AnyOutgoing): boolean {
  return (topic === 'signals' || topic === 'contractions') && value.kind === 'barrier';
}

function logKey(owner: string): string {
  return `checkpoint/${encodeURIComponent(owner)}`;
}

/** Whose unit it is: a sole worker's group and the owner of its timers have one name. */
function ownerOf({ claim, position, timers }: Unit): string | undefined {
  return claim?.owner ?? position?.group ?? timers.done[0]?.owner ?? timers.set[0]?.owner ?? timers.cancel[0]?.owner;
}

function hasTimers({ timers }: Rest): boolean {
  return timers.set.length + timers.cancel.length + timers.done.length > 0;
}

/** @throws StepdownError `input-malformed` for what is no JSON */
function withText(write: Write): Write {
  const { json } = serializeWrite(write);
  return json === null ? write : { ...write, json };
}

/** The unit as its document, without making any state's text a second time. */
function logText(rest: Rest, writes: readonly Write[]): string {
  const texts = writes.map(({ value: _, json, ...placed }) => {
    const head = JSON.stringify(json === undefined ? { ...placed, deleted: true } : placed);
    return json === undefined ? head : `${head.slice(0, -1)},"value":${json}}`;
  });
  return `${JSON.stringify(rest).slice(0, -1)},"writes":[${texts.join(',')}]}`;
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
