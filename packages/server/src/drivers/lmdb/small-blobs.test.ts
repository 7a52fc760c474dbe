import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { md5ETag } from '@lading/protocol'
import { open as openLmdb } from 'lmdb'
import { expect, onTestFinished, test } from 'vitest'
import { describeBlobStore, from, pattern, readAll } from '../../ports/blob-store.contract.ts'
import { BlobDamagedError, BlobNotFoundError, type BlobRef } from '../../ports/blob-store.ts'
import type { NewObject } from '../../ports/metadata-store.ts'
import { FilesBlobStore } from '../files/files-blob-store.ts'
import { blobKey } from './keys.ts'
import { LmdbMetadataStore } from './lmdb-metadata-store.ts'
import { SMALL } from './small-blobs.ts'

const BUCKET = {
  name: 'films',
  owner: 'me',
  createdAt: new Date(0),
  acl: 'private',
  storageClass: 'Standard',
  dataRedundancyType: 'LRS',
}

async function openStores(directory: string) {
  const metadata = await LmdbMetadataStore.open({ directory: join(directory, 'meta') })
  const blobs = await FilesBlobStore.open(join(directory, 'blobs'), {
    syncs: 'off',
    small: metadata.smallBlobs,
  })
  const close = async (): Promise<void> => {
    await blobs.close()
    await metadata.close()
  }
  return { metadata, blobs, close }
}

async function temporary(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'lading-small-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  return directory
}

async function opened() {
  const directory = await temporary()
  const stores = await openStores(directory)
  onTestFinished(stores.close)
  await stores.metadata.createBucket(BUCKET)
  return { directory, ...stores }
}

function objectOf({ id, size }: BlobRef, key = 'a'): NewObject {
  const md5 = new Uint8Array(16)
  return {
    bucket: 'films',
    key,
    type: 'Normal',
    size,
    etag: md5ETag(md5),
    crc64: 0n,
    md5,
    modifiedAt: new Date(0),
    attributes: { contentType: 'a/b', headers: {}, userMetadata: {}, storageClass: 'Standard' },
    manifest: [{ blobId: id, blobOffset: 0, length: size }],
  }
}

async function filesIn(directory: string): Promise<string[]> {
  const names = await readdir(join(directory, 'blobs'), { recursive: true })
  return names.filter((name) => name.length > 2)
}

test('up to 16 KiB a blob has no file, and is read back in ranges, before it is named and after', async () => {
  const { directory, blobs, metadata } = await opened()
  for (const size of [1, SMALL]) {
    const bytes = pattern(size, size)
    const blob = await blobs.write(from([bytes.subarray(0, 1), bytes.subarray(1)]))
    const check = async (): Promise<void> => {
      expect(await blobs.find(blob.id)).toEqual({ id: blob.id, size })
      const range = { offset: size >> 1, length: size - (size >> 1) }
      expect(Buffer.from(await readAll(blobs, blob.id, range))).toEqual(
        Buffer.from(bytes.subarray(range.offset)),
      )
    }
    await check()
    await metadata.putObject(objectOf(blob, `of ${size}`))
    await check()
    expect(await filesIn(directory)).toEqual([])
  }
  await blobs.write(from([pattern(SMALL, 1), pattern(1, 1)]))
  expect(await filesIn(directory)).toHaveLength(1)
})

test('a small blob that was named is there when the stores are opened again, and one that was not is gone', async () => {
  const directory = await temporary()
  const first = await openStores(directory)
  await first.metadata.createBucket(BUCKET)
  const named = await first.blobs.write(from([pattern(500, 1)]))
  const unnamed = await first.blobs.write(from([pattern(500, 2)]))
  await first.metadata.putObject(objectOf(named))
  await first.close()
  const second = await openStores(directory)
  onTestFinished(second.close)
  const whole = { offset: 0, length: 500 }
  expect(Buffer.from(await readAll(second.blobs, named.id, whole))).toEqual(
    Buffer.from(pattern(500, 1)),
  )
  await expect(readAll(second.blobs, unnamed.id, whole)).rejects.toThrow(BlobNotFoundError)
})

test('what was refused, or deleted before it was named, is not kept in memory', async () => {
  const { blobs, metadata } = await opened()
  const refused = await blobs.write(from([pattern(100, 1)]))
  const guard = (): void => {
    throw new Error('not that one')
  }
  await expect(metadata.putObject(objectOf(refused), guard)).rejects.toThrow('not that one')
  expect(await blobs.find(refused.id)).toBeUndefined()
  const deleted = await blobs.write(from([pattern(100, 2)]))
  await blobs.delete(deleted.id)
  expect(await blobs.find(deleted.id)).toBeUndefined()
})

test('replaced, it stays until its garbage is settled, and is never taken for an orphan', async () => {
  const { blobs, metadata } = await opened()
  const first = await blobs.write(from([pattern(100, 1)]))
  await metadata.putObject(objectOf(first))
  await metadata.putObject(objectOf(await blobs.write(from([pattern(100, 2)]))))
  const soon = new Date(Date.now() + 60_000)
  const listed: string[] = []
  for await (const { id } of blobs.list({ before: soon })) listed.push(id)
  expect(listed).toEqual([])
  expect(await blobs.find(first.id)).toBeDefined()
  const [item] = await metadata.dueGarbage({ before: soon, limit: 10 })
  if (!item) throw new Error('What was replaced is garbage.')
  expect(item.blobs).toEqual([first.id])
  for (const id of item.blobs) await blobs.delete(id)
  await metadata.settleGarbage(item)
  expect(await blobs.find(first.id)).toBeUndefined()
})

test('a byte that changed in its row is never given to anybody', async () => {
  const { directory, blobs, metadata, close } = await opened()
  const blob = await blobs.write(from([pattern(100, 1)]))
  await metadata.putObject(objectOf(blob))
  await close()
  const environment = openLmdb<Uint8Array, Uint8Array>(join(directory, 'meta'), {
    encoding: 'binary',
    keyEncoding: 'binary',
    noSubdir: false,
  })
  const small = environment.openDB<Uint8Array, Uint8Array>({
    name: 'small',
    encoding: 'binary',
    keyEncoding: 'binary',
  })
  const row = Uint8Array.from(small.get(blobKey(blob.id)) ?? [])
  row[50] = (row[50] ?? 0) ^ 1
  await small.put(blobKey(blob.id), row)
  await environment.close()
  const again = await openStores(directory)
  onTestFinished(again.close)
  const read = readAll(again.blobs, blob.id, { offset: 0, length: 10 })
  await expect(read).rejects.toThrow(BlobDamagedError)
})

describeBlobStore('files beside lmdb', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'lading-small-'))
  const { blobs, close } = await openStores(directory)
  return {
    blobs,
    close: async () => {
      await close()
      await rm(directory, { recursive: true })
    },
  }
})
