import fc from 'fast-check';
import { expect, it } from 'vitest';
import { placeInScalar } from '../../../services/respond/playbook/scalar-place.js';
import { parseYaml } from '../../../services/runtime/yaml.js';

const line = fc.oneof(
  fc.constantFrom('a && b', '  deeper', 'x == "y"', "it's", '(a', 'ä 🔥 c', '', '\\'),
  fc.string({ maxLength: 12 }).map((text) => text.replace(/[\t\r\n]/g, ' ')),
);

/** Where the value of `when` begins, and its value. */
function read(text: string): { value: string; line: number; column: number } | undefined {
  const outcome = parseYaml(text);
  if (!outcome.ok) return undefined;
  const { when } = outcome.document.value as { when: unknown };
  const place = outcome.document.placeOf('/when');
  return typeof when === 'string' ? { value: when, line: place.line ?? 0, column: place.column ?? 0 } : undefined;
}

/** How many characters of the value were found in the file; each found one must be there. */
function found(text: string, quote = ''): number {
  const at = read(text);
  if (at === undefined) return 0;
  const rows = text.split('\n');
  let count = 0;
  for (let offset = 0; offset < at.value.length; offset += 1) {
    const character = at.value.charAt(offset);
    if (/\s/.test(character)) continue;
    const place = placeInScalar(rows, at, at.value, offset);
    if (place === undefined) continue;
    const there = rows[place.line - 1]?.slice(place.column - 1) ?? '';
    const escape = quote === '"' ? /^\\(?=["\\])/ : quote === "'" ? /^'(?=')/ : /^(?!)/;
    expect([text, offset, there.replace(escape, '').charAt(0)]).toEqual([text, offset, character]);
    count += 1;
  }
  return count;
}

it.each(['|', '>', '|-', '>-', '|+', '>+'])('every character of a block (%s) is where it is said to be', (style) => {
  fc.assert(
    fc.property(fc.array(line, { minLength: 1, maxLength: 6 }), (lines) => {
      found(`id: x\nwhen: ${style}\n${lines.map((each) => `    ${each}`).join('\n')}\nlast: 1\n`);
    }),
    { numRuns: 300 },
  );
  expect(found(`when: ${style}\n  a == 1\n  && b\n\n  && c\n    (deep\n  end\n\nlast: 1\n`)).toBe(18);
});

it.each(["'", '"', ''])('every character of a text between %s is where it is said to be', (quote) => {
  fc.assert(
    fc.property(fc.array(line, { minLength: 1, maxLength: 4 }), (lines) => {
      found(`when: ${quote}${lines.join('\n  ')}${quote}\nlast: 1\n`, quote);
    }),
    { numRuns: 300 },
  );
  expect(found(`when: ${quote}a == b &&\n  c == d${quote}\nlast: 1\n`, quote)).toBe(10);
});
