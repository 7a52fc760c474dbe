/**
 * `npm test`: sets a fresh clone up, then runs every test, and then looks at what their servers wrote:
 * whether any line holds a secret, and whether `docs/compatibility.md` says what was shown. Both say
 * nothing when all is well, so that a run ends with its count. Arguments go to vitest as they are; a
 * run with arguments is not looked at, as it need not be a whole one.
 */

import { rmSync } from 'node:fs'
import { root, runNode, runScript, setUp } from './setup.mjs'

const records = `${root}node_modules/.cache/lading/suite-records`

await runScript(async () => {
  await setUp()
  const chosen = process.argv.slice(2)
  if (chosen.length > 0) return runTests(chosen, process.env)
  rmSync(records, { recursive: true, force: true })
  const code = await runTests([], { ...process.env, LADING_SUITE_RECORDS: records })
  return (
    code ||
    (await runNode('tools/check-logs.mjs', [records])) ||
    (await runNode('tools/build-compatibility.mjs', ['--check', '--records', records]))
  )
})

function runTests(args, env) {
  return runNode('node_modules/vitest/vitest.mjs', ['run', ...args], { env })
}
