import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: { include: ['tests/faults/**/*.long.test.ts'], testTimeout: 3_600_000, hookTimeout: 600_000, maxWorkers: 1 },
});
