/** The two commands on a copy of the repository in which nothing was ever installed. */

import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runIn } from './npm.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const LEFT_OUT = new Set(['node_modules', 'dist', '.git', 'coverage'])

let directory = ''
let copy = ''

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lading-fresh-'))
  copy = join(directory, 'copy')
  await cp(root, copy, {
    recursive: true,
    filter: (source) => relative(root, source) === '' || !LEFT_OUT.has(basename(source)),
  })
})

afterAll(() => rm(directory, { recursive: true, force: true }))

// The settings that have broken set-ups of this kind: npm then skips `prestart`, or leaves out the compiler.
const AWKWARD = { flags: ['--ignore-scripts', '--omit=dev'], env: { NODE_ENV: 'production' } }

test('npm start sets a fresh copy up, whatever npm is told, and shows an upload; afterwards there is nothing to set up', {
  timeout: 600_000,
}, async () => {
  const first = await runIn(copy, 'npm', ['start', ...AWKWARD.flags], AWKWARD.env)
  expect(first.code, first.stdout + first.stderr).toBe(0)
  expect(first.stdout).toMatch(/^Setting up: installing packages/m)

  const second = await runIn(copy, 'npm', ['start'])
  expect(second.code, second.stdout + second.stderr).toBe(0)
  expect(second.stdout).not.toContain('Setting up')

  const tests = await runIn(copy, 'npm', ['test', '--', 'packages/protocol/src/values.test.ts'])
  expect(tests.code, tests.stdout + tests.stderr).toBe(0)
  expect(tests.stdout).not.toContain('Setting up')
  expect(tests.stdout.trimEnd().split('\n').at(-1)).toMatch(/^[1-9]\d* passed, 0 failed$/)
})

test('npm start takes a file named relative to where it is typed, and one that is missing ends it with 2', async () => {
  await writeFile(join(directory, 'small.txt'), 'smaller than a part')
  await writeFile(join(directory, 'empty.txt'), '')
  const npm = (file: string) => runIn(directory, 'npm', ['--prefix', copy, 'start', '--', file])
  for (const file of ['small.txt', 'empty.txt']) {
    const shown = await npm(file)
    expect(shown.code, shown.stdout + shown.stderr).toBe(0)
  }
  const missing = await npm('missing.txt')
  expect(missing.code).toBe(2)
  expect(missing.stderr).toContain('missing.txt')
})
