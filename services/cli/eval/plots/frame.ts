/** Axes, grid and legend of a figure, as SVG text. Pure; no browser is needed. */
import { htmlText } from '../html-text.js';

export const COLOURS = [
  '#0b66c3',
  '#c2410c',
  '#15803d',
  '#7e22ce',
  '#b91c1c',
  '#0e7490',
  '#a16207',
  '#475569',
] as const;
export const colour = (index: number): string => COLOURS[index % COLOURS.length] as string;

export interface Axis {
  label: string;
  min: number;
  max: number;
  ticks: readonly { at: number; text: string }[];
}

export interface Frame {
  title: string;
  x: Axis;
  y: Axis;
  /** Names beside the figure, in the order of their colours. */
  legend: readonly string[];
}

const WIDTH = 720;
const HEIGHT = 400;
const LEFT = 64;
const TOP = 40;
const RIGHT = 250;
const BOTTOM = 56;
export const PLOT = { left: LEFT, top: TOP, width: WIDTH - LEFT - RIGHT, height: HEIGHT - TOP - BOTTOM };

const share = (axis: Axis, value: number): number => (value - axis.min) / (axis.max - axis.min || 1);
export const xOf = (axis: Axis, value: number): number => round(PLOT.left + share(axis, value) * PLOT.width);
export const yOf = (axis: Axis, value: number): number => round(PLOT.top + (1 - share(axis, value)) * PLOT.height);
const round = (value: number): number => Math.round(value * 10) / 10;

/** Ticks of a share, 0 to 1, in percent. */
export const percentAxis = (label: string, max = 1): Axis => ({
  label,
  min: 0,
  max,
  ticks: [0, 0.25, 0.5, 0.75, 1].map((part) => ({ at: part * max, text: `${Math.round(part * max * 1000) / 10}%` })),
});

/** Round ticks for counts from 0 to at least `max`. */
export function countAxis(label: string, max: number): Axis {
  const rough = Math.max(max, 1) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max(1, ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power);
  const top = Math.ceil(Math.max(max, 1) / step) * step;
  return {
    label,
    min: 0,
    max: top,
    ticks: Array.from({ length: Math.round(top / step) + 1 }, (_, index) => ({
      at: index * step,
      text: (index * step).toLocaleString('en'),
    })),
  };
}

const line = (x1: number, y1: number, x2: number, y2: number, stroke: string): string =>
  `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="${stroke}"/>`;
const words = (x: number, y: number, text: string, more = ''): string =>
  `<text x="${x}" y="${y}" ${more}>${htmlText(text)}</text>`;

/** The figure round `marks`, which are drawn inside the axes. */
export function framed({ title, x, y, legend }: Frame, marks: string): string {
  const bottom = PLOT.top + PLOT.height;
  const right = PLOT.left + PLOT.width;
  const parts = [
    ...x.ticks.flatMap(({ at, text }) => [
      line(xOf(x, at), PLOT.top, xOf(x, at), bottom, '#e5e7eb'),
      words(xOf(x, at), bottom + 18, text, 'text-anchor="middle"'),
    ]),
    ...y.ticks.flatMap(({ at, text }) => [
      line(PLOT.left, yOf(y, at), right, yOf(y, at), '#e5e7eb'),
      words(PLOT.left - 8, yOf(y, at) + 4, text, 'text-anchor="end"'),
    ]),
    line(PLOT.left, bottom, right, bottom, '#374151'),
    line(PLOT.left, PLOT.top, PLOT.left, bottom, '#374151'),
    marks,
    words(PLOT.left, 20, title, 'font-weight="600" font-size="14"'),
    words(PLOT.left + PLOT.width / 2, HEIGHT - 14, x.label, 'text-anchor="middle"'),
    words(
      16,
      PLOT.top + PLOT.height / 2,
      y.label,
      `text-anchor="middle" transform="rotate(-90 16 ${PLOT.top + PLOT.height / 2})"`,
    ),
    ...legend.flatMap((name, index) => [
      `<rect x="${right + 16}" y="${PLOT.top + index * 20}" width="12" height="12" fill="${colour(index)}"/>`,
      words(right + 34, PLOT.top + 10 + index * 20, name),
    ]),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" font-family="system-ui, sans-serif" font-size="12" fill="#1b1f24" role="img" aria-label="${htmlText(title)}"><rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>${parts.join('')}</svg>`;
}
