/**
 * A text in readings that differ by the escapes of a notation alone. What stands in one stands in all of them, so the deep
 * tier is asked once, and what it says counts in each. Pure.
 */
import type { Layer } from '../../../../schemas/inspection.js';
import { originOf, type Reading } from '../../reading.js';
import type { Stretch } from './laid-windows.js';
import type { DeepFinding } from './reader.js';

const ESCAPES: ReadonlySet<Layer> = new Set(['json-escape', 'yaml-escape']);
/** What shares more than this with a stretch that is asked about in another reading is read there, as good as whole. */
const SHARED = 0.67;

/** Whether a reading is the received text, but for escapes at most. */
export const isTwin = ({ layers }: Reading): boolean => layers.every((layer) => ESCAPES.has(layer));

/** A stretch of a reading, in UTF-16 units of the received text. `from`: where the part that was read begins in it. */
export function received<S extends Stretch>(stretch: S, reading: Reading, from: number): S {
  const { start, end } = originOf(reading, stretch.start, stretch.end);
  return { ...stretch, start: start + from, end: end + from };
}

/** The stretches of a reading that are not asked about already. Both in units of the received text, as `asked` is. */
export function notAskedYet<S extends Stretch>(
  stretches: readonly S[],
  reading: Reading,
  from: number,
  asked: readonly Stretch[],
): S[] {
  if (!isTwin(reading)) return [...stretches];
  return stretches.filter((stretch) => {
    const { start, end } = received(stretch, reading, from);
    return !asked.some((other) => Math.min(end, other.end) - Math.max(start, other.start) > SHARED * (end - start));
  });
}

/** A window that was read, in units of the received text. */
export function receivedWindow(window: DeepFinding, reading: Reading, from: number): DeepFinding {
  const whole = received({ start: window.from, end: window.to }, reading, from);
  return {
    ...received(window, reading, from),
    from: whole.start,
    to: whole.end,
    pieces: window.pieces.map((piece) => received(piece, reading, from)),
  };
}
