import { describe, expect, it } from 'vitest';
import { parseYaml, pointerTo } from '../../services/runtime/yaml.js';

function read(text: string) {
  const outcome = parseYaml(text, { file: 'f.yaml' });
  if (!outcome.ok) throw new Error(JSON.stringify(outcome.faults));
  return outcome.document;
}
const faults = (text: string, options = {}) => {
  const outcome = parseYaml(text, { file: 'f.yaml', ...options });
  return outcome.ok ? [] : outcome.faults;
};

describe('parseYaml', () => {
  it('reads YAML 1.2: yes and no are texts, 0o17 is a number', () => {
    expect(read('a: yes\nb: no\nc: 0o17\nd: 017\ne: true\nf: 1e3\ng: ~').value).toEqual({
      a: 'yes',
      b: 'no',
      c: 15,
      d: 17,
      e: true,
      f: 1000,
      g: null,
    });
  });

  it('gives the place of values and keys', () => {
    const document = read('one: 1\ntwo:\n  - a\n  - b: { c: 3 }\n"a/b~c": x\n');
    const place = (pointer: string, part?: 'key' | 'value') => {
      const { line, column } = document.placeOf(pointer, part);
      return `${line}:${column}`;
    };
    expect(place('/one')).toBe('1:6');
    expect(place('/one', 'key')).toBe('1:1');
    expect(place('/two/0')).toBe('3:5');
    expect(place('/two/1/b/c')).toBe('4:13');
    expect(place('/two/1/b/c', 'key')).toBe('4:10');
    expect(place(pointerTo('', 'a/b~c'))).toBe('5:10');
    expect(document.placeOf('/one')).toEqual({ file: 'f.yaml', line: 1, column: 6, pointer: '/one' });
  });

  it('gives the place of the nearest thing above a pointer to nothing', () => {
    const document = read('one:\n  two: 2\n');
    expect(document.placeOf('/one/three')).toMatchObject({ line: 2, column: 3 });
    expect(document.placeOf('/one/two/four')).toMatchObject({ line: 2, column: 8 });
    expect(document.placeOf('/nothing')).toMatchObject({ line: 1, column: 1 });
  });

  it('gives a key without a value the place of the key', () => {
    expect(read('one:\ntwo: 2\n').placeOf('/one')).toMatchObject({ line: 1, column: 1 });
  });

  it('follows aliases', () => {
    const document = read('base: &b { port: 1 }\nuse: *b\n');
    expect(document.value).toEqual({ base: { port: 1 }, use: { port: 1 } });
    expect(document.placeOf('/use/port')).toMatchObject({ line: 1, column: 18 });
  });

  it('reads an empty text, a comment, a byte order mark and CRLF', () => {
    for (const text of ['', '# c', '\n\n']) expect(read(text).value).toBeUndefined();
    expect(read('\uFEFFa: 1\r\nb: 2\r\n').value).toEqual({ a: 1, b: 2 });
  });

  it('keeps a key named __proto__ a key', () => {
    const value = read('__proto__: { polluted: true }').value as object;
    expect(Object.keys(value)).toEqual(['__proto__']);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });
});

describe('what parseYaml refuses, with the place', () => {
  it.each([
    ['a key twice', 'a: 1\na: 2', 2, 1],
    ['a tab as indent', 'a:\n\tb: 1', 2, 1],
    ['an open bracket', 'a: [1', 1, 6],
    ['an unknown alias', 'a: *b', 1, 4],
    ['two documents', 'a: 1\n---\nb: 2', 2, 1],
    ['an unknown tag', 'a: !!js/function x', 1, 4],
  ])('%s', (_, text, line, column) => {
    expect(faults(text)[0]?.place).toMatchObject({ file: 'f.yaml', line, column });
  });

  it('a text that is too large', () => {
    expect(faults('a: 12345', { maxBytes: 5 })[0]?.message).toMatch(/larger than 5 bytes/);
  });

  it('an expansion without bounds', () => {
    const bomb = [
      'a: &a [x,x,x,x,x,x,x,x,x,x]',
      ...Array.from(
        'bcdefghi',
        (name, index) => `${name}: &${name} [${Array.from({ length: 10 }, () => `*${'abcdefghi'[index]}`).join(',')}]`,
      ),
    ].join('\n');
    expect(faults(bomb)).toHaveLength(1);
  });

  it.each([
    ['brackets', (depth: number) => '['.repeat(depth) + ']'.repeat(depth)],
    ['open brackets', (depth: number) => '['.repeat(depth)],
    ['braces', (depth: number) => '{a: '.repeat(depth)],
    ['dashes', (depth: number) => '- '.repeat(depth)],
    ['question marks', (depth: number) => '? '.repeat(depth)],
  ])('a nesting of %s that is too deep, also past the end of the stack', (_, nested) => {
    for (const depth of [102, 200_000]) {
      const [fault, ...more] = faults(nested(depth));
      expect(fault?.message).toMatch(/nested deeper than 100 levels/);
      expect(more).toEqual([]);
    }
  });

  it('but not one that people write', () => {
    expect(faults('['.repeat(99) + ']'.repeat(99))).toEqual([]);
  });
});
