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
/** What commands read texts with here: loading the deep text model takes longer than most of these tests. Its own tests ask for it. */
const env = { STEPDOWN_DETECT_INSPECTION_MODELS: 'fast' };
const LONG = ['tests/bench/**', 'tests/**/*.long.test.ts'];

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: 'tidy',
          include: TIDY,
          exclude: LONG,
          env,
          testTimeout: 30_000,
          hookTimeout: 60_000,
          isolate: false,
        },
      },
      {
        test: {
          name: 'rest',
          include: ['tests/**/*.test.ts'],
          exclude: [...LONG, ...TIDY],
          env,
          globalSetup: ['tests/peers/global-setup.ts'],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
