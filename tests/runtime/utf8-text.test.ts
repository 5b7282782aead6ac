import { expect, it } from 'vitest';
import { utf8Text } from '../../services/runtime/utf8-text.js';

it('gives text as it is, a byte order mark included', () => {
  for (const text of ['', 'a: 1\n', '\u{FEFF}a: ä🔥\r\n', 'a: \u{FFFD}'])
    expect(utf8Text(Buffer.from(text))).toEqual({ ok: true, text });
});

it.each([
  ['Latin-1', Buffer.from('a: 1\nb: ä-T\xfcr', 'latin1'), { line: 2, column: 4, mend: 'save the file as UTF-8' }],
  ['a cut character', Buffer.from('a: 1\nbc: ü\n').subarray(0, -2), { line: 2, column: 5 }],
  ['UTF-16', Buffer.from('\u{FEFF}a: 1', 'utf16le'), { line: 1, column: 1, mend: 'save it as UTF-8' }],
  ['NUL', Buffer.from('a: 1\nb:\0'), { line: 2, column: 3 }],
])('says where %s is not UTF-8 text', (_, bytes, expected) => {
  expect(utf8Text(bytes)).toMatchObject({ ok: false, ...expected });
});
