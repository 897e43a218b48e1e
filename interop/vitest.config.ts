import { defineConfig } from 'vitest/config'

const conditions = ['source']
export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: { include: ['interop/**/*.test.ts'], testTimeout: 120_000, hookTimeout: 600_000, fileParallelism: false },
})
