/** The contract of metadata stores: objects and the manifests that say where their bytes are. */

import { expect, test } from 'vitest'
import {
  blobsIn,
  blobsOf,
  collectAll,
  manifestOf,
  type OpenMetadata,
  objectOf,
  openWithBucket,
  readManifest,
} from './metadata-samples.contract.ts'
import type { StoredObject } from './metadata-store.ts'

export function describeObjects(open: OpenMetadata): void {
  test.each([
    ['with an MD5', new Uint8Array(16).fill(3)],
    ['without one', undefined],
  ])('an object %s is found as it was put', async (_, md5) => {
    const { metadata } = await openWithBucket(open)
    const { manifest, ...object } = objectOf('ключ/🦊', manifestOf(1), { md5 })
    const stored = { ...object, versionId: 'null' }
    expect(await metadata.putObject({ ...object, manifest })).toEqual(stored)
    expect(await metadata.findObject('photos', 'ключ/🦊')).toEqual(stored)
    expect(await metadata.findObject('photos', 'ключ/')).toBeUndefined()
    expect(await metadata.findObject('films', 'ключ/🦊')).toBeUndefined()
    const opened = await metadata.openObject('photos', 'ключ/🦊')
    expect(opened?.object).toEqual(stored)
    opened?.release()
    expect(await metadata.openObject('photos', 'other')).toBeUndefined()
  })

  test('a key may have every length and byte that a key has', async () => {
    const { metadata } = await openWithBucket(open)
    const keys = [
      'a',
      'é'.repeat(511),
      'x'.repeat(1_023),
      '\x01',
      '\x7f/\x1f',
      '\uffff',
      '🦊'.repeat(255),
    ]
    for (const key of keys) await metadata.putObject(objectOf(key, manifestOf(1)))
    for (const key of keys) expect((await metadata.findObject('photos', key))?.key).toBe(key)
    expect(await metadata.findObject('photos', 'x'.repeat(1_022))).toBeUndefined()
  })

  test('names and keys that cannot be are not found', async () => {
    const { metadata } = await openWithBucket(open)
    await metadata.putObject(objectOf('a', []))
    for (const text of ['a\0', 'photos\0a', '\0', 'x'.repeat(5_000), '']) {
      expect(await metadata.findBucket(text)).toBeUndefined()
      expect(await metadata.findObject('photos', text)).toBeUndefined()
      expect(await metadata.findObject(text, 'a')).toBeUndefined()
      expect(await metadata.openObject('photos', text)).toBeUndefined()
      expect(await metadata.deleteObject('photos', text)).toEqual({ kind: 'missing' })
      expect(await metadata.deleteBucket(text)).toBe('missing')
    }
  })

  test('a put replaces, and what it replaces becomes garbage', async () => {
    const { metadata, clock } = await openWithBucket(open)
    const [first, second] = [manifestOf(2), manifestOf(1)]
    await metadata.putObject(objectOf('a', first))
    await metadata.putObject(objectOf('a', second))
    expect((await metadata.findObject('photos', 'a'))?.size).toBe(10)
    expect(blobsIn(await collectAll(metadata, clock.advance(1)))).toEqual(blobsOf(first))
    expect((await readManifest(metadata, 'a')).entries).toEqual(second)
  })

  test('a guard sees what is there, and its throw changes nothing', async () => {
    const { metadata, clock } = await openWithBucket(open)
    const seen: (StoredObject | undefined)[] = []
    await metadata.putObject(objectOf('a', manifestOf(1)), (current) => seen.push(current))
    const refusal = new Error('exists')
    const refusedManifest = manifestOf(1)
    const refused = metadata.putObject(objectOf('a', refusedManifest), (current) => {
      seen.push(current)
      throw refusal
    })
    await expect(refused).rejects.toBe(refusal)
    expect(seen).toEqual([undefined, await metadata.findObject('photos', 'a')])
    expect(await collectAll(metadata, clock.advance(1))).toEqual([])
    // Nothing names the refused blob, so the collector may have it.
    expect(await metadata.condemnBlobs(blobsOf(refusedManifest))).toEqual(blobsOf(refusedManifest))
  })

  test('a deleted object is gone once, and its bytes are garbage', async () => {
    const { metadata, clock } = await openWithBucket(open)
    const manifest = manifestOf(3)
    await metadata.putObject(objectOf('a', manifest))
    expect(await metadata.deleteObject('photos', 'b')).toEqual({ kind: 'missing' })
    expect(await metadata.deleteObject('photos', 'a')).toEqual({ kind: 'deleted' })
    expect(await metadata.deleteObject('photos', 'a')).toEqual({ kind: 'missing' })
    expect(await metadata.findObject('photos', 'a')).toBeUndefined()
    expect(await metadata.openObject('photos', 'a')).toBeUndefined()
    expect(blobsIn(await collectAll(metadata, clock.advance(1)))).toEqual(blobsOf(manifest))
  })

  test('an object without bytes has an empty manifest and leaves no garbage', async () => {
    const { metadata, clock } = await openWithBucket(open)
    await metadata.putObject(objectOf('a', []))
    expect(await readManifest(metadata, 'a')).toEqual({ start: undefined, entries: [], pages: 0 })
    await metadata.deleteObject('photos', 'a')
    expect(blobsIn(await collectAll(metadata, clock.advance(1)))).toEqual([])
  })

  test.each([1, 15, 16, 17, 999, 1_000, 1_001, 2_500])(
    'a manifest of %i entries is read from any byte',
    async (count) => {
      const { metadata, clock } = await openWithBucket(open)
      const manifest = manifestOf(count).map((entry, at) => ({
        ...entry,
        blobOffset: at * 5_000_000_000,
        length: at === 0 ? 6_000_000_000 : 1 + (at % 3),
      }))
      const starts: number[] = []
      let size = 0
      for (const { length } of manifest) {
        starts.push(size)
        size += length
      }
      await metadata.putObject(objectOf('a', manifest))
      const places = [0, 1, 14, 15, 16, 17, 998, 999, 1_000, 1_001, count - 1]
      for (const at of places.filter((place) => place < count)) {
        const start = starts[at] ?? 0
        for (const offset of [start, start + (manifest[at]?.length ?? 1) - 1]) {
          const read = await readManifest(metadata, 'a', offset)
          expect(read.start).toBe(start)
          expect(read.entries).toEqual(manifest.slice(at))
        }
      }
      expect((await readManifest(metadata, 'a', size)).entries).toEqual([])
      await metadata.deleteObject('photos', 'a')
      const garbage = await collectAll(metadata, clock.advance(1))
      expect(blobsIn(garbage)).toEqual(blobsOf(manifest))
    },
  )

  test('a blob that a manifest names twice is garbage once', async () => {
    const { metadata, clock } = await openWithBucket(open)
    const [entry] = manifestOf(1)
    if (!entry) throw new Error('unreachable')
    await metadata.putObject(objectOf('a', [entry, { ...entry, blobOffset: 10 }, entry]))
    await metadata.deleteObject('photos', 'a')
    expect(blobsIn(await collectAll(metadata, clock.advance(1)))).toEqual([entry.blobId])
  })
}
