import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['tests/scenarios/crash.long.test.ts', 'tests/scenarios/event-hubs.long.test.ts'],
    testTimeout: 3_600_000,
  },
});
