/** Gives each property test that names no number of runs the one that `npm run fuzz` asks for. */

import fc from 'fast-check'

fc.configureGlobal({
  numRuns: Number(process.env.LADING_FUZZ_RUNS),
  interruptAfterTimeLimit: Number(process.env.LADING_FUZZ_SECONDS) * 1000,
})
