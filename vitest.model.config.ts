import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['tests/enforce/{model,tenant,entra-faults}.long.test.ts'],
    testTimeout: 3_600_000,
    maxWorkers: 1,
  },
});
