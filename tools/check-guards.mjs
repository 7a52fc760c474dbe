/** Shows that two guards can fail: the linter on a dropped promise, the protocol's compiler on a platform. */

import { readFileSync } from 'node:fs'
import ts from 'typescript'
import { root, run, runScript, SetUpError } from '../scripts/setup.mjs'

await runScript(async () => {
  const promises = await lintPlantedPromises()
  const platforms = compilePlantedPlatform()
  console.log(`${promises} dropped promises and ${platforms} uses of a platform refused`)
  return 0
})

/** Each planted call stands alone on a line that ends in `()`. */
async function lintPlantedPromises() {
  const folder = `${root}tools/fixtures/floating-promise`
  // Its own configuration root: under ours the folder is ignored, and "0 files" reads as success.
  const { output } = await run(`${root}node_modules/.bin/biome`, ['lint', 'planted.ts'], {
    cwd: folder,
    shell: process.platform === 'win32',
  })
  const lines = readFileSync(`${folder}/planted.ts`, 'utf8').split('\n')
  const missed = lines
    .map((text, index) => ({ text: text.trim(), at: `planted.ts:${index + 1}:` }))
    .filter(({ text }) => /^[\w.#]+\(\)$/.test(text))
  const silent = missed.filter(({ at }) => !hasFinding(output, at))
  if (missed.length === 0 || silent.length > 0) {
    throw new SetUpError(
      `${output}\nnoFloatingPromises let these pass: ${silent.map(({ text }) => text).join(', ')}`,
    )
  }
  return missed.length
}

function hasFinding(output, at) {
  return output
    .split('\n')
    .some((line) => line.startsWith(at) && line.includes('lint/nursery/noFloatingPromises'))
}

/** Compiles the protocol with one more file in it, each line of which has to be an error. */
function compilePlantedPlatform() {
  const planted = `${root}tools/fixtures/platform/planted.ts`
  const configFile = `${root}packages/protocol/tsconfig.json`
  const { config } = ts.readConfigFile(configFile, ts.sys.readFile)
  const { options, fileNames, projectReferences } = ts.parseJsonConfigFileContent(
    config,
    ts.sys,
    `${root}packages/protocol`,
  )
  const program = ts.createProgram({
    // Together with the real files: a dependency that drags Node's types in would be noticed here.
    rootNames: [...fileNames, planted],
    options: { ...options, rootDir: root, composite: false, incremental: false, noEmit: true },
    projectReferences,
  })
  const source = program.getSourceFile(planted)
  const refused = new Set(
    program
      .getSemanticDiagnostics(source)
      .map(({ start = 0 }) => source.getLineAndCharacterOfPosition(start).line),
  )
  const lines = source.text.split('\n').map((text, line) => ({ text, line }))
  const wanted = lines.filter(({ text }) => /^(import|export)/.test(text))
  const silent = wanted.filter(({ line }) => !refused.has(line))
  if (wanted.length === 0 || silent.length > 0) {
    throw new SetUpError(
      `The protocol's compiler let this pass:\n${silent.map(({ text }) => text).join('\n')}`,
    )
  }
  return wanted.length
}
