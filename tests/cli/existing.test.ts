import { mkdir, readFile, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type Bench, bench, eventsOf } from './lading.ts'

/** A bench with an object `a` and a file `a` that differ as told. */
async function pair(differ: 'not' | 'in bytes' | 'in size' | 'in age'): Promise<Bench> {
  const table = await bench()
  const path = join(table.directory, 'a')
  await writeFile(path, 'bytes of a')
  expect(await table.run(['cp', 'a', 'oss://films/a'])).toMatchObject({ status: 0 })
  if (differ === 'in bytes') await writeFile(path, 'BYTES OF A')
  if (differ === 'in size') await writeFile(path, 'more bytes of a')
  const time = new Date(Date.now() + (differ === 'in age' ? 60_000 : -60_000))
  await utimes(path, time, time)
  return table
}

const same = [
  ['-u', 'not', 'is as large and not older'],
  ['-u', 'in bytes', 'is as large and not older'],
  ['--size-only', 'in bytes', 'is as large'],
  ['--size-only', 'in age', 'is as large'],
  ['--checksum', 'in age', 'has the same bytes'],
  ['--ignore-existing', 'in size', 'exists'],
  ['--on-exists=skip', 'in size', 'exists'],
  ['--on-exists=skip-if-same', 'in age', 'has the same bytes'],
] as const

test.each(same)('cp %s skips an object that differs %s', async (flag, differ, why) => {
  const { run, requests } = await pair(differ)
  const { status, stdout } = await run(['cp', 'a', 'oss://films/a', flag])
  expect({ status, stdout: stdout.toString() }).toEqual({
    status: 0,
    stdout: `skipped a: oss://films/a ${why}\n`,
  })
  expect(requests.filter(({ operation }) => operation === 'PutObject')).toHaveLength(1)
})

test.each([
  ['-u', 'in age'],
  ['--size-only', 'in size'],
  ['--checksum', 'in bytes'],
  ['--on-exists=skip-if-same', 'in bytes'],
  ['--on-exists=overwrite', 'not'],
] as const)('cp %s replaces an object that differs %s', async (flag, differ) => {
  const { run, directory } = await pair(differ)
  expect((await run(['cp', 'a', 'oss://films/a', flag])).stdout.toString()).toMatch(/^copied /)
  expect((await run(['cat', 'oss://films/a'])).stdout).toEqual(await readFile(join(directory, 'a')))
})

test('cp --on-exists fail refuses, even where -f would be guessed', async () => {
  const { run } = await pair('not')
  expect(await run(['cp', 'a', 'oss://films/a', '--on-exists', 'fail'])).toMatchObject({
    status: 8,
  })
  expect(await run(['cp', 'a', 'oss://films/a', '--on-exists', 'fail', '-f'])).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('do not go together'),
  })
})

test.each(same)('of objects and files, cp -r %s skips the same ones downwards', async (flag) => {
  const { run } = await pair(flag === '-u' ? 'not' : 'in age')
  const kept = new Set(['--ignore-existing', '--on-exists=skip'])
  const differ = flag === '-u' ? 'in age' : kept.has(flag) ? 'in size' : 'not'
  const table = await pair(differ)
  const down = await table.run(['cp', '-r', 'oss://films', '.', flag])
  expect(down.stdout.toString()).toMatch(/\n0 files copied, 1 skipped\n$/)
  const across = await run(['cp', '-r', 'oss://films', 'oss://films/b', flag])
  expect(across.stdout.toString()).toMatch(/\n1 file copied\n$/)
  const again = await run(['cp', 'oss://films/a', 'oss://films/b/a', flag])
  expect(again.stdout.toString()).toMatch(/^skipped oss:\/\/films\/a: /)
})

test('--dry-run tells of each file what would become of it, and sends nothing', async () => {
  const { run, directory, requests } = await pair('not')
  await mkdir(join(directory, 'tree'))
  await writeFile(join(directory, 'tree/a'), 'a')
  await writeFile(join(directory, 'tree/new'), 'new')
  const dry = await run(['cp', '-r', 'tree', 'oss://films', '-n'])
  expect(dry).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('oss://films/a exists\n  Pass -f to overwrite it.'),
  })
  expect(dry.stdout.toString()).toBe(
    'would copy tree/new to oss://films/new: 3 B\n1 file to copy (3 B), 1 would fail; nothing was done\n',
  )
  const one = await run(['cp', 'tree/new', 'oss://films/x', '--dry-run', '--json'])
  expect(eventsOf(one)).toEqual([
    { event: 'would-copy', source: 'tree/new', target: 'oss://films/x', size: 3 },
  ])
  expect(await run(['cp', 'oss://films/a', 'a', '--dry-run'])).toMatchObject({ status: 8 })
  expect(requests.filter(({ operation }) => operation === 'PutObject')).toHaveLength(1)
})

test('--files-from copies what a list names, up, down and across, and says what is not there', async () => {
  const table = await bench()
  const { run, directory } = table
  await mkdir(join(directory, 'tree/子'), { recursive: true })
  for (const name of ['a', 'b', '子/c']) await writeFile(join(directory, 'tree', name), name)
  await writeFile(join(directory, 'list'), './a\r\n\n子/c\ngone\n')
  const up = await run(['cp', '-r', 'tree', 'oss://films/t', '--files-from', 'list'])
  expect(up).toMatchObject({ status: 1, stderr: expect.stringContaining('tree/gone') })
  expect(up.stdout.toString()).toMatch(/\n2 files copied, 1 failed\n$/)
  const input = Buffer.from('子/c\n')
  const list = ['--files-from', '-']
  const across = await run(['cp', '-r', 'oss://films/t', 'oss://films/u', ...list], { input })
  expect(across.stdout.toString()).toMatch(/\n1 file copied\n$/)
  const down = await run(['cp', '-r', 'oss://films/t', 'back', ...list], { input })
  expect(down.stdout.toString()).toMatch(/\n1 file copied\n$/)
  expect(await readFile(join(directory, 'back/子/c'), 'utf8')).toBe('子/c')
  const keys = eventsOf(await run(['ls', '-r', 'oss://films', '--json'])).map(({ key }) => key)
  expect(keys).toEqual(['t/a', 't/子/c', 'u/子/c'])
})

test.each([
  [['-r', 'tree'], '../x', /"\.\.\/x" is not below the folder/],
  [['a'], 'a', /names files of a directory\n {2}Pass -r\./],
])('--files-from with %j and %s is a mistake in the command line', async (args, name, says) => {
  const { run, directory } = await pair('not')
  await writeFile(join(directory, 'list'), name)
  const outcome = await run(['cp', ...args, 'oss://films/b', '--files-from', 'list'])
  expect(outcome).toMatchObject({ status: 2, stderr: expect.stringMatching(says) })
})

test('--quiet says nothing but what went wrong', async () => {
  const { run } = await pair('not')
  const quiet = await run(['cp', 'a', 'oss://films/b', '-q'])
  expect({ ...quiet, stdout: quiet.stdout.toString() }).toEqual({
    status: 0,
    stdout: '',
    stderr: '',
  })
  const refused = await run(['cp', 'a', 'oss://films/b', '--quiet'])
  expect(refused).toMatchObject({ status: 8, stderr: expect.stringContaining('exists') })
  for (const args of [
    ['sync', '.', 'oss://films/c'],
    ['resume'],
    ['rm', '-r', '-f', 'oss://films/c'],
  ]) {
    const outcome = await run([...args, '--quiet'])
    expect({ ...outcome, stdout: outcome.stdout.toString() }).toEqual({
      status: 0,
      stdout: '',
      stderr: '',
    })
  }
})
