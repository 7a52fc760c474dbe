/**
 * `npm run fuzz [-- --runs N] [--seconds S]`: each property test with N random inputs (20,000), or as
 * many as S seconds allow (60), instead of the few that a test run takes. A failure prints its seed
 * and its smallest input. A property that states its own number of runs keeps it.
 */

import { parseArgs } from 'node:util'
import { run, runNode, runScript, SetUpError, setUp } from './setup.mjs'

await runScript(async () => {
  const { values } = parseArgs({
    options: {
      runs: { type: 'string', default: '20000' },
      seconds: { type: 'string', default: '60' },
    },
  })
  for (const [name, text] of Object.entries(values)) {
    if (!/^[1-9]\d*$/.test(text)) throw new SetUpError(`--${name} takes a positive whole number.`)
  }
  await setUp()
  return runNode(
    'node_modules/vitest/vitest.mjs',
    ['run', '--testTimeout', '3600000', ...(await propertyTests())],
    {
      env: {
        ...process.env,
        LADING_FUZZ_RUNS: values.runs,
        LADING_FUZZ_SECONDS: values.seconds,
      },
    },
  )
})

/** The files that import fast-check. */
async function propertyTests() {
  const { output } = await run('git', ['grep', '-l', "from 'fast-check'", '--', '*.test.ts'])
  const files = output.split('\n').filter(Boolean)
  if (files.length === 0) throw new SetUpError('No property test was found.')
  return files
}
