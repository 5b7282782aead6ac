import { expect, it } from 'vitest';
import { invocation } from '../../services/cli/invocation.js';

it.each([
  ['/usr/local/bin/stepdown', 'stepdown'],
  ['/home/ann/agent/node_modules/.bin/stepdown', 'npx stepdown'],
  ['/home/ann/stepdown/dist/services/cli/stepdown.js', 'npx stepdown'],
  [undefined, 'npx stepdown'],
])('called as %s, the next command begins with %s', (script, said) => {
  expect(script === undefined ? invocation('') : invocation(script)).toBe(said);
});
