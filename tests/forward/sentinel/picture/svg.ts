/** Pieces of the picture: text, tables, lines over time, bars. Fixed sizes, no script, no fonts from elsewhere. */

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escaped = (text: string): string => text.replace(/[&<>"]/g, (character) => ESCAPES[character] ?? character);
export const WIDTH = 1240;
const LINE = 20;
/** Of the sans-serif used here, about; what does not fit is cut with `…`. */
const PX_PER_CHARACTER = 6.6;
/** How much wider a heading is. */
const BOLD = 1.2;
export const COLOURS = ['#0b6bcb', '#c43e1c', '#498205', '#8764b8', '#986f0b', '#038387'];

/** A part of the picture, drawn from its own upper left corner. */
export interface Block {
  height: number;
  svg: string;
}

export function text(x: number, y: number, words: string, attributes = ''): string {
  return `<text x="${x}" y="${y}"${attributes === '' ? '' : ` ${attributes}`}>${escaped(words)}</text>`;
}

export function table(columns: readonly string[], rows: readonly (readonly string[])[]): Block {
  const wanted = columns.map(
    (name, index) => Math.max(Math.ceil(name.length * BOLD), ...rows.map((row) => (row[index] ?? '').length)) + 2,
  );
  const room = WIDTH / PX_PER_CHARACTER;
  const sum = wanted.reduce((total, size) => total + size, 0);
  // What is long gives way first.
  const most = sum <= room ? Infinity : fitting(wanted, room);
  const sizes = wanted.map((size) => Math.min(size, most));
  const starts = sizes.map(
    (_, index) => sizes.slice(0, index).reduce((total, size) => total + size, 0) * PX_PER_CHARACTER,
  );
  const cell = (words: string, index: number, y: number, attributes: string) => {
    const size = (sizes[index] ?? 0) - 2;
    return text(
      round(starts[index] ?? 0),
      y,
      words.length > size ? `${words.slice(0, Math.max(1, Math.floor(size) - 1))}…` : words,
      attributes,
    );
  };
  const head = columns.map((name, index) => cell(name, index, 14, 'class="head"'));
  const body = rows.flatMap((row, at) => row.map((words, index) => cell(words, index, 14 + (at + 1) * LINE, '')));
  const rules = rows.map((_, at) => `<path class="rule" d="M0 ${(at + 1) * LINE}H${WIDTH}"/>`);
  return { height: (rows.length + 1) * LINE, svg: [...rules, ...head, ...body].join('\n') };
}

function fitting(sizes: readonly number[], room: number): number {
  for (let most = Math.max(...sizes); ; most -= 1)
    if (sizes.reduce((total, size) => total + Math.min(size, most), 0) <= room) return most;
}

export interface Series {
  name: string;
  /** Hours since the left edge, and 0 to 100. */
  points: readonly (readonly [hour: number, value: number])[];
}

/** Points joined by lines; the axis is hours of a day. */
export function timechart(series: readonly Series[], hours: readonly [from: number, to: number]): Block {
  const height = 160;
  const left = 32;
  const x = (hour: number) => round(left + ((hour - hours[0]) / (hours[1] - hours[0])) * (WIDTH - left - 150));
  const y = (value: number) => round(10 + (1 - value / 100) * (height - 40));
  const parts: string[] = [];
  for (const value of [0, 50, 100])
    parts.push(
      `<path class="rule" d="M${left} ${y(value)}H${x(hours[1])}"/>`,
      text(0, y(value) + 4, String(value), 'class="dim"'),
    );
  for (let hour = hours[0]; hour <= hours[1]; hour += 2)
    parts.push(text(x(hour) - 14, height - 8, `${String(hour).padStart(2, '0')}:00`, 'class="dim"'));
  series.forEach(({ name, points }, index) => {
    const colour = COLOURS[index % COLOURS.length] ?? '#000';
    parts.push(
      `<path fill="none" stroke="${colour}" stroke-width="2" d="M${points.map(([hour, value]) => `${x(hour)} ${y(value)}`).join('L')}"/>`,
    );
    for (const [hour, value] of points) parts.push(`<circle cx="${x(hour)}" cy="${y(value)}" r="3" fill="${colour}"/>`);
    parts.push(text(WIDTH - 140, 20 + index * LINE, name, `style="fill: ${colour}"`));
  });
  return { height, svg: parts.join('\n') };
}

export function barchart(bars: readonly { name: string; value: number }[]): Block {
  const most = Math.max(1, ...bars.map(({ value }) => value));
  const left = 260;
  const svg = bars.map(({ name, value }, index) => {
    const width = round((value / most) * (WIDTH - left - 60));
    const y = index * (LINE + 4);
    return [
      text(0, y + 14, name),
      `<rect x="${left}" y="${y + 3}" width="${width}" height="14" fill="${COLOURS[0]}"/>`,
      text(left + width + 8, y + 14, String(value)),
    ].join('\n');
  });
  return { height: bars.length * (LINE + 4), svg: svg.join('\n') };
}

/** Blocks under their titles, one under the other. */
export function page(title: string, note: string, parts: readonly { title: string; block: Block }[]): string {
  const MARGIN = 24;
  let y = 84;
  const body = parts.map(({ title: name, block }) => {
    const drawn = `<g transform="translate(0 ${y})">\n${text(0, 0, name, 'class="title"')}\n<g transform="translate(0 12)">\n${block.svg}\n</g>\n</g>`;
    y += block.height + 52;
    return drawn;
  });
  const whole = WIDTH + 2 * MARGIN;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${whole} ${y}" width="${whole}" height="${y}" role="img" aria-label="${escaped(title)}">
<style>
text { font: 12px 'Segoe UI', system-ui, sans-serif; fill: #242424; }
.head { font-weight: 600; }
.title { font-size: 14px; font-weight: 600; }
.page { font-size: 18px; font-weight: 600; }
.dim { fill: #707070; }
.rule { stroke: #e1e1e1; }
</style>
<rect width="${whole}" height="${y}" fill="#ffffff"/>
<g transform="translate(${MARGIN} 0)">
${text(0, 34, title, 'class="page"')}
${text(0, 54, note, 'class="dim"')}
${body.join('\n')}
</g>
</svg>
`;
}

const round = (value: number): number => Math.round(value * 10) / 10;
