/** One line on the terminal that says how far a long reading has come. Nothing where the output is no terminal. */
import type { Terminal } from '../terminal.js';
import { length } from '../time.js';

const EVERY_MS = 200;

export class Progress {
  readonly #terminal: Pick<Terminal, 'stderr' | 'interactive'>;
  readonly #size: number | undefined;
  readonly #begunAt = performance.now();
  #shownAt = 0;
  #shown = false;

  constructor(terminal: Pick<Terminal, 'stderr' | 'interactive'>, size: number | undefined) {
    this.#terminal = terminal;
    this.#size = size;
  }

  show({ events }: { events: number }, bytesRead: number): void {
    const now = performance.now();
    if (!this.#terminal.interactive || now - this.#shownAt < EVERY_MS) return;
    this.#shownAt = now;
    this.#shown = true;
    const elapsed = now - this.#begunAt;
    const share = this.#size === undefined || this.#size === 0 ? undefined : Math.min(1, bytesRead / this.#size);
    const eta = share === undefined || share < 0.01 ? '' : `, ${length((elapsed / share) * (1 - share))} left`;
    this.#terminal.stderr.write(
      `\r\u001b[K${share === undefined ? '' : `${Math.floor(share * 100)}%, `}${events} events, ${Math.round(events / (elapsed / 1000))}/s${eta}`,
    );
  }

  clear(): void {
    if (this.#shown) this.#terminal.stderr.write('\r\u001b[K');
    this.#shown = false;
  }
}
