import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { Checkpoint } from './checkpoint.ts'
import { fileCheckpoints, listCheckpoints } from './checkpoint-file.ts'

const identity = { endpoint: 'http://h', bucket: 'b', key: '../../k', source: '/s' }
const checkpoint: Checkpoint = {
  ...identity,
  format: 1,
  uploadId: 'U1',
  partSize: 100,
  sourceVersion: 'v',
  attributes: '[]',
  initiated: '2026-11-22T10:00:00.000Z',
}

async function freshDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'lading-checkpoints-'))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  return directory
}

/** The path that the checkpoint of `identity` has in `directory`. */
async function pathIn(directory: string): Promise<string> {
  const slot = await fileCheckpoints({ directory }).open(identity)
  const [lock = ''] = await readdir(directory)
  await slot.close()
  return join(directory, lock.replace(/\.lock$/, ''))
}

test('what one process saves the next one finds, until it is removed', async () => {
  const directory = join(await freshDirectory(), 'not', 'there')
  const store = fileCheckpoints({ directory })

  const first = await store.open(identity)
  expect([first.checkpoint, first.ignored]).toEqual([undefined, undefined])
  await first.save(checkpoint)
  await first.close()
  const second = await store.open(identity)
  expect(second.checkpoint).toEqual(checkpoint)
  await second.remove()
  await second.close()
  const third = await store.open(identity)
  expect(third.checkpoint).toBeUndefined()
  await third.close()

  expect(await readdir(directory)).toEqual([])
})

test('nobody else can read it, and no temporary file is left', async () => {
  const directory = await freshDirectory()
  const slot = await fileCheckpoints({ directory }).open(identity)
  await slot.save(checkpoint)
  await slot.close()
  const [name = '', ...others] = await readdir(directory)
  expect(others).toEqual([])
  expect(name).toMatch(/^[0-9a-f]{40}\.json$/)
  expect((await stat(join(directory, name))).mode & 0o077).toBe(0)
})

test('one that is torn or cannot be read is ignored with a reason, and can be replaced', async () => {
  const directory = await freshDirectory()
  const path = await pathIn(directory)
  const store = fileCheckpoints({ directory })

  await writeFile(path, '{"format":1,')
  const torn = await store.open(identity)
  await torn.save(checkpoint)
  await torn.close()
  const replaced = await store.open(identity)
  await replaced.close()
  await rm(path)
  await mkdir(path)
  const unreadable = await store.open(identity)
  await unreadable.close()

  expect(torn.ignored).toMatch(/torn/)
  expect(replaced.checkpoint).toEqual(checkpoint)
  expect(unreadable.ignored).toMatch(/cannot be read/)
})

test('another upload has another file', async () => {
  const directory = await freshDirectory()
  const store = fileCheckpoints({ directory })
  const one = await store.open(identity)
  const other = await store.open({ ...identity, key: 'other' })
  await one.save(checkpoint)
  expect(other.checkpoint).toBeUndefined()
  await one.close()
  await other.close()
})

test('who comes second is told who came first', async () => {
  const directory = await freshDirectory()
  const store = fileCheckpoints({ directory })
  const first = await store.open(identity)
  await expect(store.open(identity)).rejects.toMatchObject({
    name: 'CheckpointLockedError',
    pid: process.pid,
    host: hostname(),
  })
  await first.close()
  await (await store.open(identity)).close()
})

test('the lock of a dead process is taken over, that of a living one is not', async () => {
  const directory = await freshDirectory()
  const path = `${await pathIn(directory)}.lock`
  const store = fileCheckpoints({ directory })
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
  await once(child, 'spawn')
  const holder = { pid: child.pid, host: hostname(), token: 'theirs' }
  await writeFile(path, JSON.stringify(holder))

  await expect(store.open(identity)).rejects.toMatchObject({ pid: child.pid })
  child.kill('SIGKILL')
  await once(child, 'exit')
  const slot = await store.open(identity)

  expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ pid: process.pid })
  await slot.close()
})

test.each(['', '{"pid":1'])(
  'a lock that says %j, because its maker died in it, is taken over',
  async (text) => {
    const directory = await freshDirectory()
    const path = `${await pathIn(directory)}.lock`
    await writeFile(path, text)
    const slot = await fileCheckpoints({ directory }).open(identity)
    expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ pid: process.pid })
    await slot.close()
  },
)

test.runIf(process.platform === 'linux')(
  'a process id that was used again does not keep a lock alive',
  async () => {
    const directory = await freshDirectory()
    const path = `${await pathIn(directory)}.lock`
    const holder = { pid: process.pid, host: hostname(), started: '1', token: 'before the restart' }
    await writeFile(path, JSON.stringify(holder))
    await (await fileCheckpoints({ directory }).open(identity)).close()
  },
)

test('the lock of another host counts while it gives signs of life', async () => {
  const directory = await freshDirectory()
  const path = `${await pathIn(directory)}.lock`
  const store = fileCheckpoints({ directory })
  await writeFile(path, JSON.stringify({ pid: 1, host: 'elsewhere', token: 'theirs' }))

  await expect(store.open(identity)).rejects.toMatchObject({ host: 'elsewhere' })
  const longAgo = new Date(Date.now() - 3_600_000)
  await utimes(path, longAgo, longAgo)

  await (await store.open(identity)).close()
})

test('of many who find a dead lock, one gets it', async () => {
  const directory = await freshDirectory()
  const path = `${await pathIn(directory)}.lock`
  await writeFile(path, JSON.stringify({ pid: 2 ** 22 + 1, host: hostname(), token: 'dead' }))
  const store = fileCheckpoints({ directory })

  const opened = await Promise.allSettled(Array.from({ length: 8 }, () => store.open(identity)))

  const got = opened.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  expect(got).toHaveLength(1)
  await Promise.all(got.map((slot) => slot.close()))
})

test('a directory tells what is remembered in it, oldest first, and of nothing that is none', async () => {
  const directory = await freshDirectory()
  const store = fileCheckpoints({ directory })
  for (const [key, initiated] of [
    ['young', '2026-11-22T10:00:00.000Z'],
    ['old', '2026-11-20T10:00:00.000Z'],
  ] as const) {
    const slot = await store.open({ ...identity, key })
    await slot.save({ ...checkpoint, key, initiated })
    await slot.close()
  }
  await writeFile(join(directory, 'torn.json'), '{"format": 1, "buck')
  await writeFile(join(directory, 'other.txt'), JSON.stringify(checkpoint))
  const found = await listCheckpoints({ directory })
  expect(found.map(({ key }) => key)).toEqual(['old', 'young'])
  expect(await listCheckpoints({ directory: join(directory, 'nowhere') })).toEqual([])
})
