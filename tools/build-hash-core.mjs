/**
 * Compiles packages/protocol/assembly/hash-core.ts to WebAssembly, with SIMD and without, and writes
 * both into a module of TypeScript, so that nothing has to be fetched or bundled at run time.
 * `--check` writes nothing and fails when the module is not what the source gives.
 */

import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import asc from 'assemblyscript/asc'

const SOURCE = 'packages/protocol/assembly/hash-core.ts'
const TARGET = 'packages/protocol/src/checksum/hash-core-module.ts'
const LINE = 96
const root = fileURLToPath(new URL('..', import.meta.url))

async function compile(...features) {
  const files = new Map()
  const { error, stderr } = await asc.main(
    // The memory is the caller's; below 64 KiB of it is the module's own.
    [
      SOURCE,
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
        name === SOURCE ? await readFile(`${root}/${name}`, 'utf8') : null,
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

const simd = await compile('--enable', 'simd')
const scalar = await compile('--disable', 'simd')
const text = `/** Generated from assembly/hash-core.ts by tools/build-hash-core.mjs. Do not edit. */

${constant('simdModule', 'With 128-bit SIMD, base64;', simd)}
${constant('scalarModule', 'For engines without SIMD, base64;', scalar)}`

if (process.argv.includes('--check')) {
  if ((await readFile(`${root}/${TARGET}`, 'utf8')) !== text) {
    console.error(`${TARGET} is not what ${SOURCE} gives: run node tools/build-hash-core.mjs`)
    process.exit(1)
  }
  console.log(`the module is what its source gives (${simd.length} + ${scalar.length} bytes)`)
} else {
  await writeFile(`${root}/${TARGET}`, text)
  console.log(`${TARGET}: ${simd.length} + ${scalar.length} bytes`)
}
