/**
 * Puts events in time order within bounded memory: a heap that gives out its earliest event whenever it holds more than
 * its capacity. Whatever is out of order by less than the capacity comes out sorted; what comes later than something
 * already given out is counted as late and given out at once.
 *
 * Equal times keep their order of arrival, so a span of no length still starts before it ends.
 */
export interface ReorderLimits {
  items: number;
  /** Of the lines the items were read from, roughly. */
  bytes: number;
}

interface Entry<T> {
  timeMs: number;
  sequence: number;
  bytes: number;
  item: T;
}

export class Reorder<T> {
  readonly #limits: ReorderLimits;
  readonly #heap: Entry<T>[] = [];
  #sequence = 0;
  #bytes = 0;
  #givenUntilMs = -Infinity;
  /** Items that came after a later one was given out, and by how much at most. */
  late = { count: 0, byMs: 0 };

  constructor(limits: ReorderLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#heap.length;
  }

  /** Gives back what has to leave now, earliest first. */
  *push(item: T, timeMs: number, bytes: number): Generator<T> {
    if (timeMs < this.#givenUntilMs) {
      this.late.count += 1;
      this.late.byMs = Math.max(this.late.byMs, this.#givenUntilMs - timeMs);
    }
    this.#add({ timeMs, sequence: (this.#sequence += 1), bytes, item });
    while (this.#heap.length > this.#limits.items || (this.#bytes > this.#limits.bytes && this.#heap.length > 1))
      yield this.#take().item;
  }

  *drain(): Generator<T> {
    while (this.#heap.length > 0) yield this.#take().item;
  }

  #add(entry: Entry<T>): void {
    this.#bytes += entry.bytes;
    const heap = this.#heap;
    let at = heap.length;
    heap.push(entry);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent] as Entry<T>;
      if (!before(entry, above)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = entry;
  }

  #take(): Entry<T> {
    const heap = this.#heap;
    const first = heap[0] as Entry<T>;
    const last = heap.pop() as Entry<T>;
    if (heap.length > 0) {
      let at = 0;
      for (;;) {
        let child = 2 * at + 1;
        if (child >= heap.length) break;
        const right = heap[child + 1];
        if (right !== undefined && before(right, heap[child] as Entry<T>)) child += 1;
        const lower = heap[child] as Entry<T>;
        if (!before(lower, last)) break;
        heap[at] = lower;
        at = child;
      }
      heap[at] = last;
    }
    this.#bytes -= first.bytes;
    this.#givenUntilMs = Math.max(this.#givenUntilMs, first.timeMs);
    return first;
  }
}

function before<T>(a: Entry<T>, b: Entry<T>): boolean {
  return a.timeMs < b.timeMs || (a.timeMs === b.timeMs && a.sequence < b.sequence);
}
