import { defineConfig } from 'vitest/config'

const conditions = ['source']
export default defineConfig(({ mode }) => ({
  // Both are needed: with the first alone vitest quietly tests dist (see CONVENTIONS.md).
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['packages/*/src/**/*.test.ts', 'bin/src/**/*.test.ts', 'fixtures/src/**/*.test.ts', 'tools/**/*.test.ts'],
    env: mode === 'long' ? { CCCD_LONG: '1' } : {},
    testTimeout: mode === 'long' ? 3_600_000 : 60_000,
    hookTimeout: 120_000,
  },
}))
