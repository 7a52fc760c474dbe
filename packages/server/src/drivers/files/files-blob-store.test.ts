import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { describeBlobStore, from, pattern, readAll, same } from '../../ports/blob-store.contract.ts'
import {
  BlobDamagedError,
  type BlobId,
  BlobLostError,
  type BlobStore,
  NoSpaceError,
} from '../../ports/blob-store.ts'
import { BLOCK, FULL } from '../blob-layout.ts'
import { type Fault, faulty } from './faulty-files.contract.ts'
import { type FileSystem, nodeFileSystem } from './file-system.ts'
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

/** Where a blob lies. */
function fileOf(directory: string, id: BlobId): string {
  return join(directory, id.slice(0, 2), `${id}.2`)
}

async function flip(path: string, at: number): Promise<void> {
  const bytes = await readFile(path)
  bytes[at] = (bytes[at] ?? 0) ^ 0x10
  await writeFile(path, bytes)
}

/** A byte that comes when it is released. */
function pausing(): { readonly bytes: AsyncIterable<Uint8Array>; release(): void } {
  let release = (): void => {}
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  return {
    bytes: (async function* () {
      await released
      yield pattern(1, 1)
    })(),
    release,
  }
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
  expect(await filesIn(directory)).toEqual([`${id.slice(0, 2)}/${id}.2`])
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
  await blobs.write(from([pattern(200_000, 1)]))
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

test('of all shards only the one that has its turn stays open', async () => {
  const open = new Set<string>()
  const files: FileSystem = {
    ...nodeFileSystem,
    async openDirectory(path) {
      const directory = await nodeFileSystem.openDirectory(path)
      open.add(path)
      return {
        sync: () => directory.sync(),
        close() {
          open.delete(path)
          return directory.close()
        },
      }
    },
  }
  const directory = await temporary()
  const blobs = await opened(directory, { files })
  const write = async (): Promise<string> => (await blobs.write(from([]))).id.slice(0, 2)
  // Its turn is over before it is synced.
  const hold = pausing()
  const late = blobs.write(hold.bytes)
  const shards = await Promise.all(Array.from({ length: 2_000 }, write))
  hold.release()
  const { id } = await late
  expect(id.slice(0, 2)).toBe(shards[0])
  expect([...open]).toEqual([join(directory, shards.at(-1) ?? '')])
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

test.each([
  [0, 1024 * 1024],
  [20, 256 * 1024],
])(
  'beside %i other writes, a producer is asked for no more than a chunk and %i bytes beyond what is written',
  async (others, most) => {
    const files = faulty()
    const blobs = await opened(await temporary(), { files })
    const ends: (() => void)[] = []
    async function* nothingYet(): AsyncIterable<Uint8Array> {
      await new Promise<void>((resolve) => ends.push(resolve))
    }
    const waiting = Array.from({ length: others }, () => blobs.write(nothingYet()))
    await vi.waitUntil(() => ends.length === others)
    const hold = files.hold('writev')
    let asked = 0
    async function* counting(): AsyncIterable<Uint8Array> {
      for (let n = 0; n < 200; n++) {
        asked += 10_000
        yield new Uint8Array(10_000)
      }
    }
    const written = blobs.write(counting())
    await files.reached('writev')
    await new Promise((resolve) => setImmediate(resolve))
    expect(asked).toBeGreaterThan(most - 10_000)
    expect(asked).toBeLessThanOrEqual(most + 10_000)
    hold.release()
    for (const end of ends) end()
    await Promise.all([written, ...waiting])
  },
)

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
  const chunks = Array.from({ length: 12 }, (_, n) => pattern(300_000, n))
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
  const reading = blobs.read(id, { offset: 0, length: 600_000 })[Symbol.asyncIterator]()
  await reading.next()
  await writeFile(fileOf(directory, id), 'short')
  const rest = async (): Promise<void> => {
    while (!(await reading.next()).done);
  }
  await expect(rest()).rejects.toBeInstanceOf(BlobDamagedError)
  const again = readAll(blobs, id, { offset: 0, length: 600_000 })
  await expect(again).rejects.toBeInstanceOf(BlobDamagedError)
})

describe('a byte that changed on the disk', () => {
  const size = 2 * BLOCK + 1_000
  const ranges = {
    'the first block': { offset: 0, length: BLOCK },
    'a few bytes of the second': { offset: BLOCK + 77, length: 5 },
    'the last block': { offset: 2 * BLOCK, length: 1_000 },
    everything: { offset: 0, length: size },
  }
  type Ranges = (keyof typeof ranges)[]

  test.each<[string, number, Ranges]>([
    ['the first byte', 0, ['the first block', 'everything']],
    ['a byte far from what is asked for', 2 * BLOCK, ['a few bytes of the second', 'everything']],
    ['the last byte of a block', BLOCK - 1, ['the first block', 'everything']],
    ['the sum of a block', BLOCK + 2, ['the first block', 'everything']],
    ['the sum of a block in the middle', 2 * FULL - 1, ['a few bytes of the second', 'everything']],
    ['the last byte', 2 * FULL + 999, ['the last block', 'everything']],
    ['the sum of the last block', 2 * FULL + 1_003, ['the last block', 'everything']],
  ])('is never given to anybody: %s', async (_, at, refused) => {
    const directory = await temporary()
    const blobs = await opened(directory)
    const bytes = pattern(size, 1)
    const { id } = await blobs.write(from([bytes]))
    await flip(fileOf(directory, id), at)
    for (const [name, range] of Object.entries(ranges)) {
      const reading = readAll(blobs, id, range)
      if (refused.includes(name as keyof typeof ranges)) {
        await expect(reading).rejects.toBeInstanceOf(BlobDamagedError)
      } else {
        const { offset, length } = range
        expect(same(await reading, bytes.slice(offset, offset + length))).toBe(true)
      }
    }
  })

  test('is found wherever it is, and whatever it becomes', async () => {
    const directory = await temporary()
    const blobs = await opened(directory, { syncs: 'off' })
    const places = fc.tuple(
      fc.integer({ min: 1, max: BLOCK + 9 }),
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
    )
    await fc.assert(
      fc.asyncProperty(places, async ([length, place, change]) => {
        const { id } = await blobs.write(from([pattern(length, place)]))
        const path = fileOf(directory, id)
        const stored = await readFile(path)
        const at = place % stored.length
        stored[at] = (stored[at] ?? 0) ^ change
        await writeFile(path, stored)
        const reading = readAll(blobs, id, { offset: 0, length })
        await expect(reading).rejects.toBeInstanceOf(BlobDamagedError)
      }),
      { numRuns: 50 },
    )
  })

  test('is found where whole blocks were put in the place of others', async () => {
    const directory = await temporary()
    const blobs = await opened(directory)
    const bytes = new Uint8Array(2 * BLOCK)
    const [one, other] = [await blobs.write(from([bytes])), await blobs.write(from([bytes]))]
    const stored = await readFile(fileOf(directory, one.id))
    const everything = { offset: 0, length: bytes.length }
    // Equal bytes: only the place and the blob tell them apart.
    await writeFile(fileOf(directory, other.id), stored)
    await expect(readAll(blobs, other.id, everything)).rejects.toBeInstanceOf(BlobDamagedError)
    const swapped = Buffer.concat([stored.subarray(FULL), stored.subarray(0, FULL)])
    await writeFile(fileOf(directory, one.id), swapped)
    await expect(readAll(blobs, one.id, everything)).rejects.toBeInstanceOf(BlobDamagedError)
  })
})

test('a file of the first layout, which is the bytes and nothing else, is read, listed and deleted', async () => {
  const directory = await temporary()
  const blobs = await opened(directory)
  const id = `7f${'0'.repeat(30)}` as BlobId
  const bytes = pattern(300_000, 1)
  await writeFile(join(directory, '7f', id), bytes)
  expect(await listed(blobs)).toEqual([id])
  expect(await blobs.find(id)).toEqual({ id, size: 300_000 })
  const back = await readAll(blobs, id, { offset: 5, length: 299_990 })
  expect(same(back, bytes.slice(5, 299_995))).toBe(true)
  const beyond = readAll(blobs, id, { offset: 1, length: 300_000 })
  await expect(beyond).rejects.toBeInstanceOf(BlobDamagedError)
  await blobs.delete(id)
  expect(await filesIn(directory)).toEqual([])
})

test('the size of a blob is told by that of its file, at the edges of blocks as well', async () => {
  const blobs = await opened(await temporary(), { syncs: 'off' })
  for (const size of [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK - 1, 2 * BLOCK, 2 * BLOCK + 1]) {
    const { id } = await blobs.write(from([pattern(size, size)]))
    expect(await blobs.find(id)).toEqual({ id, size })
    const back = await readAll(blobs, id, { offset: 0, length: size })
    expect(same(back, pattern(size, size))).toBe(true)
  }
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
  await utimes(fileOf(directory, old.id), hourAgo, hourAgo)
  await writeFile(join(directory, '00', 'notes.txt'), '')
  await writeFile(join(directory, '00', `${'ff'.repeat(16)}.2`), 'in the wrong shard')
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
