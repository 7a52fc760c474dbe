/** The contract of metadata stores: what may be deleted, when, and what may not. */

import { expect, test } from 'vitest'
import {
  blobsIn,
  blobsOf,
  collectAll,
  commitParts,
  manifestOf,
  newBlob,
  type OpenMetadata,
  objectOf,
  openUpload,
  openWithBucket,
  partNumbered,
  publishing,
  readManifest,
} from './metadata-samples.contract.ts'
import type { Garbage } from './metadata-store.ts'

export function describeGarbage(open: OpenMetadata): void {
  test('garbage is due once it is older than asked, oldest first, as many as asked', async () => {
    const { metadata, clock } = await openWithBucket(open)
    const manifests = [1, 2, 3].map(() => manifestOf(2))
    for (const [at, manifest] of manifests.entries()) {
      await metadata.putObject(objectOf(`key-${at}`, manifest))
      await metadata.deleteObject('photos', `key-${at}`)
      clock.advance(1_000)
    }
    const due = async (ago: number, limit: number) =>
      (await metadata.dueGarbage({ before: new Date(clock.time - ago), limit })).map(
        ({ blobs, since }) => [[...blobs].sort(), clock.time - since.getTime()],
      )
    const expected = manifests.map((manifest, at) => [blobsOf(manifest), 3_000 - at * 1_000])
    expect(await due(0, 10)).toEqual(expected)
    expect(await due(1_000, 10)).toEqual(expected.slice(0, 2))
    expect(await due(999, 10)).toEqual(expected)
    expect(await due(0, 1)).toEqual(expected.slice(0, 1))
    expect(await due(3_000, 10)).toEqual([])
  })

  test('garbage that is not settled comes again, and settled garbage never', async () => {
    const { metadata, clock } = await openWithBucket(open)
    const manifest = manifestOf(2)
    await metadata.putObject(objectOf('a', manifest))
    await metadata.deleteObject('photos', 'a')
    const query = { before: clock.advance(1), limit: 10 }
    const [item] = await metadata.dueGarbage(query)
    expect(await metadata.dueGarbage(query)).toEqual([item])
    if (!item) throw new Error('There should be garbage.')
    await metadata.settleGarbage(item)
    await metadata.settleGarbage(item)
    expect(await metadata.dueGarbage(query)).toEqual([])
    // Settled blobs are forgotten altogether.
    expect(await metadata.condemnBlobs(blobsOf(manifest))).toEqual(blobsOf(manifest))
  })

  test.each(['aborted upload', 'replaced object', 'dropped parts'])(
    'much garbage comes in slices of at most 1,000, each blob once: %s',
    async (kind) => {
      const { metadata, clock } = await openWithBucket(open)
      let expected = manifestOf(2_500)
      if (kind === 'replaced object') {
        await metadata.putObject(objectOf('a', expected))
        await metadata.putObject(objectOf('a', []))
      } else {
        const upload = await openUpload(metadata, 'a')
        const parts = await commitParts(metadata, upload, 2_500)
        expected = parts.map(({ blobId }) => ({ blobId, blobOffset: 0, length: 10 }))
        if (kind === 'aborted upload') await metadata.abortUpload(upload)
        else
          await metadata.completeUpload(
            upload,
            publishing(() => false),
          )
      }
      const garbage = await collectAll(metadata, clock.advance(1))
      for (const { blobs } of garbage) expect(blobs.length).toBeLessThanOrEqual(1_000)
      expect(blobsIn(garbage)).toEqual(blobsOf(expected))
      expect(await metadata.condemnBlobs(blobsOf(expected))).toEqual(blobsOf(expected))
    },
  )

  test('a slice settled twice, late or by two collectors settles nothing but itself', async () => {
    const { metadata, clock } = await openWithBucket(open)
    const upload = await openUpload(metadata, 'a')
    const parts = await commitParts(metadata, upload, 2_500)
    await metadata.abortUpload(upload)
    const object = manifestOf(2_500)
    await metadata.putObject(objectOf('b', object))
    await metadata.deleteObject('photos', 'b')
    const query = { before: clock.advance(1), limit: 10 }
    const seen = new Map<string, Garbage>()
    for (;;) {
      const items = await metadata.dueGarbage(query)
      if (items.length === 0) break
      for (const item of items) {
        for (const blob of item.blobs) {
          expect(seen.has(blob)).toBe(false)
          seen.set(blob, item)
        }
        await Promise.all([metadata.settleGarbage(item), metadata.settleGarbage(item)])
        for (const earlier of new Set(seen.values())) await metadata.settleGarbage(earlier)
      }
    }
    expect([...seen.keys()].sort()).toEqual(blobsOf([...parts, ...object]))
  })

  test.each([3, 2_500])('a read that is open keeps the %i blobs of its object', async (count) => {
    const { metadata, clock } = await openWithBucket(open)
    const [first, second] = [manifestOf(count), manifestOf(1)]
    await metadata.putObject(objectOf('a', first))
    const reader = await metadata.openObject('photos', 'a')
    await metadata.putObject(objectOf('a', second))
    await metadata.deleteObject('photos', 'a')
    const later = clock.advance(1_000)
    expect(await metadata.dueGarbage({ before: later, limit: 10 })).toEqual([])
    const entries = []
    for await (const page of reader?.manifest(0) ?? []) entries.push(...page.entries)
    expect(entries).toEqual(first)
    reader?.release()
    reader?.release()
    expect(blobsIn(await collectAll(metadata, later))).toEqual(blobsOf([...first, ...second]))
  })

  test('a read keeps its blobs even when the clock goes back', async () => {
    const { metadata, clock } = await openWithBucket(open)
    await metadata.putObject(objectOf('a', manifestOf(1)))
    const reader = await metadata.openObject('photos', 'a')
    clock.advance(-60_000)
    await metadata.deleteObject('photos', 'a')
    const later = clock.advance(3_600_000)
    expect(await metadata.dueGarbage({ before: later, limit: 10 })).toEqual([])
    reader?.release()
    expect(await collectAll(metadata, later)).not.toEqual([])
  })

  test('a read does not keep what was garbage before it began', async () => {
    const { metadata, clock } = await openWithBucket(open)
    const manifest = manifestOf(1)
    await metadata.putObject(objectOf('a', manifest))
    await metadata.putObject(objectOf('b', manifestOf(1)))
    await metadata.deleteObject('photos', 'a')
    const reader = await metadata.openObject('photos', 'b')
    const garbage = await collectAll(metadata, clock.advance(1))
    expect(blobsIn(garbage)).toEqual(blobsOf(manifest))
    reader?.release()
  })

  test('each of two reads keeps the garbage, until the last is over', async () => {
    const { metadata, clock } = await openWithBucket(open)
    await metadata.putObject(objectOf('a', manifestOf(1)))
    const readers = [
      await metadata.openObject('photos', 'a'),
      await metadata.openObject('photos', 'a'),
    ]
    await metadata.deleteObject('photos', 'a')
    const query = { before: clock.advance(1), limit: 10 }
    readers[0]?.release()
    readers[0]?.release()
    expect(await metadata.dueGarbage(query)).toEqual([])
    readers[1]?.release()
    expect(await metadata.dueGarbage(query)).toHaveLength(1)
  })

  test('a blob is condemned only if nothing names it and it is not garbage', async () => {
    const { metadata } = await openWithBucket(open)
    const upload = await openUpload(metadata, 'a')
    const [part] = await commitParts(metadata, upload, 1)
    const object = manifestOf(20)
    await metadata.putObject(objectOf('b', object))
    const garbage = manifestOf(20)
    await metadata.putObject(objectOf('c', garbage))
    await metadata.deleteObject('photos', 'c')
    const unnamed = [newBlob(), newBlob()].sort()
    const all = [...unnamed, part?.blobId ?? newBlob(), ...blobsOf(object), ...blobsOf(garbage)]
    expect([...(await metadata.condemnBlobs(all))].sort()).toEqual(unnamed)
    expect([...(await metadata.listCondemned(10))].sort()).toEqual(unnamed)
    expect(await metadata.listCondemned(1)).toHaveLength(1)
    // A collector that died in between claims them again.
    expect([...(await metadata.condemnBlobs(all))].sort()).toEqual(unnamed)
    await metadata.absolveBlobs(unnamed)
    await metadata.absolveBlobs(unnamed)
    expect(await metadata.listCondemned(10)).toEqual([])
    expect(await metadata.condemnBlobs([])).toEqual([])
  })

  test('a condemned blob is refused by every publish, and nothing changes', async () => {
    const { metadata, clock } = await openWithBucket(open)
    const upload = await openUpload(metadata, 'a')
    const [kept] = await commitParts(metadata, upload, 1)
    const blobId = newBlob()
    await metadata.condemnBlobs([blobId])
    expect(await metadata.commitPart(upload, partNumbered(1, { blobId }))).toBe('condemned')
    const manifest = [...manifestOf(20), { blobId, blobOffset: 0, length: 1 }]
    expect(await metadata.putObject(objectOf('b', manifest))).toBe('condemned')
    expect((await metadata.listParts(upload, { after: 0, limit: 9 }))?.rows).toEqual([kept])
    expect(await metadata.findObject('photos', 'b')).toBeUndefined()
    expect(await collectAll(metadata, clock.advance(1))).toEqual([])
  })

  test('many blobs are condemned and absolved at once', async () => {
    const { metadata } = await openWithBucket(open)
    const blobs = blobsOf(manifestOf(2_500))
    expect([...(await metadata.condemnBlobs(blobs))].sort()).toEqual(blobs)
    expect(await metadata.listCondemned(5_000)).toHaveLength(2_500)
    await metadata.absolveBlobs(blobs)
    expect(await metadata.listCondemned(5_000)).toEqual([])
  })

  test('an object that is read again and again is whole each time', async () => {
    const { metadata, clock } = await openWithBucket(open)
    const manifest = manifestOf(1_500)
    await metadata.putObject(objectOf('a', manifest))
    for (let round = 0; round < 5; round++) {
      expect((await readManifest(metadata, 'a')).entries).toEqual(manifest)
      await collectAll(metadata, clock.advance(1_000))
    }
  })
}
