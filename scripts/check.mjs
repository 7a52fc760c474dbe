/** `npm run check`: what every change must pass, in under a minute. Stops at the first failure. */

import { availableParallelism } from 'node:os'
import { compile, installPackages, root, run, runScript, SetUpError } from './setup.mjs'

/** Each a Node script of the repository with its arguments, unless it is a function. */
const steps = [
  ['format and lint', 'node_modules/@biomejs/biome/bin/biome', ['check', '--error-on-warnings']],
  ['boundaries', 'tools/check-boundaries.mjs'],
  ['guards can fail', 'tools/check-guards.mjs'],
  ['hash core', 'tools/build-hash-core.mjs', ['--check']],
  ['types: packages', compile],
  ['types: tests', 'node_modules/typescript/bin/tsc', ['-p', 'tsconfig.tests.json']],
  ['pages', 'tools/check-docs.mjs'],
  ['unused code', 'node_modules/knip/bin/knip.js'],
  ['published shape', 'tools/check-packages.mjs'],
  ['unit tests', 'node_modules/vitest/vitest.mjs', ['run', '--project', 'unit']],
]

await runScript(async () => {
  await installPackages()
  const start = Date.now()
  for (const [name, step, args = []] of steps) {
    const stepStart = Date.now()
    const summary = typeof step === 'function' ? await step() : await runStep(name, step, args)
    console.log(`ok  ${seconds(stepStart)}  ${name}${summary ? ` (${summary})` : ''}`)
  }
  console.log(`all ${seconds(start)}  on ${availableParallelism()} cores`)
  return 0
})

/** Resolves with the last line that the step printed, which is its summary. */
async function runStep(name, file, args) {
  const { code, output } = await run(process.execPath, [`${root}${file}`, ...args])
  if (code !== 0) throw new SetUpError(`${output}\n\nfailed: ${name} (exit code ${code})`)
  return output.split('\n').at(-1)
}

function seconds(since) {
  return `${((Date.now() - since) / 1000).toFixed(1).padStart(5)} s`
}
