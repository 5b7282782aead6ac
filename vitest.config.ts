import { defineConfig } from 'vitest/config';

/** Rooms whose tests leave nothing behind in their process but memos: their files share what was imported. */
const TIDY = [
  'cli/backtest',
  'cli/eval',
  'cli/playbook',
  'cli/simulate',
  'cli/weigh',
  'detect',
  'forward',
  'gateway',
  'guard',
  'inspect',
  'policy',
  'respond',
  'schemas',
].map((room) => `tests/${room}/**/*.test.ts`);
const LONG = ['tests/bench/**', 'tests/**/*.long.test.ts'];

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      {
        test: { name: 'tidy', include: TIDY, exclude: LONG, testTimeout: 30_000, hookTimeout: 60_000, isolate: false },
      },
      {
        test: {
          name: 'rest',
          include: ['tests/**/*.test.ts'],
          exclude: [...LONG, ...TIDY],
          globalSetup: ['tests/peers/global-setup.ts'],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
