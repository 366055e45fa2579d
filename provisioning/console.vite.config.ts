/** How the console's pages are bundled. Nothing is inlined: the content security policy of the centre allows only files of its own. */
import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  root: fileURLToPath(new URL('src/console', import.meta.url)),
  base: '/',
  publicDir: 'public',
  cacheDir: fileURLToPath(new URL('dist/.vite', import.meta.url)),
  plugins: [react()],
  build: {
    outDir: fileURLToPath(new URL('dist/console', import.meta.url)),
    emptyOutDir: true,
    // the oldest browser that is supported: Chromium 114 of kiosks that wait for an update
    target: ['chrome114', 'firefox115', 'safari17'],
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 900,
  },
});
