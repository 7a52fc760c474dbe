/** `npm run check`: what every change must pass, in under a minute. Stops at the first failure. */

import { availableParallelism } from 'node:os'
import { compile, installPackages, root, run, runScript, SetUpError } from './setup.mjs'

const node = (name, file, ...args) => ({ name, run: () => runStep(name, file, args) })

/** What stands in one row runs at the same time; a row begins when the one before it has passed. */
const rows = [
  [
    node(
      'format and lint',
      'node_modules/@biomejs/biome/bin/biome',
      'check',
      '--error-on-warnings',
    ),
    node('boundaries', 'tools/check-boundaries.mjs'),
    node('guards can fail', 'tools/check-guards.mjs'),
    node('hash core', 'tools/build-hash-core.mjs', '--check'),
  ],
  [{ name: 'types: packages', run: compile }],
  [
    node('types: tests', 'node_modules/typescript/bin/tsc', '-p', 'tsconfig.tests.json'),
    node('pages', 'tools/check-docs.mjs'),
    node('help in pages', 'tools/build-cli-page.mjs', '--check'),
    node('model in pages', 'tools/build-scaling-model.mjs', '--check'),
    node('unused code', 'node_modules/knip/bin/knip.js'),
    node('published shape', 'tools/check-packages.mjs'),
    node('weight in a browser', 'tools/check-size.mjs'),
  ],
  [node('unit tests', 'node_modules/vitest/vitest.mjs', 'run', '--project', 'unit')],
]

await runScript(async () => {
  await installPackages()
  const start = Date.now()
  for (const row of rows) {
    const results = await Promise.allSettled(row.map(runTimed))
    const failure = results.find(({ status }) => status === 'rejected')
    if (failure) throw failure.reason
  }
  console.log(`all ${seconds(start)}  on ${availableParallelism()} cores`)
  return 0
})

async function runTimed({ name, run: work }) {
  const start = Date.now()
  const summary = await work()
  console.log(`ok  ${seconds(start)}  ${name}${summary ? ` (${summary})` : ''}`)
}

/** Resolves with the last line that the step printed, which is its summary. */
async function runStep(name, file, args) {
  const { code, output } = await run(process.execPath, [`${root}${file}`, ...args])
  if (code !== 0) throw new SetUpError(`${output}\n\nfailed: ${name} (exit code ${code})`)
  return output.split('\n').at(-1)
}

function seconds(since) {
  return `${((Date.now() - since) / 1000).toFixed(1).padStart(5)} s`
}
