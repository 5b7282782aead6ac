import { expect, test } from 'vitest';
import { programsOf } from '../../services/inspect/programs.js';

test.each<[unknown, string[]]>([
  [{ command: 'git commit -m "x" && git push origin main' }, ['git commit', 'git push']],
  [{ command: 'ls -la | grep foo' }, ['ls', 'grep']],
  [{ cmd: 'sudo systemctl restart nginx' }, ['systemctl']],
  [{ args: 'get pods -n shop' }, ['get']],
  [{ code: 'import pandas\nfrom requests import get' }, ['pandas', 'requests']],
  [{ query: 'select * from a; DROP table b' }, ['select', 'drop']],
  [{ text: 'git push' }, []],
  [undefined, []],
  ['git push', []],
])('%j runs %j', (args, programs) => {
  expect(programsOf(args)).toEqual(programs);
});

test('at most six, of however long a script', () => {
  expect(programsOf({ command: Array.from({ length: 50 }, (_, at) => `tool${at} run`).join('; ') })).toHaveLength(6);
});

test('a long line without an end does not hold it up', () => {
  const started = performance.now();
  programsOf({ command: `${'a; '.repeat(50_000)}`, code: 'import '.repeat(50_000) });
  expect(performance.now() - started).toBeLessThan(500);
});
