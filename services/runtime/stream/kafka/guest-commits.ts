/** Positions to be committed for groups that this process does not read with: those that come at the same time are one visit. */
export type Visit = (next: ReadonlyMap<number, number>) => Promise<void>;

interface Pending {
  /** By partition, the offset that is to be read next. */
  next: Map<number, number>;
  done: Promise<void>;
}

export class GuestCommits {
  readonly #pending = new Map<string, Pending>();
  #turn: Promise<void> = Promise.resolve();

  /**
   * @param group what is visited; one visit at a time
   * @param offset the last that was worked off
   * @param visit commits what has come together by then
   */
  commit(group: string, partition: number, offset: number, visit: Visit): Promise<void> {
    const mine: Pending = this.#pending.get(group) ?? { next: new Map(), done: Promise.resolve() };
    mine.next.set(partition, Math.max(offset + 1, mine.next.get(partition) ?? 0));
    if (!this.#pending.has(group)) {
      this.#pending.set(group, mine);
      mine.done = this.#turn.then(async () => {
        this.#pending.delete(group);
        await visit(mine.next);
      });
      this.#turn = mine.done.catch(() => undefined);
    }
    return mine.done;
  }
}
