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
    // Each file packs and installs the package first: a quarter of a minute, and more than one on a busy machine.
    hookTimeout: 180_000,
  },
});
