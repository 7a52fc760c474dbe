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

test('npm start sets a fresh copy up and shows an upload; the second time there is nothing to set up', async () => {
  const first = await runIn(copy, 'npm', ['start'])
  expect(first.code, first.stdout + first.stderr).toBe(0)
  expect(first.stdout).toMatch(/^Setting up: installing packages/m)

  const second = await runIn(copy, 'npm', ['start'])
  expect(second.code, second.stdout + second.stderr).toBe(0)
  expect(second.stdout).not.toContain('Setting up')
})

test('npm start takes a file named relative to where it is typed, and one that is missing ends it with 2', async () => {
  await writeFile(join(directory, 'small.txt'), 'smaller than a part')
  const npm = (file: string) => runIn(directory, 'npm', ['--prefix', copy, 'start', '--', file])
  const small = await npm('small.txt')
  expect(small.code, small.stdout + small.stderr).toBe(0)
  const missing = await npm('missing.txt')
  expect(missing.code).toBe(2)
  expect(missing.stdout + missing.stderr).toContain('missing.txt')
})

test('npm test sets itself up without install scripts, with development packages left out and on npm settings of its own', async () => {
  await rm(join(copy, 'node_modules'), { recursive: true, force: true })
  const run = await runIn(
    copy,
    'npm',
    ['test', '--ignore-scripts', '--omit=dev', '--', 'packages/protocol/src/values.test.ts'],
    { NODE_ENV: 'production' },
  )
  expect(run.code, run.stdout + run.stderr).toBe(0)
  expect(run.stdout.trimEnd().split('\n').at(-1)).toMatch(/^\d+ passed, 0 failed$/)
})
