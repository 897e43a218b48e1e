import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

// The desk page: served by the daemon itself, so everything it loads is one of its own files.
export default defineConfig({
  root: at('src/page'),
  base: './',
  resolve: { conditions: ['source', 'module', 'browser', 'production', 'default'] },
  build: {
    outDir: at('dist/page'),
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      // The page takes words and the scan parser out of packages whose other files need Node; those must fall away.
      external: [/^node:/],
      treeshake: {
        moduleSideEffects: id =>
          !/[\\/]packages[\\/](?:mrz|card-core|verifier)[\\/]/.test(id) && !id.startsWith('node:'),
      },
    },
  },
})
