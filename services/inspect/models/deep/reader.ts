/**
 * The deep tier: reads windows of a text with a small transformer, within a budget, and says where in a window the
 * request stands. What the budget left unread is in its answer.
 */
import type { DeepLeft, DeepSession } from './session.js';
import type { Pieces, WordPiece } from './wordpiece.js';

/** Pieces in a window, its two frame pieces included; half of it is shared with the next. */
export const WINDOW_PIECES = 64;
export const STRIDE_PIECES = 32;
/** What must stand round a stretch for a window that was laid round another to do for it, too. */
const MARGIN_PIECES = 8;
const CLS = 101n;
const SEP = 102n;
/** A piece belongs to the request from this log-odds on; the span is grown over gaps of this many pieces. */
const PIECE_LOG_ODDS = 0;
const GAP_PIECES = 6;
/** Windows of one run: what is under way when the time is spent is lost. */
const ROWS = 4;

export interface Stretch {
  start: number;
  end: number;
}

export interface DeepFinding extends Stretch {
  /** Not calibrated. */
  logOdds: number;
  /** The whole window. */
  from: number;
  to: number;
  /** Its pieces, each with the log-odds that it belongs to a request to the machine. */
  pieces: readonly PieceOdds[];
}

export interface PieceOdds extends Stretch {
  logOdds: number;
}

export interface DeepAnswer {
  /** One for every window that was read, in the order of the text; `start` and `end` are the request within it. */
  windows: DeepFinding[];
  /** Windows left unread. */
  unread: number;
  /** Why they were; absent where the budget was spent. */
  left?: Exclude<DeepLeft, 'time'>;
  tookMs: number;
}

export interface DeepBudget {
  /** Windows that may be read. */
  maxWindows: number;
  /** No batch is begun that would, as long as the one before it, end later than this. Milliseconds. */
  maxMs: number;
}

type Batch = { kind: 'read'; windows: DeepFinding[] } | { kind: 'left'; why: DeepLeft };

export class DeepReader {
  readonly #session: DeepSession;
  readonly #pieces: WordPiece;
  readonly #nowMs: () => number;
  constructor(session: DeepSession, pieces: WordPiece, nowMs: () => number) {
    this.#session = session;
    this.#pieces = pieces;
    this.#nowMs = nowMs;
  }

  get runtime(): string {
    return this.#session.runtime;
  }

  /** Reads the windows that touch one of the stretches (the whole text where none are given), the first stretches first. */
  async read(text: string, budget: DeepBudget, stretches?: readonly Stretch[]): Promise<DeepAnswer> {
    const pieces = this.#pieces.encode(text);
    const froms = stretches === undefined ? allWindows(pieces.ids.length) : windowsOver(pieces, stretches);
    const chosen = froms.slice(0, budget.maxWindows);
    const windows: DeepFinding[] = [];
    const beganMs = this.#nowMs();
    let done = 0;
    let tookMs = 0;
    let batchMs = 0;
    let left: DeepLeft | undefined;
    while (left === undefined && done < chosen.length && tookMs + batchMs < budget.maxMs) {
      const batch = chosen.slice(done, done + ROWS);
      const read = await this.#readBatch(pieces, batch, budget.maxMs - tookMs);
      if (read.kind === 'left') left = read.why;
      else {
        windows.push(...read.windows);
        done += batch.length;
      }
      batchMs = this.#nowMs() - beganMs - tookMs;
      tookMs += batchMs;
    }
    windows.sort((a, b) => a.start - b.start);
    const answer = { windows, unread: froms.length - done, tookMs };
    return left === undefined || left === 'time' ? answer : { ...answer, left };
  }

  close(): Promise<void> {
    return this.#session.close();
  }

  async #readBatch(pieces: Pieces, froms: readonly number[], withinMs: number): Promise<Batch> {
    const inner = WINDOW_PIECES - 2;
    const longest = Math.max(...froms.map((from) => Math.min(inner, pieces.ids.length - from)));
    const length = longest + 2;
    const ids = new BigInt64Array(froms.length * length);
    froms.forEach((from, row) => {
      const count = Math.min(inner, pieces.ids.length - from);
      ids[row * length] = CLS;
      for (let at = 0; at < count; at++) ids[row * length + 1 + at] = BigInt(pieces.ids[from + at] as number);
      ids[row * length + 1 + count] = SEP;
    });
    const run = await this.#session.run(ids, froms.length, length, withinMs);
    if (run.kind === 'left') return run;
    const { window, token } = run;
    const windows = froms.map((from, row) => {
      const count = Math.min(inner, pieces.ids.length - from);
      const odds = Array.from({ length: count }, (_, at) => token[row * length + 1 + at] as number);
      const [first, last] = runOf(odds);
      return {
        start: pieces.starts[from + first] as number,
        end: pieces.ends[from + last] as number,
        logOdds: window[row] as number,
        from: pieces.starts[from] as number,
        to: pieces.ends[from + count - 1] as number,
        pieces: odds.map((logOdds, at) => ({
          start: pieces.starts[from + at] as number,
          end: pieces.ends[from + at] as number,
          logOdds,
        })),
      };
    });
    return { kind: 'read', windows };
  }
}

function allWindows(count: number): number[] {
  const froms: number[] = [];
  for (let from = 0; count > 0; from += STRIDE_PIECES) {
    froms.push(from);
    if (from + WINDOW_PIECES - 2 >= count) break;
  }
  return froms;
}

/** Windows laid so that each stretch stands in the middle of one; a stretch longer than a window gets several. */
function windowsOver(pieces: Pieces, stretches: readonly Stretch[]): number[] {
  const inner = WINDOW_PIECES - 2;
  const count = pieces.ids.length;
  if (count === 0) return [];
  const taken: number[] = [];
  for (const stretch of stretches) {
    const first = firstAt(pieces.ends, stretch.start);
    const last = Math.max(first, firstAt(pieces.ends, stretch.end - 1));
    // Stretches that stand close together are read once.
    const margin = Math.min(MARGIN_PIECES, Math.max(0, Math.floor((inner - (last - first)) / 2) - 1));
    const [low, high] = [Math.max(0, first - margin), Math.min(count - 1, last + margin)];
    if (taken.some((from) => from <= low && high < from + inner)) continue;
    const short = last - first < inner;
    const begin = short ? Math.floor((first + last) / 2 - inner / 2) : first;
    const until = short ? begin : last - inner + STRIDE_PIECES;
    for (let from = begin; from <= until; from += STRIDE_PIECES) {
      const held = Math.max(0, Math.min(from, count - inner));
      if (!taken.includes(held)) taken.push(held);
    }
  }
  return taken;
}

/** The first piece whose end lies behind `unit`. */
function firstAt(ends: Int32Array, unit: number): number {
  let low = 0;
  let high = ends.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ends[middle] as number) > unit) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The run of pieces with the greatest sum above the bound, small gaps included; without one, all pieces. */
export function runOf(logOdds: readonly number[]): [number, number] {
  let best: [number, number] = [0, Math.max(0, logOdds.length - 1)];
  let most = 0;
  let from = -1;
  let last = -1;
  let sum = 0;
  const keep = (): void => {
    if (from >= 0 && sum > most) {
      most = sum;
      best = [from, last];
    }
  };
  logOdds.forEach((odds, at) => {
    if (odds > PIECE_LOG_ODDS) {
      if (from < 0 || at - last > GAP_PIECES) {
        keep();
        from = at;
        sum = 0;
      }
      last = at;
      sum += odds - PIECE_LOG_ODDS;
    }
  });
  keep();
  return best;
}
