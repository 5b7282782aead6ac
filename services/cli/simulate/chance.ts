/** Seeded draws from the distributions that work and traffic follow. */
import { seeded } from '../backtest/bootstrap.js';

export class Chance {
  readonly #next: () => number;

  constructor(seed: number) {
    this.#next = seeded(seed);
    // Seeds beside each other begin alike.
    for (let skipped = 0; skipped < 8; skipped++) this.#next();
  }

  /** Uniform in [0, 1). */
  uniform(): number {
    return this.#next();
  }

  happens(probability: number): boolean {
    return this.#next() < probability;
  }

  /** A whole number, `from` to `to`, both included. */
  whole(from: number, to: number): number {
    return from + Math.floor(this.#next() * (to - from + 1));
  }

  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.#next())) * Math.cos(2 * Math.PI * this.#next());
  }

  /** Log-normal with this median. */
  lognormal(median: number, sigma: number): number {
    return median * Math.exp(sigma * this.normal());
  }

  exponential(mean: number): number {
    return -mean * Math.log(1 - this.#next());
  }

  /** Knuth's product for small means, a rounded normal beyond. */
  poisson(mean: number): number {
    if (mean > 60) return Math.max(0, Math.round(mean + Math.sqrt(mean) * this.normal()));
    let count = 0;
    for (let product = this.#next(); product > Math.exp(-mean); product *= this.#next()) count++;
    return count;
  }

  pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.#next() * items.length)] as T;
  }

  /** Early items much more often than late ones (Zipf with exponent 1). */
  zipf<T>(items: readonly T[]): T {
    const total = items.reduce((sum, _, rank) => sum + 1 / (rank + 1), 0);
    let left = this.#next() * total;
    for (const [rank, item] of items.entries()) {
      left -= 1 / (rank + 1);
      if (left <= 0) return item;
    }
    return items[items.length - 1] as T;
  }
}
