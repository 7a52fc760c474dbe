/** `npm run bench [-- SCENARIO ...]`: measures time and memory against their limits. */

import { root, run, runNode, runScript, SetUpError, setUp } from './setup.mjs'

await runScript(async () => {
  await setUp()
  const compiler = [`${root}node_modules/typescript/bin/tsc`, '-p', `${root}bench`]
  const { code, output } = await run(process.execPath, compiler)
  if (code !== 0) throw new SetUpError(`${output}\nThe bench does not compile; see above.`)
  return runNode('bench/dist/bench/run.js', process.argv.slice(2))
})
