/**
 * Compiles packages/protocol/assembly to WebAssembly, hash-core.ts with SIMD and without, and writes all
 * of it into modules of TypeScript, so that nothing has to be fetched or bundled at run time.
 * `--check` writes nothing and fails when they are not what the source gives.
 */

import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import asc from 'assemblyscript/asc'

const SOURCES = 'packages/protocol/assembly/'
const CORE = 'packages/protocol/src/checksum/hash-core-module.ts'
const PARTS = 'packages/protocol/src/hash/hash-parts-module.ts'
const LINE = 96
const root = fileURLToPath(new URL('..', import.meta.url))

async function compile(source, ...features) {
  const files = new Map()
  const { error, stderr } = await asc.main(
    // The memory is the caller's; below 64 KiB of it is the module's own.
    [
      `${SOURCES}${source}`,
      '--outFile',
      'core.wasm',
      '--runtime',
      'stub',
      '-O3',
      '--noAssert',
      '--importMemory',
    ].concat(['--memoryBase', '65536'], features),
    {
      readFile: async (name) =>
        name.startsWith(SOURCES) ? await readFile(`${root}/${name}`, 'utf8') : null,
      writeFile: (name, bytes) => void files.set(name, bytes),
      listFiles: () => [],
    },
  )
  if (error) throw new Error(`${error.message}\n${stderr.toString()}`)
  return Buffer.from(files.get('core.wasm'))
}

function constant(name, comment, bytes) {
  const lines = bytes.toString('base64').match(new RegExp(`.{1,${LINE}}`, 'g'))
  const text = lines.map((line) => `  '${line}'`).join(' +\n')
  return `/** ${comment} ${bytes.length} bytes. */\nexport const ${name}: string =\n${text}\n`
}

const simd = await compile('hash-core.ts', '--enable', 'simd')
const scalar = await compile('hash-core.ts', '--disable', 'simd')
// Whoever brings the memory says how large it may become; the module takes it up to what there is.
const shared = ['--enable', 'simd', '--enable', 'threads', '--sharedMemory']
const parts = await compile('hash-parts.ts', ...shared, '--maximumMemory', '65536')
const files = {
  [CORE]: `/** Generated from assembly/hash-core.ts by tools/build-hash-core.mjs. Do not edit. */

${constant('simdModule', 'With 128-bit SIMD, base64;', simd)}
${constant('scalarModule', 'For engines without SIMD, base64;', scalar)}`,
  [PARTS]: `/** Generated from assembly/hash-parts.ts by tools/build-hash-core.mjs. Do not edit. */

${constant('partsModule', 'With 128-bit SIMD, for shared memory, base64;', parts)}`,
}
const sizes = `${simd.length} + ${scalar.length} + ${parts.length} bytes`

if (process.argv.includes('--check')) {
  for (const [name, text] of Object.entries(files)) {
    if ((await readFile(`${root}/${name}`, 'utf8')) === text) continue
    console.error(`${name} is not what ${SOURCES} gives: run node tools/build-hash-core.mjs`)
    process.exit(1)
  }
  console.log(`the modules are what their sources give (${sizes})`)
} else {
  for (const [name, text] of Object.entries(files)) await writeFile(`${root}/${name}`, text)
  console.log(`${Object.keys(files).join(', ')}: ${sizes}`)
}
