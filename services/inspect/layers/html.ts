/**
 * HTML: what a reader does not see and a model does. Gives one reading with the tags gone and entities decoded, and one
 * for each hidden place: comments, elements styled away, attributes that carry text (`alt`, `title`, `aria-label`, `data-*`,
 * `content`, `value`, `placeholder`).
 */
import { type Budget, type Peeler, type Reading, ReadingBuilder, segmentReading } from '../reading.js';
import { hasAnyOf, surveyOf } from '../survey.js';

const TAG = /<(?:!--[^]{0,20000}?-->|\/?[A-Za-z][A-Za-z0-9:-]{0,30}(?:\s[^<>]{0,4000})?>)/g;
const ENTITY = /&(?:#(\d{1,7})|#x([0-9a-fA-F]{1,6})|(amp|lt|gt|quot|apos|nbsp));/g;
const NAMED: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' };
const COMMENT = /<!--([^]{4,20000}?)-->/g;
const ATTRIBUTE =
  /\s(?:alt|title|aria-label|aria-description|summary|content|value|placeholder|data-[\w-]{1,40})\s*=\s*(?:"([^"]{8,4000})"|'([^']{8,4000})')/gi;
const HIDDEN =
  /<([a-z][a-z0-9]{0,12})\b[^<>]{0,800}?(?:display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*[01](?:px|pt|em)?\b|opacity\s*:\s*0(?:\.0+)?\b|color\s*:\s*(?:white|transparent|#fff(?:fff)?)\b|\bhidden\b|left\s*:\s*-\d{3,}px)[^<>]{0,800}>([^<]{4,8000})/gi;

function entity(match: RegExpMatchArray): string {
  if (match[3] !== undefined) return NAMED[match[3]] ?? '';
  const code = match[1] !== undefined ? Number.parseInt(match[1], 10) : Number.parseInt(match[2] as string, 16);
  return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : '';
}

export const html: Peeler = {
  layer: 'html',
  peel(reading: Reading, budget: Budget): Reading[] {
    const { text } = reading;
    if (!hasAnyOf(surveyOf(text), '<&')) return [];
    const tagged = text.includes('<') && /<[a-z!/][^<>]{0,4000}>/i.test(text);
    const entities = text.includes('&') ? [...text.matchAll(ENTITY)] : [];
    if (!tagged && entities.length === 0) return [];
    const readings: Reading[] = [];
    if (tagged) {
      for (const pattern of [COMMENT, HIDDEN, ATTRIBUTE]) {
        for (const match of text.matchAll(pattern)) {
          const inner = pattern === HIDDEN ? match[2] : (match[1] ?? match[2]);
          if (inner === undefined || !/[\p{L}]{2,}[^\p{L}]{1,8}[\p{L}]{2,}/u.test(inner)) continue;
          if (!budget.take(inner.length)) return readings;
          const start = match.index + match[0].lastIndexOf(inner);
          readings.push(segmentReading(reading, 'html', inner, start, start + inner.length));
        }
      }
    }
    if (!budget.take(text.length)) return readings;
    const builder = new ReadingBuilder(reading);
    const cuts = [...(tagged ? [...text.matchAll(TAG)] : []), ...entities].sort((a, b) => a.index - b.index);
    let at = 0;
    for (const cut of cuts) {
      if (cut.index < at) continue;
      builder.keep(at, cut.index);
      at = cut.index + cut[0].length;
      if (cut[0].startsWith('&')) builder.replace(entity(cut), cut.index, at);
      else if (/^<\/?(?:p|div|br|li|tr|td|th|h\d|table|ul|ol|section|article|!--)/i.test(cut[0]))
        builder.replace('\n', cut.index, at);
    }
    builder.keep(at, text.length);
    readings.push(builder.done('html'));
    return readings;
  },
};
