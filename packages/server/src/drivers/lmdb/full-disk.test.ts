import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { from, pattern } from '../../ports/blob-store.contract.ts'
import { NoSpaceError } from '../../ports/blob-store.ts'
import {
  bucketNamed,
  commitParts,
  objectOf,
  openUpload,
  partNumbered,
  plain,
} from '../../ports/metadata-samples.contract.ts'
import { FilesBlobStore } from '../files/files-blob-store.ts'
import { canMount, mountSmallDisk } from '../small-disk.contract.ts'
import { isStrayLmdbRejection } from './commits.ts'
import { LmdbMetadataStore } from './lmdb-metadata-store.ts'

const mountable = canMount()
const where = mountable ? '' : ' (not run: needs root on Linux to mount a small disk)'

/** Does what a process must do that wants to live on a full disk; gives back what came. */
function ignoreStrays(): { readonly strays: unknown[]; readonly others: unknown[] } {
  const seen = { strays: [] as unknown[], others: [] as unknown[] }
  const others = process.listeners('unhandledRejection')
  process.removeAllListeners('unhandledRejection')
  process.on('unhandledRejection', (reason) => {
    if (isStrayLmdbRejection(reason)) seen.strays.push(reason)
    else seen.others.push(reason)
  })
  onTestFinished(() => {
    process.removeAllListeners('unhandledRejection')
    for (const listener of others) process.on('unhandledRejection', listener)
  })
  return seen
}

test.runIf(mountable)(
  `on a full disk metadata is refused and kept, and taken again once there is room${where}`,
  async () => {
    const disk = mountSmallDisk(1_536)
    onTestFinished(() => disk.remove())
    const seen = ignoreStrays()
    const directory = join(disk.path, 'meta')
    const store = await LmdbMetadataStore.open({ directory })
    await store.createBucket(bucketNamed('photos'))
    const upload = await openUpload(store, 'upload')
    await commitParts(store, upload, 20)
    const attributes = { ...plain, userMetadata: { note: 'x'.repeat(6_000) } }
    const acknowledged: string[] = []
    const refused: string[] = []
    for (let round = 0; refused.length < 12; round++) {
      const keys = [0, 1, 2].map((at) => `key-${round}-${at}`)
      const outcomes = await Promise.allSettled(
        keys.map((key) => store.putObject(objectOf(key, [], { attributes }))),
      )
      for (const [at, outcome] of outcomes.entries()) {
        if (outcome.status === 'fulfilled') acknowledged.push(keys[at] ?? '')
        else {
          expect(outcome.reason).toBeInstanceOf(NoSpaceError)
          refused.push(keys[at] ?? '')
        }
      }
    }
    const expectKept = async (from: LmdbMetadataStore) => {
      for (const key of acknowledged) expect(await from.findObject('photos', key)).toBeDefined()
      for (const key of refused) expect(await from.findObject('photos', key)).toBeUndefined()
      expect((await from.listParts(upload, { after: 0, limit: 99 }))?.rows).toHaveLength(20)
    }
    expect(acknowledged.length).toBeGreaterThan(10)
    await expectKept(store)
    const reader = await store.openObject('photos', acknowledged[0] ?? '')
    expect(reader).toBeDefined()
    reader?.release()
    disk.resize(16_384)
    expect(await store.commitPart(upload, partNumbered(21))).toBe('committed')
    await store.abortUpload(upload)
    const again = await openUpload(store, 'upload')
    expect(again.uploadId > upload.uploadId).toBe(true)
    await store.close()
    expect(seen.others).toEqual([])
    const reopened = await LmdbMetadataStore.open({ directory })
    for (const key of acknowledged) expect(await reopened.findObject('photos', key)).toBeDefined()
    for (const key of refused) expect(await reopened.findObject('photos', key)).toBeUndefined()
    await reopened.close()
  },
)

test.runIf(mountable)(
  `on a full disk a blob is refused, leaves nothing, and smaller ones go on${where}`,
  async () => {
    const disk = mountSmallDisk(2_048)
    onTestFinished(() => disk.remove())
    const blobs = await FilesBlobStore.open(join(disk.path, 'blobs'))
    const kept = await blobs.write(from([pattern(500_000, 1)]))
    const large = Array.from({ length: 10 }, (_, n) => pattern(500_000, n))
    for (let round = 0; round < 3; round++) {
      await expect(blobs.write(from(large))).rejects.toBeInstanceOf(NoSpaceError)
    }
    const small = await blobs.write(from([pattern(500_000, 2)]))
    const listed: string[] = []
    for await (const { id } of blobs.list({ before: new Date(Date.now() + 60_000) })) {
      listed.push(id)
    }
    expect(listed.sort()).toEqual([kept.id, small.id].sort())
    await blobs.close()
  },
)

test.runIf(mountable)(`without room an environment is not even begun${where}`, async () => {
  const disk = mountSmallDisk(256)
  onTestFinished(() => disk.remove())
  const opening = LmdbMetadataStore.open({ directory: join(disk.path, 'meta') })
  await expect(opening).rejects.toThrow('too little space')
})
