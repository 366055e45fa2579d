/** The page, built by `vite build`; `build.ts` builds it together with what Electron runs. */
import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig, type InlineConfig } from 'vite';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
export const distFolder = here('dist');

/** The oldest engine that must run it: Electron 25. */
const oldestChrome = 'chrome114';

const page: InlineConfig = {
  configFile: false,
  root: here('src/page'),
  base: './',
  plugins: [react()],
  logLevel: 'warn',
  build: {
    outDir: here('dist/page'),
    emptyOutDir: true,
    target: oldestChrome,
    // Everything is a file of our own: the policy allows no data: fonts, and a preload polyfill would be code for nobody.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1_000,
  },
};

/** What Electron runs: one CommonJS file each, for Electron 25 and newer. A sandboxed preload can require nothing but electron. */
export function electronConfig(entry: 'electron.main' | 'bridge.preload'): InlineConfig {
  const name = entry === 'electron.main' ? 'main' : 'preload';
  return {
    configFile: false,
    root: here('.'),
    logLevel: 'warn',
    ssr: { noExternal: true, target: 'node' },
    build: {
      ssr: here(`src/host/${entry}.ts`),
      outDir: here('dist/electron'),
      emptyOutDir: false,
      target: 'node18',
      minify: false,
      rolldownOptions: { external: ['electron'], output: { format: 'cjs', entryFileNames: `${name}.cjs`, codeSplitting: false } },
    },
  };
}

export const pageConfig = page;
export default defineConfig(page);
