import { expect, it } from 'vitest';
import { StepdownError } from '../../services/runtime/errors.js';
import { silentLog } from '../../services/runtime/log.js';
import { untilDone } from '../../services/runtime/until-done.js';

const options = (signal = new AbortController().signal) => ({
  signal,
  log: silentLog(),
  failed: 'it could not be done',
});

it('does a batch again until it is done, whatever was away', async () => {
  let tries = 0;
  await untilDone(async () => {
    tries += 1;
    if (tries === 1) throw new StepdownError('driver-unavailable', 'away');
    if (tries === 2) throw new Error('and something else');
  }, options());
  expect(tries).toBe(3);
});

it('leaves to another what has become another’s', async () => {
  let tries = 0;
  await untilDone(async () => {
    tries += 1;
    throw new StepdownError('not-owner', 'moved');
  }, options());
  expect(tries).toBe(1);
});

it('ends when it is told to, in the middle of a pause', async () => {
  const stopping = new AbortController();
  let tries = 0;
  const trying = untilDone(async () => {
    tries += 1;
    setTimeout(() => stopping.abort(), 5);
    throw new StepdownError('driver-unavailable', 'away');
  }, options(stopping.signal));
  await trying;
  expect(tries).toBe(1);
});
