/** `npm run bench [-- --quick] [-- --docs] [-- SECTION ...]`: measures side by side with others. */

import { existsSync } from 'node:fs'
import { root, run, runNode, runNpm, runScript, SetUpError, setUp } from './setup.mjs'

const peers = `${root}bench/peers`

await runScript(async () => {
  await setUp()
  await installPeers()
  const compiler = [`${root}node_modules/typescript/bin/tsc`, '-p', `${root}bench`]
  const { code, output } = await run(process.execPath, compiler)
  if (code !== 0) throw new SetUpError(`${output}\nThe bench does not compile; see above.`)
  return runNode('bench/dist/bench/run.js', process.argv.slice(2))
})

/** What nothing but the bench needs: a newcomer's install is not to carry it. */
async function installPeers() {
  if (existsSync(`${peers}/node_modules/.package-lock.json`)) return
  console.log('Setting up: installing what is compared with (once) ...')
  const { code, output } = await runNpm(['ci', '--ignore-scripts'], { cwd: peers })
  if (code === 0) return
  console.error(`${output}\nNot installed; what needs it is left out.`)
}
