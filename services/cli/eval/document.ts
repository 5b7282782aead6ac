/** A report as blocks, written as Markdown (figures beside it) and as one HTML file (figures inside). Pure. */
import { htmlText } from './html-text.js';

export type Block =
  | { kind: 'heading'; level: 1 | 2 | 3; text: string }
  | { kind: 'text'; text: string }
  | { kind: 'list'; items: readonly string[] }
  | { kind: 'table'; head: readonly string[]; rows: readonly (readonly string[])[] }
  | { kind: 'figure'; name: string; title: string; svg: string };

export const heading = (level: 1 | 2 | 3, text: string): Block => ({ kind: 'heading', level, text });
export const text = (words: string): Block => ({ kind: 'text', text: words });
export const list = (items: readonly string[]): Block => ({ kind: 'list', items });
export const table = (head: readonly string[], rows: readonly (readonly string[])[]): Block => ({
  kind: 'table',
  head,
  rows,
});
export const figure = (name: string, title: string, svg: string): Block => ({ kind: 'figure', name, title, svg });

const cell = (words: string): string => words.replaceAll('|', '\\|').replaceAll(/\s*\n\s*/g, ' ');

/** Figures are referred to as `figures/<name>.svg`. */
export function markdown(blocks: readonly Block[]): string {
  const written = blocks.map((block) => {
    switch (block.kind) {
      case 'heading':
        return `${'#'.repeat(block.level)} ${block.text}`;
      case 'text':
        return block.text;
      case 'list':
        return block.items.map((item) => `- ${item.replaceAll(/\s*\n\s*/g, ' ')}`).join('\n');
      case 'table':
        return [
          `| ${block.head.map(cell).join(' | ')} |`,
          `|${block.head.map(() => '---').join('|')}|`,
          ...block.rows.map((row) => `| ${row.map(cell).join(' | ')} |`),
        ].join('\n');
      case 'figure':
        return `![${block.title}](figures/${block.name}.svg)`;
    }
  });
  return `${written.join('\n\n')}\n`;
}

const STYLE = `body{font:15px/1.5 system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem;color:#1b1f24;background:#fff}
table{border-collapse:collapse;margin:1rem 0;display:block;overflow-x:auto}th,td{border:1px solid #d0d7de;padding:.25rem .6rem;text-align:left;vertical-align:top}
th{background:#f6f8fa}figure{margin:1rem 0}figcaption{color:#57606a}code{background:#f6f8fa;padding:0 .2em}svg{max-width:100%;height:auto}`;

/** One file that needs nothing beside it. */
export function html(title: string, blocks: readonly Block[]): string {
  const written = blocks.map((block) => {
    switch (block.kind) {
      case 'heading':
        return `<h${block.level}>${htmlText(block.text)}</h${block.level}>`;
      case 'text':
        return `<p>${htmlText(block.text)}</p>`;
      case 'list':
        return `<ul>${block.items.map((item) => `<li>${htmlText(item)}</li>`).join('')}</ul>`;
      case 'table':
        return `<table><thead><tr>${block.head.map((head) => `<th>${htmlText(head)}</th>`).join('')}</tr></thead><tbody>${block.rows
          .map((row) => `<tr>${row.map((each) => `<td>${htmlText(each)}</td>`).join('')}</tr>`)
          .join('')}</tbody></table>`;
      case 'figure':
        return `<figure>${block.svg}<figcaption>${htmlText(block.title)}</figcaption></figure>`;
    }
  });
  return `<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${htmlText(title)}</title><style>${STYLE}</style></head><body>\n${written.join('\n')}\n</body></html>\n`;
}
