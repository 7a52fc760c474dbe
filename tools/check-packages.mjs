/** Checks each package as its users get it: packed by npm, then read by publint and by attw. */

import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root, run, runNpm, runScript, SetUpError } from '../scripts/setup.mjs'

const PUBLINT = 'node_modules/publint/src/cli.js'
const ATTW = 'node_modules/@arethetypeswrong/cli/dist/index.js'

await runScript(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lading-packed-'))
  try {
    const published = readdirSync(`${root}packages`).map((name) => `--workspace=packages/${name}`)
    const { code, output } = await runNpm(['pack', ...published, '--pack-destination', folder])
    if (code !== 0) throw new SetUpError(`${output}\nnpm pack failed.`)
    const tarballs = readdirSync(folder)
    if (tarballs.length === 0) throw new SetUpError(`${output}\nnpm packed nothing.`)
    for (const name of tarballs) await checkTarball(name, join(folder, name))
    console.log(`${tarballs.length} packages`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  return 0
})

async function checkTarball(name, tarball) {
  await requireGreen(name, 'publint', [PUBLINT, 'run', tarball, '--strict'])
  // The command and the console export nothing to import, so they have no types to be wrong.
  if (/^lading-(console-)?\d/.test(name)) return
  await requireGreen(name, 'attw', [ATTW, tarball, '--profile', 'esm-only', '--no-emoji'])
}

async function requireGreen(name, tool, [file, ...args]) {
  const { code, output } = await run(process.execPath, [`${root}${file}`, ...args])
  if (code !== 0) throw new SetUpError(`${output}\n${tool} finds fault with ${name}; see above.`)
}
