import { describe, expect, it } from 'vitest';
import { StepdownError } from '../../services/runtime/errors.js';
import { createLog } from '../../services/runtime/log.js';
import { prettyLine } from '../../services/runtime/pretty-line.js';

function logged(
  format: 'json' | 'pretty',
  write: (log: ReturnType<typeof createLog>) => void,
  level: 'info' | 'debug' = 'info',
): string {
  let text = '';
  write(
    createLog(
      { log: { level, format }, timezone: 'Europe/Berlin' },
      { destination: { write: (line) => (text += line) } },
    ),
  );
  return text;
}

describe('the log', () => {
  it('is one JSON object a line, with the time in UTC', () => {
    const text = logged('json', (log) => log.info({ port: 4318 }, 'listening'));
    expect(JSON.parse(text)).toMatchObject({ level: 'info', msg: 'listening', port: 4318 });
    expect((JSON.parse(text) as { time: string }).time).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);
  });

  it.each([
    { token: 's3cret' },
    { headers: { authorization: 's3cret' } },
    { headers: { Authorization: 's3cret' } },
    { a: { b: { password: 's3cret' } } },
    { config: { secret: 's3cret' } },
  ])('never holds a secret: %j', (fields) => {
    for (const format of ['json', 'pretty'] as const) {
      const text = logged(format, (log) => log.info(fields, 'x'));
      expect(text).not.toContain('s3cret');
      expect(text).toContain('[hidden]');
    }
  });

  it('says nothing below its level', () => {
    expect(logged('json', (log) => log.debug('x'))).toBe('');
  });

  it('shows an error of the house in one line, and the stack only to those who look closer', () => {
    const write = (log: ReturnType<typeof createLog>) =>
      log.error({ err: new StepdownError('stream-full', 'the disk is full') }, 'cannot append');
    expect(logged('pretty', write)).toMatch(/error cannot append\n {4}stream-full: the disk is full\n$/);
  });
});

describe('a line for people', () => {
  const line = (fields: object): string =>
    prettyLine(JSON.stringify({ time: '2026-01-05T12:00:00.123Z', level: 'info', ...fields }), 'Europe/Berlin');

  it('shows the time in their zone, and the fields', () => {
    expect(line({ msg: 'hello', port: 1, name: 'a' })).toBe('13:00:00.123 info  hello  port=1 name=a\n');
  });

  it('cannot rewrite their terminal', () => {
    const text = line({ msg: 'a\u001b[2Jb\rc', agent: '\u202Egnp.exe\u009b' });
    expect(
      [...text.trimEnd()].filter((character) => /[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/.test(character)),
    ).toEqual([]);
  });

  it('passes on what is no JSON', () => {
    expect(prettyLine('plain\n', 'UTC')).toBe('plain\n');
  });
});
