/** One line on the terminal that says how far a long reading has come. Nothing where the output is no terminal. */
import type { FileProgress } from '../../ingest/sources/files.js';
import type { Terminal } from '../terminal.js';
import { length } from '../time.js';

const EVERY_MS = 200;

export class Progress {
  readonly #terminal: Pick<Terminal, 'stderr' | 'interactive'>;
  readonly #begunAt = performance.now();
  #shownAt = 0;
  #shown = false;

  constructor(terminal: Pick<Terminal, 'stderr' | 'interactive'>) {
    this.#terminal = terminal;
  }

  show({ bytes, totalBytes, events, etaMs }: FileProgress): void {
    const now = performance.now();
    if (!this.#terminal.interactive || now - this.#shownAt < EVERY_MS) return;
    this.#shownAt = now;
    this.#shown = true;
    const share = totalBytes === undefined || totalBytes === 0 ? '' : `${Math.floor((100 * bytes) / totalBytes)}%, `;
    const rate = Math.round(events / ((now - this.#begunAt) / 1000));
    this.#terminal.stderr.write(
      `\r\u001b[K${share}${events} events, ${rate}/s${etaMs === undefined ? '' : `, ${length(etaMs)} left`}`,
    );
  }

  clear(): void {
    if (this.#shown) this.#terminal.stderr.write('\r\u001b[K');
    this.#shown = false;
  }
}
