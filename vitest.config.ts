import { defineConfig } from 'vitest/config';

/** Rooms of pure logic: nothing in them outlives a test but memos, so their files share what was imported. */
const PURE = ['detect', 'inspect', 'policy', 'respond', 'schemas'].map((room) => `tests/${room}/**/*.test.ts`);
const LONG = ['tests/bench/**', 'tests/**/*.long.test.ts'];

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      { test: { name: 'pure', include: PURE, exclude: LONG, testTimeout: 30_000, isolate: false } },
      {
        test: {
          name: 'rest',
          include: ['tests/**/*.test.ts'],
          exclude: [...LONG, ...PURE],
          globalSetup: ['tests/peers/global-setup.ts'],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
