/** Which windows of a text the deep tier reads. Pure. */
import type { Pieces } from './wordpiece.js';

export interface Stretch {
  start: number;
  end: number;
}

/** Of the pieces of a text. */
export interface LaidWindow {
  from: number;
  count: number;
}

/** Pieces in a window at most, its two frame pieces included; half of it is shared with the next where a whole text is read. */
export const WINDOW_PIECES = 64;
export const STRIDE_PIECES = 32;
const INNER = WINDOW_PIECES - 2;
/** Round a stretch: time goes with the length of a window, and what stands farther off says little. */
const MARGIN_PIECES = 20;
/** What the windows of one long stretch share. */
const SHARED_PIECES = 12;
/** What must stand round a stretch for a window that was laid round another to do for it, too. */
const LEAST_MARGIN_PIECES = 4;

/** Over the whole of a text of so many pieces. */
export function allWindows(pieces: number): LaidWindow[] {
  const laid: LaidWindow[] = [];
  for (let from = 0; pieces > 0; from += STRIDE_PIECES) {
    laid.push({ from, count: Math.min(INNER, pieces - from) });
    if (from + INNER >= pieces) break;
  }
  return laid;
}

/** Each stretch in the middle of a window that is as long as it needs; a stretch longer than a window gets several. */
export function windowsOver({ ids, starts, ends }: Pieces, stretches: readonly Stretch[]): LaidWindow[] {
  const pieces = ids.length;
  if (pieces === 0) return [];
  const laid: LaidWindow[] = [];
  for (const stretch of stretches) {
    const first = firstBehind(ends, stretch.start);
    let last = first;
    while (last + 1 < pieces && (starts[last + 1] as number) < stretch.end) last++;
    const margin = Math.max(0, Math.min(MARGIN_PIECES, Math.floor((INNER - (last - first + 1)) / 2)));
    const [low, high] = [Math.max(0, first - margin), Math.min(pieces - 1, last + margin)];
    // Stretches that stand close together are read once.
    const least = Math.min(LEAST_MARGIN_PIECES, margin);
    const [needsFrom, needsTo] = [Math.max(0, first - least), Math.min(pieces - 1, last + least)];
    if (laid.some(({ from, count }) => from <= needsFrom && needsTo < from + count)) continue;
    for (let from = low; ; from += INNER - SHARED_PIECES) {
      // The last of several is as long as the others, and so shares more.
      const begin = from + INNER > high && high - low >= INNER ? high - INNER + 1 : from;
      const count = Math.min(INNER, high - begin + 1);
      if (!laid.some((other) => other.from === begin && other.count >= count)) laid.push({ from: begin, count });
      if (begin + count > high) break;
    }
  }
  return laid;
}

/** The first piece that ends behind `unit`. */
function firstBehind(ends: Int32Array, unit: number): number {
  let low = 0;
  let high = ends.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ends[middle] as number) > unit) high = middle;
    else low = middle + 1;
  }
  return low;
}
