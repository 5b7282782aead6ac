/** Several lines in one figure: ROC curves, delays, reliability. */
import { colour, type Frame, framed, xOf, yOf } from './frame.js';

export interface Series {
  name: string;
  points: readonly (readonly [x: number, y: number])[];
  /** Marks the points; for few of them. */
  dots?: boolean;
}

export function linePlot(
  frame: Omit<Frame, 'legend'>,
  series: readonly Series[],
  options: { diagonal?: boolean } = {},
): string {
  const { x, y } = frame;
  const diagonal = options.diagonal
    ? `<line x1="${xOf(x, x.min)}" y1="${yOf(y, y.min)}" x2="${xOf(x, x.max)}" y2="${yOf(y, y.max)}" stroke="#9ca3af" stroke-dasharray="4 4"/>`
    : '';
  const marks = series.map(({ points, dots }, index) => {
    const path = points.map(([px, py]) => `${xOf(x, clamp(px, x))},${yOf(y, clamp(py, y))}`).join(' ');
    const circles = dots
      ? points
          .map(([px, py]) => `<circle cx="${xOf(x, px)}" cy="${yOf(y, py)}" r="3.5" fill="${colour(index)}"/>`)
          .join('')
      : '';
    return `<polyline points="${path}" fill="none" stroke="${colour(index)}" stroke-width="2"/>${circles}`;
  });
  return framed({ ...frame, legend: series.map(({ name }) => name) }, diagonal + marks.join(''));
}

const clamp = (value: number, { min, max }: { min: number; max: number }): number =>
  Math.min(max, Math.max(min, value));
