/** `npm start [-- FILE]`: sets a fresh clone up, then shows an upload that is cut off and resumed. */

import { closeSync, fstatSync, openSync } from 'node:fs'
import { resolve } from 'node:path'
import { runNode, runScript, setUp } from './setup.mjs'

const USAGE_STATUS = 2

await runScript(async () => {
  const [name = process.execPath, ...others] = process.argv.slice(2)
  if (others.length > 0) {
    console.error('lading: npm start takes one FILE; quote a name that has blanks in it')
    return USAGE_STATUS
  }
  // npm runs scripts in the repository, and the name was typed somewhere else.
  const file = resolve(process.env.INIT_CWD ?? process.cwd(), name)
  // Before the set-up: nobody should wait for it to learn of a typing mistake.
  const obstacle = findObstacle(file)
  if (obstacle !== undefined) {
    console.error(`lading: cannot read ${file}: ${obstacle}`)
    return USAGE_STATUS
  }
  await setUp()
  return runNode('packages/cli/dist/demo/main.js', [file], {
    // Read once, when a process first uses its pool: too late to be set from inside.
    env: { ...process.env, UV_THREADPOOL_SIZE: process.env.UV_THREADPOOL_SIZE ?? '16' },
  })
})

/** Why `file` cannot be uploaded; `undefined` when it can. */
function findObstacle(file) {
  try {
    const descriptor = openSync(file, 'r')
    const isFile = fstatSync(descriptor).isFile()
    closeSync(descriptor)
    return isFile ? undefined : 'it is not a file'
  } catch (error) {
    const words = { ENOENT: 'no such file', EACCES: 'permission denied' }
    return words[error.code] ?? error.message
  }
}
