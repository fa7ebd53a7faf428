import { defineConfig } from 'vitest/config';

export default defineConfig({
  root: import.meta.dirname,
  test: {
    name: 'client-e2e',
    include: ['*.test.ts'],
    environment: 'node',
    // They share the package that is built and packed.
    fileParallelism: false,
    testTimeout: 90_000,
    hookTimeout: 90_000,
  },
});
