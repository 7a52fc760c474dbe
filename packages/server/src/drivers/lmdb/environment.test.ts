import { cp, mkdir, mkdtemp, readdir, rename, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { bucketNamed, Clock, openUpload } from '../../ports/metadata-samples.contract.ts'
import { FORMAT, openEnvironment } from './environment.ts'
import { textKey } from './keys.ts'
import { LmdbMetadataStore } from './lmdb-metadata-store.ts'
import { encodeNumber } from './records.ts'

async function temporary(): Promise<string> {
  const parent = await mkdtemp(join(tmpdir(), 'lading-meta-'))
  onTestFinished(() => rm(parent, { recursive: true }))
  return parent
}

/** What creation has made when it stands under its first name, whole. */
async function unfinishedEnvironment(): Promise<string> {
  const made = join(await temporary(), 'meta')
  const store = await LmdbMetadataStore.open({ directory: made })
  await store.close()
  return made
}

/** Opens, writes, closes, opens again and finds what was acknowledged. */
async function expectWorking(directory: string): Promise<void> {
  const first = await LmdbMetadataStore.open({ directory })
  expect((await first.createBucket(bucketNamed('films'))).created).toBe(true)
  await first.close()
  const second = await LmdbMetadataStore.open({ directory })
  expect(await second.findBucket('films')).toEqual(bucketNamed('films'))
  await second.close()
}

test('creation leaves the environment and nothing else', async () => {
  const parent = await temporary()
  await expectWorking(join(parent, 'meta'))
  expect(await readdir(parent)).toEqual(['meta'])
  expect(await readdir(join(parent, 'meta'))).toContain('data.mdb')
})

test.each<[string, (parent: string) => Promise<unknown>]>([
  ['before anything', async () => {}],
  ['with an empty directory', (parent) => mkdir(join(parent, 'meta-new'))],
  [
    'with an empty file',
    async (parent) => {
      await mkdir(join(parent, 'meta-new'))
      await writeFile(join(parent, 'meta-new', 'data.mdb'), '')
    },
  ],
  [
    'with half of the first page torn off, on which lmdb itself would crash',
    async (parent) => {
      await cp(await unfinishedEnvironment(), join(parent, 'meta-new'), { recursive: true })
      await truncate(join(parent, 'meta-new', 'data.mdb'), 4096)
    },
  ],
  [
    'with pages of zeros',
    async (parent) => {
      await mkdir(join(parent, 'meta-new'))
      await writeFile(join(parent, 'meta-new', 'data.mdb'), new Uint8Array(8192))
    },
  ],
  [
    'whole, but for its name',
    async (parent) =>
      cp(await unfinishedEnvironment(), join(parent, 'meta-new'), { recursive: true }),
  ],
  [
    'just after it got its name',
    async (parent) => cp(await unfinishedEnvironment(), join(parent, 'meta'), { recursive: true }),
  ],
])('creation that was cut off %s is done again', async (_, leave) => {
  const parent = await temporary()
  await leave(parent)
  await expectWorking(join(parent, 'meta'))
  expect(await readdir(parent)).toEqual(['meta'])
})

test('a leftover of creation costs a store that stands nothing', async () => {
  const parent = await temporary()
  const directory = join(parent, 'meta')
  const first = await LmdbMetadataStore.open({ directory })
  await first.createBucket(bucketNamed('photos'))
  await first.close()
  await cp(await unfinishedEnvironment(), join(parent, 'meta-new'), { recursive: true })
  const second = await LmdbMetadataStore.open({ directory })
  expect(await second.findBucket('photos')).toEqual(bucketNamed('photos'))
  await second.close()
  expect(await readdir(parent)).toEqual(['meta'])
})

test('a directory whose name has a dot is a directory all the same', async () => {
  await expectWorking(join(await temporary(), 'data.d', 'meta.v1'))
})

test.each<[string, (data: string) => Promise<void>]>([
  ['is cut short', (data) => truncate(data, 4096)],
  ['is empty', (data) => truncate(data, 0)],
  ['is something else', (data) => writeFile(data, new Uint8Array(32_768).fill(7))],
  ['is gone', (data) => rm(data)],
])('an environment whose file %s is refused in words', async (_, damage) => {
  const directory = await unfinishedEnvironment()
  await damage(join(directory, 'data.mdb'))
  await expect(LmdbMetadataStore.open({ directory })).rejects.toThrow(directory)
})

async function plant(directory: string, change: (format: Uint8Array) => Uint8Array | undefined) {
  const { environment, tables } = await openEnvironment(directory)
  await environment.childTransaction(() => {
    const row = change(encodeNumber(FORMAT))
    if (row) tables.meta.putSync(textKey('format'), row)
    else tables.meta.removeSync(textKey('format'))
  })
  await environment.close()
}

test('a format of the future is refused, and stays as it is', async () => {
  const directory = await unfinishedEnvironment()
  await plant(directory, () => encodeNumber(FORMAT + 1))
  const opening = () => LmdbMetadataStore.open({ directory })
  await expect(opening()).rejects.toThrow(`format ${FORMAT + 1}`)
  await expect(opening()).rejects.toThrow(`format ${FORMAT + 1}`)
})

test('an environment without a format is not ours', async () => {
  const directory = await unfinishedEnvironment()
  await plant(directory, () => undefined)
  await expect(LmdbMetadataStore.open({ directory })).rejects.toThrow('no metadata of ours')
})

test('a format from before the first is refused', async () => {
  const directory = await unfinishedEnvironment()
  await plant(directory, () => encodeNumber(0))
  await expect(LmdbMetadataStore.open({ directory })).rejects.toThrow('unknown format 0')
})

test('a store that moved is the same store', async () => {
  const directory = await unfinishedEnvironment()
  const first = await LmdbMetadataStore.open({ directory })
  await first.createBucket(bucketNamed('photos'))
  await first.close()
  const moved = join(await temporary(), 'meta')
  await rename(directory, moved)
  const second = await LmdbMetadataStore.open({ directory: moved })
  expect(await second.findBucket('photos')).toEqual(bucketNamed('photos'))
  await second.close()
})

test('upload ids go on ascending after a restart, with a clock that went back', async () => {
  const directory = join(await temporary(), 'meta')
  const clock = new Clock()
  const ids: string[] = []
  for (let start = 0; start < 4; start++) {
    const store = await LmdbMetadataStore.open({ directory, now: clock.now })
    await store.createBucket(bucketNamed('photos'))
    for (let n = 0; n < 5; n++) ids.push((await openUpload(store, 'a')).uploadId)
    await store.close()
    clock.advance(-3_600_000)
  }
  expect([...ids].sort()).toEqual(ids)
  expect(new Set(ids).size).toBe(20)
})

test('a closed store takes nothing more', async () => {
  const store = await LmdbMetadataStore.open({ directory: join(await temporary(), 'meta') })
  await store.close()
  await expect(store.findBucket('photos')).rejects.toThrow('closed')
  await expect(store.createBucket(bucketNamed('photos'))).rejects.toThrow('closed')
})
