/**
 * Weighs what a browser loads of the client: bundled, minified and gzipped, against its budgets. The
 * bundler is the one that vitest brings. First it shows that it can fail: the whole client must be
 * found too heavy for the budget of an uploader.
 */

import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { gzipSync } from 'node:zlib'
import { root, runScript, SetUpError } from '../scripts/setup.mjs'

const client = JSON.stringify(`${root}packages/client/src/index.ts`)
const uploader = JSON.stringify(`${root}packages/client/src/upload.ts`)
const page = JSON.stringify(`${root}packages/client/src/browser.ts`)
const UPLOADER_BYTES = 25_000
/** The page with its script and style, and its worker. */
const CONSOLE_BYTES = 120_000
/** What gzip makes of no bytes. */
const NOTHING = 20

/** Bytes of gzip. What is loaded only when it is needed counts apart, each chunk by a file of its own. */
const later = [
  { name: 'its hash module', file: 'lanes', bytes: 12_000 },
  { name: 'its signing', file: 'v4', bytes: 5_500 },
]
const budgets = [
  {
    name: '@lading/client/upload',
    code: `export * from ${uploader}`,
    bytes: UPLOADER_BYTES,
    later,
  },
  {
    name: '@lading/client/browser and upload',
    code: `export * from ${page}\nexport * from ${uploader}`,
    bytes: UPLOADER_BYTES,
    later: [...later, { name: 'its database', file: 'build', bytes: 2_500 }],
  },
  {
    name: '@lading/client for upload alone',
    code: `export { OssError, UploadClient, upload } from ${client}`,
    bytes: UPLOADER_BYTES,
  },
  { name: '@lading/client whole', code: `export * from ${client}`, bytes: 42_000 },
  { name: '@lading/client imported and not used', code: `import ${client}`, bytes: NOTHING },
]

await runScript(async () => {
  const rolldown = await loadBundler()
  const whole = await weigh(rolldown, `export * from ${client}`)
  if (whole.now <= UPLOADER_BYTES) {
    throw new SetUpError(`The whole client weighs ${whole.now} bytes: nothing was weighed.`)
  }
  const findings = []
  const figures = []
  for (const { name, code, bytes, later = [] } of budgets) {
    const weight = await weigh(rolldown, code)
    figures.push(`${name} ${weight.now}`)
    if (weight.now > bytes) findings.push(`${name}: ${weight.now} bytes of ${bytes}`)
    for (const { name: what, file, bytes: most } of later) {
      const size = weight.later(file)
      if (size === 0 || size > most) findings.push(`${name}: ${what} ${size} bytes of ${most}`)
      figures.push(`${what} ${size}`)
    }
  }
  const page = weighConsole()
  figures.push(`console ${page}`)
  if (page > CONSOLE_BYTES) findings.push(`console: ${page} bytes of ${CONSOLE_BYTES}`)
  for (const finding of findings) console.error(finding)
  console.log(figures.join(', '))
  return findings.length === 0 ? 0 : 1
})

/** As it was built, everything in it. */
function weighConsole() {
  const folder = `${root}packages/console/dist/`
  const files = readdirSync(folder)
  if (!files.includes('index.html')) throw new SetUpError('The console is not built.')
  return files.reduce((sum, file) => {
    return sum + gzipSync(readFileSync(folder + file), { level: 9 }).length
  }, 0)
}

async function loadBundler() {
  const vitest = createRequire(import.meta.resolve('vitest'))
  const vite = createRequire(vitest.resolve('vite'))
  const { rolldown } = await import(pathToFileURL(vite.resolve('rolldown')).href)
  return rolldown
}

/** Bytes that a page loads at once, and those that it loads when they are asked for. */
async function weigh(rolldown, code) {
  const entry = '\0entry'
  const bundle = await rolldown({
    input: entry,
    platform: 'browser',
    logLevel: 'silent',
    resolve: { conditionNames: ['lading-source', 'browser', 'import', 'default'] },
    plugins: [
      {
        name: 'entry',
        resolveId: (id) => (id === entry ? id : undefined),
        load: (id) => (id === entry ? code : undefined),
      },
    ],
  })
  const { output } = await bundle.generate({ format: 'esm', minify: true })
  await bundle.close()
  const chunks = new Map(
    output.filter(({ type }) => type === 'chunk').map((chunk) => [chunk.fileName, chunk]),
  )
  const first = [...chunks.values()].find(({ isEntry }) => isEntry)
  const loaded = new Set([first.fileName])
  for (const name of loaded) for (const next of chunks.get(name).imports) loaded.add(next)
  const sizeOf = (wanted) =>
    [...chunks.values()]
      .filter(wanted)
      .reduce((sum, chunk) => sum + gzipSync(chunk.code, { level: 9 }).length, 0)
  return {
    now: sizeOf(({ fileName }) => loaded.has(fileName)),
    later: (name) => sizeOf((chunk) => !loaded.has(chunk.fileName) && chunk.name === name),
  }
}
