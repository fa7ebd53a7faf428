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
    // As long as a locator is waited for: a second, which is the default, is short where a machine is busy.
    expect: { poll: { timeout: 30_000 } },
  },
});
