import { mkdir, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type Bench, bench, eventsOf } from './lading.ts'

const long = new Date('2020-01-01T00:00:00Z')

/** Files of little, older than whatever the service will have. */
async function write({ directory }: Bench, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    const path = join(directory, name)
    await mkdir(join(path, '..'), { recursive: true })
    await writeFile(path, text)
    await utimes(path, long, long)
  }
}

async function keysOf({ run }: Bench): Promise<unknown[]> {
  return eventsOf(await run(['ls', '-r', 'oss://films', '--json'])).map(({ key }) => key)
}

const tree = { 'tree/a': 'a', 'tree/子/b c.txt': 'bb', 'tree/.hidden': 'h' }

test('a second sync copies nothing, and a third only what was edited, added or is new', async () => {
  const table = await bench()
  await write(table, tree)
  const sync = ['sync', 'tree', 'oss://films/t', '--no-progress']
  expect((await table.run(sync)).stdout.toString()).toMatch(/\n3 files copied\n$/)
  expect(await keysOf(table)).toEqual(['t/.hidden', 't/a', 't/子/b c.txt'])
  expect(await table.run(sync)).toMatchObject({ status: 0, stderr: '' })
  expect((await table.run(sync)).stdout.toString()).toBe('0 files copied, 3 skipped\n')

  await write(table, { 'tree/a': 'longer', 'tree/new': 'n' })
  const touched = new Date(Date.now() + 60_000)
  await utimes(join(table.directory, 'tree/.hidden'), touched, touched)
  const third = await table.run([...sync, '--json'])
  expect(third.status).toBe(0)
  const copied = eventsOf(third).filter(({ event }) => event === 'copied')
  expect(copied.map(({ source }) => source).sort()).toEqual(['tree/.hidden', 'tree/a', 'tree/new'])
  expect(eventsOf(third).at(-1)).toEqual({
    event: 'finished',
    copied: 3,
    skipped: 1,
    removed: 0,
    failed: 0,
    bytes: 8,
  })
})

test('--delete removes objects that the directory has not, but not without --force', async () => {
  const table = await bench()
  await write(table, { ...tree, 'more/x': 'x', 'more/keep.log': 'k', 'other/o': 'o' })
  await table.run(['cp', '-r', 'more', 'oss://films/t'])
  await table.run(['cp', '-r', 'other', 'oss://films/tx'])
  const sync = ['sync', 'tree', 'oss://films/t', '--delete', '--exclude', '*.log', '--no-progress']
  expect(await table.run(sync)).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('nobody is there to confirm what --delete removes\n'),
  })
  expect(await keysOf(table)).toEqual(['t/keep.log', 't/x', 'tx/o'])
  const { status, stdout } = await table.run([...sync, '--force'])
  expect(status).toBe(0)
  expect(stdout.toString()).toMatch(/\nremoved oss:\/\/films\/t\/x\n3 files copied, 1 removed\n$/)
  expect(await keysOf(table)).toEqual(['t/.hidden', 't/a', 't/keep.log', 't/子/b c.txt', 'tx/o'])
})

test('--dry-run says what would be done, either way, and does nothing', async () => {
  const table = await bench()
  await write(table, { ...tree, 'more/x': 'x' })
  await table.run(['cp', '-r', 'more', 'oss://films/t'])
  const up = await table.run(['sync', 'tree', 'oss://films/t', '--delete', '-n'])
  expect(up.status).toBe(0)
  expect(up.stdout.toString()).toBe(
    [
      'would copy tree/.hidden to oss://films/t/.hidden: 1 B',
      'would copy tree/a to oss://films/t/a: 1 B',
      'would copy tree/子/b c.txt to oss://films/t/子/b c.txt: 2 B',
      'would remove oss://films/t/x',
      '3 files to copy (4 B), 1 to remove; nothing was done\n',
    ].join('\n'),
  )
  const down = await table.run(['sync', 'oss://films/t', 'tree', '--delete', '-n', '--json'])
  expect(eventsOf(down)).toMatchObject([
    { event: 'would-copy', source: 'oss://films/t/x', target: 'tree/x', size: 1 },
    { event: 'would-remove' },
    { event: 'would-remove' },
    { event: 'would-remove' },
    { event: 'dry-run', copied: 1, bytes: 1, skipped: 0, removed: 3 },
  ])
  expect(await keysOf(table)).toEqual(['t/x'])
  expect(await readdir(join(table.directory, 'tree'))).toEqual(['.hidden', 'a', '子'])
})

test('a directory becomes like the folder, and what a link leads to is not removed', async () => {
  const table = await bench()
  await write(table, { ...tree, 'back/old': 'o', 'back/a': 'other', 'outside/mine': 'm' })
  await symlink('../outside', join(table.directory, 'back/link'))
  await table.run(['cp', '-r', 'tree', 'oss://films/t'])
  const sync = ['sync', 'oss://films/t', 'back', '--delete', '-f', '--no-progress']
  const { status, stdout } = await table.run(sync)
  expect(status).toBe(0)
  expect(stdout.toString()).toMatch(/\nremoved back\/old\n3 files copied, 1 removed\n$/)
  expect((await readdir(join(table.directory, 'back'))).sort()).toEqual([
    '.hidden',
    'a',
    'link',
    '子',
  ])
  expect(await readFile(join(table.directory, 'back/a'), 'utf8')).toBe('a')
  expect(await readFile(join(table.directory, 'outside/mine'), 'utf8')).toBe('m')
  expect((await table.run(sync)).stdout.toString()).toBe('0 files copied, 3 skipped\n')
})

test('--checksum finds an edit that size and time hide, and passes over times that only look new', async () => {
  const table = await bench()
  await write(table, { 'tree/a': 'one', 'tree/b': 'two' })
  await table.run(['sync', 'tree', 'oss://films'])
  await write(table, { 'tree/a': 'eno' })
  const touched = new Date(Date.now() + 60_000)
  await utimes(join(table.directory, 'tree/b'), touched, touched)
  const copied = async (flag: string): Promise<unknown[]> =>
    eventsOf(await table.run(['sync', 'tree', 'oss://films', '-n', '--json', flag]))
      .filter(({ event }) => event === 'would-copy')
      .map(({ source }) => source)
  expect(await copied('--delete')).toEqual(['tree/b'])
  expect(await copied('--checksum')).toEqual(['tree/a'])
  expect(await copied('--size-only')).toEqual([])
})

test('a source that is not there empties nothing', async () => {
  const table = await bench()
  await write(table, tree)
  await table.run(['sync', 'tree', 'oss://films'])
  const up = await table.run(['sync', 'tre', 'oss://films', '--delete', '-f'])
  expect(up).toMatchObject({ status: 4 })
  const down = await table.run(['sync', 'oss://films/nothing', 'tree', '--delete', '-f'])
  expect(down).toMatchObject({ status: 4 })
  expect(await keysOf(table)).toHaveLength(3)
  expect(await readdir(join(table.directory, 'tree'))).toHaveLength(3)
})

test('an empty directory, as of a disk that is not mounted, empties no folder', async () => {
  const table = await bench()
  await write(table, tree)
  await table.run(['cp', '-r', 'tree', 'oss://films/t'])
  await mkdir(join(table.directory, 'mount/folder'), { recursive: true })
  const sync = await table.run(['sync', 'mount', 'oss://films/t', '--delete', '--force'])
  expect(sync).toMatchObject({ status: 4, stderr: expect.stringContaining('there is no file in') })
  expect(await keysOf(table)).toHaveLength(3)
})

test('a link that leads nowhere takes nothing away, as the disk behind it may not be mounted', async () => {
  const table = await bench()
  await write(table, { ...tree, 'disk/of/one': '1', 'disk/two': '2', file: 'f', 'gone/x': 'x' })
  await symlink('../disk', join(table.directory, 'tree/disk'))
  await symlink('../file', join(table.directory, 'tree/file'))
  await symlink('../gone', join(table.directory, 'tree/gone'))
  const sync = ['sync', 'tree', 'oss://films', '--delete', '--force', '--no-progress']
  expect(await table.run(sync)).toMatchObject({ status: 0 })
  const all = await keysOf(table)
  expect(all).toHaveLength(7)

  for (const behind of ['disk', 'file'])
    await rm(join(table.directory, behind), { recursive: true })
  // One that is gone itself is a deletion like any other.
  await rm(join(table.directory, 'tree/gone'))
  const { status, stderr } = await table.run(sync)
  expect({ status, notes: stderr.match(/is left out: it leads nowhere/g) }).toMatchObject({
    status: 0,
    notes: [expect.anything(), expect.anything()],
  })
  expect(await keysOf(table)).toEqual(all.filter((key) => key !== 'gone/x'))
})

test('what a download has so far is neither uploaded nor removed', async () => {
  const table = await bench()
  await write(table, { ...tree, 'tree/.lading-movie.mov.part': 'half', 'tree/.lading-rc': 'kept' })
  await table.run(['sync', 'tree', 'oss://films/t'])
  expect(await keysOf(table)).toEqual(['t/.hidden', 't/.lading-rc', 't/a', 't/子/b c.txt'])
  await table.run(['rm', 'oss://films/t/.lading-rc', '-f'])
  await table.run(['sync', 'oss://films/t', 'tree', '--delete', '--force'])
  const left = await readdir(join(table.directory, 'tree'))
  expect(left.sort()).toEqual(['.hidden', '.lading-movie.mov.part', 'a', '子'])
})

test('nothing is removed when a file could not be copied', async () => {
  const table = await bench({
    faults: [{ operation: 'PutObject', nth: 2, action: { kind: 'fail', code: 'AccessDenied' } }],
  })
  await write(table, { 'tree/a': 'a', 'more/x': 'x' })
  await table.run(['cp', '-r', 'more', 'oss://films'])
  const args = ['sync', 'tree', 'oss://films', '--delete', '-f', '--no-progress']
  const { status, stderr } = await table.run(args)
  expect(status).toBe(1)
  expect(stderr).toContain('nothing was removed, because not everything was copied')
  expect(await keysOf(table)).toEqual(['x'])
})

test('cp -r takes the same filters, and only with -r', async () => {
  const table = await bench()
  await write(table, { ...tree, 'tree/cache/z.txt': 'z' })
  await table.run(['cp', '-r', 'tree', 'oss://films', '--exclude', 'cache/', '--include', '*.txt'])
  expect(await keysOf(table)).toEqual(['子/b c.txt'])
  await rm(join(table.directory, 'tree'), { recursive: true })
  await table.run(['cp', '-r', 'oss://films', 'tree', '--exclude', '*.txt'])
  expect(await table.run(['cp', 'a', 'oss://films/a', '--include', '*'])).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('Pass -r.'),
  })
})
