import { defineConfig } from 'vitest/config';

export default defineConfig({
  root: import.meta.dirname,
  resolve: { conditions: ['preau-source'] },
  ssr: { resolve: { conditions: ['preau-source'] } },
  test: {
    name: 'e2e',
    include: ['*.test.ts'],
    environment: 'node',
    // One hub, several browsers, steps that build on each other.
    fileParallelism: false,
    testTimeout: 90_000,
    hookTimeout: 90_000,
  },
});
