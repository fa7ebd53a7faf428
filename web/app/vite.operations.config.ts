/**
 * The operators' dashboard: a build of its own, so that it shares no chunk with everybody's first view, and so that neither
 * site holds the other's files.
 */

import { mergeConfig, type UserConfig } from 'vite';

import everybody from './vite.config.ts';

export default mergeConfig<UserConfig, UserConfig>(everybody as UserConfig, {
  build: { outDir: 'dist-operations', rolldownOptions: { input: 'operations.html' } },
});
