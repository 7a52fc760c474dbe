import { defineConfig } from 'vitest/config'

// Tests read the packages' source; only tests that start a process need `dist` (built by set-up).
const fromSource = {
  resolve: { conditions: ['lading-source', 'node', 'import', 'default'] },
  ssr: {
    resolve: {
      conditions: ['lading-source', 'node', 'import', 'default'],
      externalConditions: ['lading-source', 'node', 'import', 'default'],
    },
  },
}

const setupFiles = process.env.LADING_FUZZ_RUNS ? ['./tools/fuzz-setup.ts'] : []

export default defineConfig({
  test: {
    projects: [
      {
        ...fromSource,
        test: {
          name: 'unit',
          include: ['packages/*/src/**/*.test.ts'],
          testTimeout: 20_000,
          setupFiles,
        },
      },
      {
        ...fromSource,
        test: {
          name: 'system',
          include: ['tests/**/*.test.ts', 'tools/*.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 60_000,
          setupFiles,
        },
      },
    ],
    reporters: ['default', './tools/count-reporter.ts'],
  },
})
