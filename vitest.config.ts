import { defineConfig } from 'vitest/config'

const conditions = ['source']
export default defineConfig({
  // Both are needed: with the first alone vitest quietly tests dist (see CONVENTIONS.md).
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['packages/*/src/**/*.test.ts', 'bin/src/**/*.test.ts', 'fixtures/src/**/*.test.ts', 'tools/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
