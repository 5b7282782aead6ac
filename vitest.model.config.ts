import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['tests/enforce/model.long.test.ts'],
    testTimeout: 3_600_000,
    maxWorkers: 1,
  },
});
