import { defineConfig } from 'vitest/config';

export default defineConfig({
  root: import.meta.dirname,
  resolve: { conditions: ['preau-source'] },
  ssr: { resolve: { conditions: ['preau-source'] } },
  test: {
    name: 'measure',
    include: ['*.test.ts'],
    environment: 'node',
    fileParallelism: false,
    testTimeout: 600_000,
    hookTimeout: 90_000,
  },
});
