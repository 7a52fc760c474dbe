import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { makeProgram } from '../../packages/cli/src/program.ts'
import { addServiceOptions } from '../../packages/cli/src/service.ts'

const tests = fileURLToPath(new URL('..', import.meta.url))

/** Tests start these by helpers, and type their flags alone. */
const ofServers: ReadonlySet<string> = new Set([
  'serve',
  'keys',
  'sts',
  'fsck',
  'backup',
  'migrate',
])

/** What every test says, but this one. */
const texts = readdirSync(tests, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts') && !name.endsWith('flags.test.ts'))
  .map((name) => readFileSync(`${tests}${name}`, 'utf8'))

type Program = Awaited<ReturnType<typeof makeProgram>>

/** A command, or a flag of it, that no test types: `cp`, `cp --recursive`. */
function untested(program: Program): string[] {
  const shared = new Set(addServiceOptions(program.createCommand()).options.map(({ long }) => long))
  const found: string[] = []
  function look(command: Program, path: readonly string[]): void {
    const inFiles = texts.filter((text) => path.every((word) => text.includes(`'${word}'`)))
    if (path.length > 0 && inFiles.length === 0) found.push(path.join(' '))
    for (const { long, short, hidden } of command.options) {
      const where = shared.has(long) || ofServers.has(path[0] ?? '') ? texts : inFiles
      // A hidden one is a second spelling, and a spelling of two long ones is two flags.
      const spellings =
        hidden || short?.startsWith('--') ? [[long], short ? [short] : []] : [[long, short]]
      for (const spelling of spellings) {
        const flags = spelling.flatMap((flag) => flag ?? [])
        const isTyped = flags.some((flag) => where.some((text) => types(text, flag)))
        if (flags.length > 0 && !isTyped) found.push([...path, flags[0]].join(' '))
      }
    }
    for (const child of command.commands) look(child, [...path, child.name()])
  }
  look(program, [])
  return found
}

function wholeProgram(): Promise<Program> {
  return makeProgram(() => async () => {}, '')
}

function types(text: string, flag: string): boolean {
  return new RegExp(`(?<![\\w-])${flag}(?![\\w-])`).test(text)
}

test('every command and every flag of it is typed by a test', async () => {
  expect(untested(await wholeProgram())).toEqual([])
})

test('a command or a flag that no test types would be found', async () => {
  const program = await wholeProgram()
  const stat = program.commands.find((command) => command.name() === 'stat')
  // Named in pieces, so that this is not where it is typed.
  stat?.option(`--${'wo'}bble`, 'a flag of nobody')
  program.command(`wo${'bb'}le`)
  expect(untested(program)).toEqual([`stat --${'wo'}bble`, `wo${'bb'}le`])
})
