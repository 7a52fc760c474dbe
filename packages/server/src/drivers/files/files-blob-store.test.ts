import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { describeBlobStore, from, pattern, readAll, same } from '../../ports/blob-store.contract.ts'
import {
  BlobDamagedError,
  type BlobId,
  BlobLostError,
  type BlobStore,
  NoSpaceError,
} from '../../ports/blob-store.ts'
import { type Fault, faulty } from './faulty-files.contract.ts'
import { FilesBlobStore, type FilesBlobStoreOptions } from './files-blob-store.ts'

async function temporary(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'lading-blobs-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  return directory
}

async function opened(directory: string, options?: FilesBlobStoreOptions): Promise<FilesBlobStore> {
  const blobs = await FilesBlobStore.open(directory, options)
  onTestFinished(() => blobs.close())
  return blobs
}

async function filesIn(directory: string): Promise<string[]> {
  const names = await readdir(directory, { recursive: true })
  return names.filter((name) => name.length > 2).sort()
}

async function listed(blobs: BlobStore, before = new Date(Date.now() + 60_000)): Promise<BlobId[]> {
  const ids: BlobId[] = []
  for await (const { id } of blobs.list({ before })) ids.push(id)
  return ids.sort()
}

function failing(code: string): Error {
  return Object.assign(new Error(`${code}: a disk that is not well`), { code })
}

describeBlobStore('files', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'lading-blobs-'))
  const blobs = await FilesBlobStore.open(join(directory, 'blobs'))
  return {
    blobs,
    close: async () => {
      await blobs.close()
      await rm(directory, { recursive: true })
    },
  }
})

test('a blob is a file named by its id, in the directory that its first two characters name', async () => {
  const directory = await temporary()
  const blobs = await opened(directory)
  const { id } = await blobs.write(from([pattern(10, 1)]))
  expect(await filesIn(directory)).toEqual([`${id.slice(0, 2)}/${id}`])
})

test('blobs are still there when the store is opened again', async () => {
  const directory = await temporary()
  const first = await opened(directory)
  const bytes = pattern(400_000, 3)
  const { id } = await first.write(from([bytes]))
  await first.close()
  const second = await opened(directory)
  expect(same(await readAll(second, id, { offset: 0, length: 400_000 }), bytes)).toBe(true)
})

test('a start that was cut off anywhere is finished by the next', async () => {
  for (const shards of [[], ['00'], ['00', '7f', 'ff']]) {
    const directory = join(await temporary(), 'data', 'blobs')
    if (shards.length > 0) await mkdir(directory, { recursive: true })
    for (const shard of shards) await mkdir(join(directory, shard))
    await opened(directory)
    expect(await readdir(directory)).toHaveLength(256)
  }
})

test('every directory is synced before the one that holds its name, whoever made it', async () => {
  const directory = join(await temporary(), 'data', 'blobs')
  for (const run of ['first', 'second']) {
    const files = faulty()
    await opened(directory, { files })
    const synced = files.log.filter((line) => line.startsWith('sync ')).map((line) => line.slice(5))
    expect(synced.filter((path) => /\/blobs\/[0-9a-f]{2}$/.test(path))).toHaveLength(256)
    expect(synced[256]).toBe(directory)
    expect(synced[257]).toBe(join(directory, '..'))
    expect(synced.slice(258)).toEqual(run === 'first' ? [join(directory, '..', '..')] : [])
  }
})

test('the bytes are synced before the name, and both before the write resolves', async () => {
  const files = faulty()
  const blobs = await opened(await temporary(), { files })
  files.log.length = 0
  await blobs.write(from([pattern(600_000, 1)]))
  expect(files.log.map((line) => line.split(' ')[0])).toEqual([
    'create',
    'writev',
    'datasync',
    'close',
    'sync',
  ])
})

test('one sync of a directory serves the blobs that came while another ran', async () => {
  const files = faulty()
  const blobs = await opened(await temporary(), { files })
  files.log.length = 0
  const hold = files.hold('sync')
  const writes = Array.from({ length: 50 }, (_, n) => blobs.write(from([pattern(10, n)])))
  await files.reached('sync')
  await files.reached('close', 50)
  hold.release()
  await Promise.all(writes)
  // The first ran for whoever came first; all others share the second.
  expect(files.log.filter((line) => line.startsWith('sync '))).toHaveLength(2)
})

test('a shard serves a thousand blobs, then the next has its turn', async () => {
  const blobs = await opened(await temporary(), { syncs: 'off' })
  const shards: string[] = []
  for (let n = 0; n < 2_100; n++) {
    shards.push((await blobs.write(from([]))).id.slice(0, 2))
  }
  const [first, second, third] = [...new Set(shards)]
  const count = (shard: string | undefined) => shards.filter((other) => other === shard).length
  expect([count(first), count(second), count(third)]).toEqual([1_000, 1_000, 100])
})

test('a file takes its bytes even when the kernel takes few at a time', async () => {
  const files = faulty()
  files.takeAtMost = 70_001
  const blobs = await opened(await temporary(), { files })
  const chunks = [pattern(100, 1), pattern(300_000, 2), pattern(262_144, 3), pattern(5, 4)]
  const { id, size } = await blobs.write(from(chunks))
  const back = await readAll(blobs, id, { offset: 0, length: size })
  expect(same(back, new Uint8Array(Buffer.concat(chunks)))).toBe(true)
})

test('a producer is asked for no more than a chunk and 256 KiB beyond what is written', async () => {
  const files = faulty()
  const blobs = await opened(await temporary(), { files })
  const hold = files.hold('writev')
  let asked = 0
  async function* counting(): AsyncIterable<Uint8Array> {
    for (let n = 0; n < 100; n++) {
      asked += 10_000
      yield new Uint8Array(10_000)
    }
  }
  const written = blobs.write(counting())
  await files.reached('writev')
  await new Promise((resolve) => setImmediate(resolve))
  expect(asked).toBeLessThanOrEqual(256 * 1024 + 10_000)
  hold.release()
  await written
})

test.each<[string, Fault]>([
  ['creating the file', { at: 'create', error: failing('EIO') }],
  ['the first write', { at: 'writev', error: failing('EIO') }],
  ['a later write', { at: 'writev', after: 2, error: failing('EIO') }],
  ['syncing the bytes', { at: 'datasync', error: failing('EIO') }],
  ['closing the file', { at: 'close', error: failing('EIO') }],
  ['syncing the directory', { at: 'sync', error: failing('EIO') }],
])('when %s fails the write fails, leaves no file, and is not tried again', async (_, fault) => {
  const directory = await temporary()
  const files = faulty()
  const blobs = await opened(directory, { files })
  files.log.length = 0
  files.fail(fault)
  const chunks = Array.from({ length: 5 }, (_, n) => pattern(300_000, n))
  await expect(blobs.write(from(chunks))).rejects.toBe(fault.error)
  expect(files.log.filter((line) => line.startsWith(`${fault.at} `))).toHaveLength(
    1 + (fault.after ?? 0),
  )
  expect(await filesIn(directory)).toEqual([])
  const { id } = await blobs.write(from(chunks))
  expect(await listed(blobs)).toEqual([id])
})

test('every write that waits for a sync of its directory fails with it, and the directory is left', async () => {
  const directory = await temporary()
  const files = faulty()
  const blobs = await opened(directory, { files })
  files.log.length = 0
  const hold = files.hold('sync')
  files.fail({ at: 'sync', error: failing('EIO') })
  const early = Array.from({ length: 3 }, () => blobs.write(from([pattern(10, 1)])))
  await files.reached('sync')
  // Their names were made while the sync ran that fails, so a later one proves nothing for them.
  const late = Array.from({ length: 3 }, () => blobs.write(from([pattern(10, 2)])))
  await files.reached('close', 6)
  hold.release()
  const outcomes = await Promise.allSettled([...early, ...late])
  expect(outcomes.map(({ status }) => status)).toEqual(Array(6).fill('rejected'))
  expect(files.log.filter((line) => line.startsWith('sync '))).toHaveLength(1)
  expect(await filesIn(directory)).toEqual([])
  const failed = files.log.find((line) => line.startsWith('sync '))
  const { id } = await blobs.write(from([pattern(10, 3)]))
  expect(failed?.endsWith(`/${id.slice(0, 2)}`)).toBe(false)
})

test('running out of descriptors for a directory is not a failed sync', async () => {
  const files = faulty()
  const blobs = await opened(await temporary(), { files })
  files.fail({ at: 'open-directory', error: failing('EMFILE') })
  await expect(blobs.write(from([pattern(1, 1)]))).rejects.toThrow('EMFILE')
  files.log.length = 0
  const { id } = await blobs.write(from([pattern(1, 1)]))
  expect(files.log.at(-1)).toMatch(new RegExp(`^sync .*/${id.slice(0, 2)}$`))
})

test.each(['ENOSPC', 'EDQUOT'])('%s is told apart, leaves nothing, and passes', async (code) => {
  const directory = await temporary()
  const files = faulty()
  const blobs = await opened(directory, { files })
  for (const at of ['create', 'writev', 'datasync'] as const) {
    files.fail({ at, error: failing(code) })
    const writing = blobs.write(from([pattern(300_000, 1)]))
    await expect(writing).rejects.toBeInstanceOf(NoSpaceError)
    expect(await filesIn(directory)).toEqual([])
  }
  await blobs.write(from([pattern(300_000, 1)]))
})

test('a producer that throws at its very end is heard before any sync', async () => {
  const files = faulty()
  const blobs = await opened(await temporary(), { files })
  files.log.length = 0
  async function* wrongDigest(): AsyncIterable<Uint8Array> {
    yield pattern(1_000_000, 1)
    throw new Error('InvalidDigest')
  }
  await expect(blobs.write(wrongDigest())).rejects.toThrow('InvalidDigest')
  expect(files.log.filter((line) => /sync/.test(line))).toEqual([])
})

test('a file that is shorter than its blob was is damage, even when it shrinks under a read', async () => {
  const directory = await temporary()
  const blobs = await opened(directory)
  const { id } = await blobs.write(from([pattern(600_000, 1)]))
  const path = join(directory, id.slice(0, 2), id)
  const reading = blobs.read(id, { offset: 0, length: 600_000 })[Symbol.asyncIterator]()
  await reading.next()
  await writeFile(path, 'short')
  await expect(reading.next()).rejects.toBeInstanceOf(BlobDamagedError)
  const again = readAll(blobs, id, { offset: 0, length: 600_000 })
  await expect(again).rejects.toBeInstanceOf(BlobDamagedError)
})

test('a text that is no id never becomes a path', async () => {
  const directory = await temporary()
  await writeFile(join(directory, 'secret'), 'x')
  const blobs = await opened(join(directory, 'blobs'))
  for (const text of ['../secret', `${'0'.repeat(31)}/`, '', 'A'.repeat(32), '0'.repeat(33)]) {
    const id = text as BlobId
    await expect(readAll(blobs, id, { offset: 0, length: 1 })).rejects.toThrow(TypeError)
    await expect(blobs.delete(id)).rejects.toThrow(TypeError)
  }
  expect(await readdir(directory)).toContain('secret')
})

test('lists by the time of the last write, and only what a blob store wrote', async () => {
  const directory = await temporary()
  const blobs = await opened(directory)
  const old = await blobs.write(from([pattern(1, 1)]))
  const recent = await blobs.write(from([pattern(1, 2)]))
  const hourAgo = new Date(Date.now() - 3_600_000)
  await utimes(join(directory, old.id.slice(0, 2), old.id), hourAgo, hourAgo)
  await writeFile(join(directory, '00', 'notes.txt'), '')
  await writeFile(join(directory, '00', 'ff'.repeat(16)), 'in the wrong shard')
  expect(await listed(blobs, new Date(Date.now() - 60_000))).toEqual([old.id])
  expect(await listed(blobs, hourAgo)).toEqual([])
  expect(await listed(blobs)).toEqual([old.id, recent.id].sort())
})

test('what is being written is not listed, however long it takes', async () => {
  const directory = await temporary()
  const blobs = await opened(directory)
  let finish = (): void => {}
  const gate = new Promise<void>((resolve) => {
    finish = resolve
  })
  let begun = (): void => {}
  const started = new Promise<void>((resolve) => {
    begun = resolve
  })
  async function* slow(): AsyncIterable<Uint8Array> {
    yield pattern(300_000, 1)
    begun()
    await gate
  }
  const written = blobs.write(slow())
  await started
  expect(await filesIn(directory)).toHaveLength(1)
  expect(await listed(blobs)).toEqual([])
  finish()
  const { id } = await written
  expect(await listed(blobs)).toEqual([id])
})

test('what is being written, or waited for, is dated anew for other processes', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  onTestFinished(() => {
    vi.useRealTimers()
  })
  const directory = await temporary()
  const blobs = await opened(directory)
  const hourAgo = new Date(Date.now() - 3_600_000)
  async function* pausing(): AsyncIterable<Uint8Array> {
    yield pattern(300_000, 1)
    for (const name of await filesIn(directory)) {
      await utimes(join(directory, name), hourAgo, hourAgo)
    }
    vi.advanceTimersByTime(60_000)
  }
  const { id } = await blobs.write(pausing())
  expect(vi.getTimerCount()).toBe(0)
  expect(await listed(blobs, new Date(Date.now() - 600_000))).toEqual([])
  expect(await listed(blobs)).toEqual([id])
})

test('a blob that was deleted while it was written is not reported as stored', async () => {
  const directory = await temporary()
  const blobs = await opened(directory)
  const other = await opened(directory)
  async function* robbed(): AsyncIterable<Uint8Array> {
    yield pattern(300_000, 1)
    for (const id of await listed(other)) await other.delete(id)
  }
  await expect(blobs.write(robbed())).rejects.toBeInstanceOf(BlobLostError)
})

test('a closed store takes no more writes', async () => {
  const blobs = await opened(await temporary())
  await blobs.close()
  await blobs.close()
  await expect(blobs.write(from([]))).rejects.toThrow('closed')
})
