/**
 * An owner's pending timers in memory, the earliest at hand: asking "is anything due by then?" costs one comparison.
 *
 * A binary heap with lazy deletion: a timer that was replaced or cancelled stays in the heap until it surfaces.
 */
import type { Timer } from './schedule/types.js';

/** Earliest first; of those due at once the smaller id, so that every run fires them in the same order. */
function before(a: Timer, b: Timer): boolean {
  return a.dueMs !== b.dueMs ? a.dueMs < b.dueMs : a.id < b.id;
}

export class TimerIndex {
  readonly #live = new Map<string, Timer>();
  #heap: Timer[] = [];

  get size(): number {
    return this.#live.size;
  }

  get(id: string): Timer | undefined {
    return this.#live.get(id);
  }

  /** Replaces a timer of the same id. */
  set(timer: Timer): void {
    this.#live.set(timer.id, timer);
    this.#push(timer);
    if (this.#heap.length > 64 && this.#heap.length > 4 * this.#live.size) this.#rebuild();
  }

  delete(id: string): boolean {
    return this.#live.delete(id);
  }

  clear(): void {
    this.#live.clear();
    this.#heap = [];
  }

  /** The earliest timer, where there is one. */
  earliest(): Timer | undefined {
    for (;;) {
      const top = this.#heap[0];
      if (top === undefined || this.#live.get(top.id) === top) return top;
      this.#pop();
    }
  }

  /** Of those due at or before a time so many at most, the earlier ones rather than the later. Looks at no others. */
  due(untilMs: number, most: number): Timer[] {
    const found: Timer[] = [];
    const places = [0];
    for (let next = 0; next < places.length && found.length < most; next += 1) {
      const place = places[next] as number;
      const timer = this.#heap[place];
      if (timer === undefined || timer.dueMs > untilMs) continue;
      if (this.#live.get(timer.id) === timer) found.push(timer);
      places.push(2 * place + 1, 2 * place + 2);
    }
    return found;
  }

  values(): IterableIterator<Timer> {
    return this.#live.values();
  }

  #rebuild(): void {
    this.#heap = [];
    for (const timer of this.#live.values()) this.#push(timer);
  }

  #push(timer: Timer): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push(timer);
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = heap[above] as Timer;
      if (!before(timer, parent)) break;
      heap[index] = parent;
      index = above;
    }
    heap[index] = timer;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1] as Timer, heap[child] as Timer)) child++;
      const smaller = heap[child] as Timer;
      if (!before(smaller, last)) break;
      heap[index] = smaller;
      index = child;
    }
    heap[index] = last;
  }
}
