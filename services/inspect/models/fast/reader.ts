/** The fast tier over a text: which stretches it finds suspicious, with a probability, and which it cannot decide alone. */
import { FastNet, type FastWindow } from './net.js';
import type { FastModel } from './weights.js';

export interface FastStretch {
  start: number;
  end: number;
  /** Calibrated, 0 to 1: the highest of the windows that make up the stretch. */
  probability: number;
  /** Windows of it, for the share that goes on to the deep tier. */
  windows: number;
}

export interface FastAnswer {
  /** The highest probability of any window; 0 for a text without words. */
  probability: number;
  /** Every window, in order: what each alone is worth, so that a request within a stretch gets its own probability. */
  windows: { start: number; end: number; probability: number }[];
  /** Neighbouring windows in doubt, joined; the most suspicious first. */
  doubts: FastStretch[];
}

export class FastReader {
  readonly #net: FastNet;
  readonly #model: FastModel;
  constructor(model: FastModel) {
    this.#model = model;
    this.#net = new FastNet(model.weights);
  }

  read(text: string): FastAnswer {
    const windows = this.#net.windows(text);
    const doubts: FastStretch[] = [];
    let probability = 0;
    let open: FastStretch | undefined;
    const all: FastAnswer['windows'] = [];
    for (const window of windows) {
      const p = this.#probabilityOf(window);
      all.push({ start: window.start, end: window.end, probability: p });
      probability = Math.max(probability, p);
      if (p < this.#model.doubtFrom) continue;
      if (open !== undefined && window.start <= open.end) {
        open.end = Math.max(open.end, window.end);
        open.probability = Math.max(open.probability, p);
        open.windows++;
      } else {
        open = { start: window.start, end: window.end, probability: p, windows: 1 };
        doubts.push(open);
      }
    }
    doubts.sort((a, b) => b.probability - a.probability || a.start - b.start);
    return { probability, windows: all, doubts };
  }

  #probabilityOf(window: FastWindow): number {
    const { slope, intercept } = this.#model.calibration;
    return 1 / (1 + Math.exp(-(slope * window.logOdds + intercept)));
  }
}
