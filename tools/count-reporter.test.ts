/** Runs vitest on planted test files and reads the last line that a run prints. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))

interface Run {
  readonly lines: readonly string[]
  readonly exitCode: number | null
}

async function runCases(
  names: readonly string[],
  settings: NodeJS.ProcessEnv = {},
  more: readonly string[] = [],
): Promise<Run> {
  const outer = Object.entries(process.env).filter(
    ([name]) => !/^(VITEST|CI$|LADING_|NODE_ENV)/.test(name),
  )
  const child = spawn(
    process.execPath,
    [
      join(root, 'node_modules/vitest/vitest.mjs'),
      'run',
      '--root',
      join(root, 'tools/fixtures/counting'),
      ...names.map((name) => `${name}.case.ts`),
      ...more,
    ],
    { env: { ...Object.fromEntries(outer), ...settings }, stdio: ['ignore', 'pipe', 'ignore'] },
  )
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  await once(child, 'close')
  return { lines: output.trimEnd().split('\n'), exitCode: child.exitCode }
}

test.each([
  ['a run that passes', ['passing'], '1 passed, 0 failed', 0],
  ['a failing test', ['passing', 'failing'], '1 passed, 1 failed', 1],
  ['a file that cannot be loaded', ['passing', 'unloadable'], '1 passed, 1 failed', 1],
  ['an error that no test waited for', ['passing', 'unhandled'], '2 passed, 1 failed', 1],
])('the last line counts %s', async (_, names, line, exitCode) => {
  const run = await runCases(names)
  expect(run.lines.at(-1)).toBe(line)
  expect(run.exitCode).toBe(exitCode)
})

test('a set-up hook that throws counts as failed', async () => {
  const run = await runCases(['passing', 'broken-hook'])
  expect(run.lines.at(-1)).toMatch(/^1 passed, [1-9]\d* failed/)
  expect(run.exitCode).toBe(1)
})

test('a skipped test is named and does not fail the run', async () => {
  const run = await runCases(['passing', 'skipping'])
  expect(run.lines.slice(-2)).toEqual([
    'skipped: skipping.case.ts > the engine that is not here',
    '1 passed, 0 failed, 1 skipped',
  ])
  expect(run.exitCode).toBe(0)
})

test('under CI a skipped test fails the run', async () => {
  const run = await runCases(['passing', 'skipping'], { CI: 'true' })
  expect(run.lines.at(-1)).toBe('1 passed, 1 failed')
  expect(run.exitCode).toBe(1)
})

test('tests that are left out by name are not skips', async () => {
  const run = await runCases(['passing', 'failing'], { CI: 'true' }, ['-t', 'one and one$'])
  expect(run.lines.at(-1)).toBe('1 passed, 0 failed')
  expect(run.exitCode).toBe(0)
})

test('the counts of several runs can be collected in a file instead', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'lading-counts-'))
  try {
    const file = join(directory, 'counts')
    const first = await runCases(['passing', 'failing'], { LADING_COUNTS: file })
    await runCases(['skipping'], { LADING_COUNTS: file })
    expect(first.lines.join('\n')).not.toMatch(/^\d+ passed, \d+ failed/m)
    expect(await readFile(file, 'utf8')).toBe('1 1 0\n0 0 1\n')
  } finally {
    await rm(directory, { recursive: true })
  }
})
