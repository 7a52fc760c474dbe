/**
 * `npm run fuzz [-- --runs N] [--seconds S]`: each property test with N random inputs (20,000), or as
 * many as S seconds allow (60), instead of the few that a test run takes. A failure prints its seed
 * and its smallest input. A property that states its own number of runs keeps it.
 */

import { readdirSync, readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { root, runNode, runScript, SetUpError, setUp } from './setup.mjs'

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
    ['run', '--testTimeout', '3600000', ...propertyTests()],
    {
      env: {
        ...process.env,
        LADING_FUZZ_RUNS: values.runs,
        LADING_FUZZ_SECONDS: values.seconds,
      },
    },
  )
})

/** The test files that import fast-check. */
function propertyTests() {
  const files = ['packages', 'tests'].flatMap((folder) =>
    readdirSync(`${root}${folder}`, { recursive: true })
      .map((file) => `${folder}/${file.replaceAll('\\', '/')}`)
      .filter((file) => file.endsWith('.test.ts') && !file.includes('/node_modules/'))
      .filter((file) => readFileSync(`${root}${file}`, 'utf8').includes("from 'fast-check'")),
  )
  if (files.length === 0) throw new SetUpError('No property test was found.')
  return files
}
