import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

// Tests read the packages' source; only tests that start a process need `dist` (built by set-up).
const fromSource = {
  resolve: { conditions: ['lading-source', 'node', 'import', 'default'] },
  ssr: {
    resolve: {
      // These are handed to Node, for whom packages that are required must not be `import`ed ones.
      conditions: ['lading-source', 'node', 'default'],
      externalConditions: ['lading-source', 'node', 'import', 'default'],
    },
  },
}

// Minutes of work beside the unit tests' seconds; `npm run check` leaves it to `npm test`.
const lengthy = ['packages/*/src/**/{model,scale}.test.ts']

const inOneProcess = [
  'tests/{access,client,edge,input,operations,sdk,seed,signatures,versioning,wire}/*.test.ts',
]

// The same tests of the service over PostgreSQL and a Ceph: `npm run test:engines`.
const overEngines = process.env.LADING_TEST_ENGINES
  ? [
      {
        ...fromSource,
        test: {
          name: 'engines',
          include: inOneProcess,
          isolate: false,
          globalSetup: './tests/engines/start-engines.ts',
          testTimeout: 120_000,
          hookTimeout: 120_000,
          setupFiles: ['./tools/suite-setup.ts'],
        },
      },
    ]
  : []

// Three quarters of an hour by themselves: `npm run proof -- soak`.
const onlyAsked = process.env.LADING_SOAK_MINUTES ? [] : ['tests/soak/*.test.ts']

const setupFiles = process.env.LADING_FUZZ_RUNS ? ['./tools/fuzz-setup.ts'] : []

export default defineConfig({
  test: {
    projects: [
      ...overEngines,
      {
        ...fromSource,
        test: {
          name: 'unit',
          include: ['packages/*/src/**/*.test.ts'],
          exclude: lengthy,
          // They change nothing outside themselves, and loading everything once for each file takes
          // three times as long.
          isolate: false,
          testTimeout: 20_000,
          setupFiles,
        },
      },
      {
        ...fromSource,
        test: {
          name: 'sockets',
          include: inOneProcess,
          // As with unit tests: each file has a server of its own, and nothing else is shared.
          isolate: false,
          testTimeout: 60_000,
          setupFiles: [...setupFiles, './tools/suite-setup.ts'],
        },
      },
      {
        ...fromSource,
        test: {
          name: 'system',
          include: ['tests/**/*.test.ts', 'tools/*.test.ts', ...lengthy],
          exclude: [...inOneProcess, ...onlyAsked],
          testTimeout: 300_000,
          hookTimeout: 60_000,
          setupFiles: [...setupFiles, './tools/suite-setup.ts'],
        },
      },
    ],
    // Tests of servers wait as much as they compute, so that two share a processor well.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    reporters: ['default', './tools/count-reporter.ts'],
  },
})
