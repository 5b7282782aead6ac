/**
 * The deep tier: reads windows of a text with a small transformer, within a budget, and says where in a window the
 * request stands. What the budget left unread is in its answer.
 */
import type { DeepLeft, DeepSession } from './session.js';
import { allWindows, type LaidWindow, type Stretch, windowsOver } from './laid-windows.js';
import { type ReadWindow, RememberedWindows } from './remembered-windows.js';
import type { Pieces, WordPiece } from './wordpiece.js';

const CLS = 101n;
const SEP = 102n;
/** A piece belongs to the request from this log-odds on; the span is grown over gaps of this many pieces. */
const PIECE_LOG_ODDS = 0;
const GAP_PIECES = 6;
/** Windows of one run: what is under way when the time is spent is lost. */
const ROWS = 4;
/** Rows of a run are filled up to the longest: so much shorter a window may be. */
const LEAST_FILLED = 0.75;

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
  /** Windows that the model was asked about; the others were remembered. */
  asked: number;
  /** Why they were; absent where the budget was spent. */
  left?: Exclude<DeepLeft, 'time'>;
  tookMs: number;
}

export interface DeepBudget {
  /** Windows that the model may be asked about. */
  maxWindows: number;
  /** No batch is begun that would, as long as the one before it, end later than this. Milliseconds. */
  maxMs: number;
}

type Batch = { kind: 'read'; windows: ReadWindow[] } | { kind: 'left'; why: DeepLeft };

interface Pending extends LaidWindow {
  key: string;
}

export class DeepReader {
  readonly #session: DeepSession;
  readonly #pieces: WordPiece;
  readonly #nowMs: () => number;
  readonly #remembered: RememberedWindows;
  constructor(session: DeepSession, pieces: WordPiece, nowMs: () => number) {
    this.#session = session;
    this.#pieces = pieces;
    this.#nowMs = nowMs;
    this.#remembered = new RememberedWindows((id) => pieces.isNumber(id));
  }

  get runtime(): string {
    return this.#session.runtime;
  }

  /** Reads the windows that touch one of the stretches (the whole text where none are given), the first stretches first. */
  async read(text: string, budget: DeepBudget, stretches?: readonly Stretch[]): Promise<DeepAnswer> {
    const pieces = this.#pieces.encode(text);
    const laid = stretches === undefined ? allWindows(pieces.ids.length) : windowsOver(pieces, stretches);
    const windows: DeepFinding[] = [];
    const unknown: Pending[] = [];
    for (const { from, count } of laid) {
      const key = this.#remembered.keyOf(pieces.ids.subarray(from, from + count));
      const known = this.#remembered.get(key);
      if (known === undefined) unknown.push({ from, count, key });
      else windows.push(findingOf(pieces, from, known));
    }
    const pending = unknown.slice(0, Math.max(0, budget.maxWindows));
    const beganMs = this.#nowMs();
    let asked = 0;
    let tookMs = 0;
    let batchMs = 0;
    let left: DeepLeft | undefined;
    while (left === undefined && pending.length > 0 && tookMs + batchMs < budget.maxMs) {
      const batch = takeBatch(pending);
      const read = await this.#readBatch(pieces, batch, budget.maxMs - tookMs);
      if (read.kind === 'left') left = read.why;
      else {
        asked += batch.length;
        batch.forEach(({ from, key }, row) => {
          const window = read.windows[row] as ReadWindow;
          this.#remembered.set(key, window);
          windows.push(findingOf(pieces, from, window));
        });
      }
      batchMs = this.#nowMs() - beganMs - tookMs;
      tookMs += batchMs;
    }
    windows.sort((a, b) => a.start - b.start);
    const answer = { windows, asked, unread: laid.length - windows.length, tookMs };
    return left === undefined || left === 'time' ? answer : { ...answer, left };
  }

  close(): Promise<void> {
    return this.#session.close();
  }

  async #readBatch(pieces: Pieces, batch: readonly Pending[], withinMs: number): Promise<Batch> {
    const length = Math.max(...batch.map(({ count }) => count)) + 2;
    const ids = new BigInt64Array(batch.length * length);
    batch.forEach(({ from, count }, row) => {
      ids[row * length] = CLS;
      for (let at = 0; at < count; at++) ids[row * length + 1 + at] = BigInt(pieces.ids[from + at] as number);
      ids[row * length + 1 + count] = SEP;
    });
    const run = await this.#session.run(ids, batch.length, length, withinMs);
    if (run.kind === 'left') return run;
    const { window, token } = run;
    const windows = batch.map(({ count }, row) => ({
      logOdds: window[row] as number,
      pieces: Float32Array.from({ length: count }, (_, at) => token[row * length + 1 + at] as number),
    }));
    return { kind: 'read', windows };
  }
}

/** The first that waits, and of those behind it what is about as long; taken out of `pending`. */
function takeBatch(pending: Pending[]): Pending[] {
  const batch = pending.splice(0, 1);
  let [least, most] = [batch[0]?.count ?? 0, batch[0]?.count ?? 0];
  for (let at = 0; at < pending.length && batch.length < ROWS;) {
    const { count } = pending[at] as Pending;
    if (Math.min(least, count) < LEAST_FILLED * Math.max(most, count)) at++;
    else {
      batch.push(...pending.splice(at, 1));
      [least, most] = [Math.min(least, count), Math.max(most, count)];
    }
  }
  return batch;
}

function findingOf(pieces: Pieces, from: number, { logOdds, pieces: odds }: ReadWindow): DeepFinding {
  const [first, last] = runOf(odds);
  return {
    start: pieces.starts[from + first] as number,
    end: pieces.ends[from + last] as number,
    logOdds,
    from: pieces.starts[from] as number,
    to: pieces.ends[from + odds.length - 1] as number,
    pieces: Array.from(odds, (each, at) => ({
      start: pieces.starts[from + at] as number,
      end: pieces.ends[from + at] as number,
      logOdds: each,
    })),
  };
}

/** The run of pieces with the greatest sum above the bound, small gaps included; without one, all pieces. */
export function runOf(logOdds: ArrayLike<number>): [number, number] {
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
  for (let at = 0; at < logOdds.length; at++) {
    const odds = logOdds[at] as number;
    if (odds > PIECE_LOG_ODDS) {
      if (from < 0 || at - last > GAP_PIECES) {
        keep();
        from = at;
        sum = 0;
      }
      last = at;
      sum += odds - PIECE_LOG_ODDS;
    }
  }
  keep();
  return best;
}
