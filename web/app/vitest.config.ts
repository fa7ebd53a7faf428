import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { conditions: ['preau-source'] },
  ssr: { resolve: { conditions: ['preau-source'] } },
  test: { name: 'app', include: ['tests/**/*.test.ts'], environment: 'node' },
});
