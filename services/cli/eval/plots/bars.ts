/** Stacked bars, one a group. */
import { type Axis, colour, countAxis, framed, PLOT, yOf } from './frame.js';

export interface Bar {
  name: string;
  /** One value a part, in the order of `parts`. */
  values: readonly number[];
}

export function barPlot(title: string, yLabel: string, parts: readonly string[], bars: readonly Bar[]): string {
  const y = countAxis(yLabel, Math.max(1, ...bars.map(({ values }) => values.reduce((sum, value) => sum + value, 0))));
  const slot = PLOT.width / Math.max(1, bars.length);
  const x: Axis = {
    label: '',
    min: 0,
    max: bars.length,
    ticks: bars.map(({ name }, index) => ({ at: index + 0.5, text: name })),
  };
  const marks = bars.map(({ values }, index) => {
    let below = 0;
    return values
      .map((value, part) => {
        const top = yOf(y, below + value);
        const height = Math.round((yOf(y, below) - top) * 10) / 10;
        below += value;
        const left = Math.round((PLOT.left + index * slot + slot * 0.2) * 10) / 10;
        return `<rect x="${left}" y="${top}" width="${Math.round(slot * 6) / 10}" height="${height}" fill="${colour(part)}"/>`;
      })
      .join('');
  });
  return framed({ title, x, y, legend: parts }, marks.join(''));
}
