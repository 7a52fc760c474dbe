/** `npm test`: sets a fresh clone up, then runs every test. Arguments go to vitest as they are. */

import { runNode, runScript, setUp } from './setup.mjs'

await runScript(async () => {
  await setUp()
  return runNode('node_modules/vitest/vitest.mjs', ['run', ...process.argv.slice(2)])
})
