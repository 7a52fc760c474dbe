/** The contract of metadata stores: uploads, their parts, their two ends. */

import type { UploadId } from '@lading/protocol'
import { expect, test } from 'vitest'
import {
  blobsIn,
  blobsOf,
  bucketNamed,
  collectAll,
  commitParts,
  manifestOf,
  newBlob,
  noUpload,
  type OpenMetadata,
  objectOf,
  openUpload,
  openWithBucket,
  partNumbered,
  plain,
  publishing,
  readManifest,
  someTime,
} from './metadata-samples.contract.ts'
import type { Part, StoredObject, UploadRef } from './metadata-store.ts'

/** References that are almost right. */
function wrong(upload: UploadRef): UploadRef[] {
  const { uploadId } = upload
  return [
    { ...upload, key: `${upload.key}x` },
    { ...upload, key: upload.key.slice(0, -1) },
    { ...upload, bucket: 'films' },
    { ...upload, uploadId: uploadId.toLowerCase() as UploadId },
    { ...upload, uploadId: uploadId.slice(0, -1) as UploadId },
    { ...upload, uploadId: `${uploadId}0` as UploadId },
    { ...upload, uploadId: '' as UploadId },
    { ...upload, uploadId: `x\0${'é'.repeat(3_000)}` as UploadId },
    noUpload(upload),
  ]
}

export function describeUploads(open: OpenMetadata): void {
  test('upload ids are 32 upper-case hex characters and ascend, even when the clock goes back', async () => {
    const { metadata, clock } = await openWithBucket(open)
    const ids: UploadId[] = []
    for (const step of [0, 0, 1, 500, -10_000, 0, -1, 20_000, 0]) {
      clock.advance(step)
      ids.push((await openUpload(metadata, 'k')).uploadId)
    }
    for (const id of ids) expect(id).toMatch(/^[0-9A-F]{32}$/)
    expect([...ids].sort()).toEqual(ids)
    expect(new Set(ids).size).toBe(ids.length)
    const many = await Promise.all(Array.from({ length: 100 }, () => openUpload(metadata, 'k')))
    expect(new Set(many.map(({ uploadId }) => uploadId)).size).toBe(100)
  })

  test('an upload is found by bucket, key and id together', async () => {
    const { metadata } = await openWithBucket(open)
    await metadata.createBucket(bucketNamed('films'))
    const upload = await openUpload(metadata, 'dir/🦊')
    expect(upload).toMatchObject({ bucket: 'photos', key: 'dir/🦊', attributes: plain })
    expect(upload.initiatedAt).toEqual(someTime)
    expect(await metadata.findUpload(upload)).toEqual(upload)
    for (const ref of wrong(upload)) {
      expect(await metadata.findUpload(ref)).toBeUndefined()
      expect(await metadata.commitPart(ref, partNumbered(1))).toBe('no-upload')
      expect(await metadata.listParts(ref, { after: 0, limit: 10 })).toBeUndefined()
      expect(await metadata.completeUpload(ref, publishing())).toBeUndefined()
      expect(await metadata.abortUpload(ref)).toBe(false)
    }
    expect(await metadata.findUpload(upload)).toEqual(upload)
  })

  test('a guard sees the object that is there and can refuse a new upload', async () => {
    const { metadata } = await openWithBucket(open)
    const seen: (StoredObject | undefined)[] = []
    const begin = { bucket: 'photos', key: 'a', initiatedAt: someTime, attributes: plain }
    await metadata.createUpload(begin, (current) => seen.push(current))
    const { manifest: _, ...object } = objectOf('a', manifestOf(1))
    await metadata.putObject({ ...object, manifest: manifestOf(1) })
    const refusal = new Error('exists')
    const refused = metadata.createUpload(begin, (current) => {
      seen.push(current)
      throw refusal
    })
    await expect(refused).rejects.toBe(refusal)
    expect(seen[0]).toBeUndefined()
    expect(seen.at(-1)).toEqual({ ...object, versionId: 'null' })
    const query = { prefix: '', delimiter: '', after: undefined, afterUploadId: undefined }
    const uploads = await metadata.listUploads('photos', { ...query, limit: 10 })
    expect(uploads.rows).toHaveLength(1)
  })

  test('parts are listed by number, in pages, as they were committed', async () => {
    const { metadata } = await openWithBucket(open)
    const upload = await openUpload(metadata, 'a')
    const numbers = [10_000, 2, 255, 256, 1, 9_999, 257, 3]
    const parts = numbers.map((number) => partNumbered(number, { size: 5_000_000_000 + number }))
    for (const part of parts) await metadata.commitPart(upload, part)
    const inOrder = [...parts].sort((a, b) => a.partNumber - b.partNumber)
    const list = (after: number, limit: number) => metadata.listParts(upload, { after, limit })
    expect(await list(0, 100)).toEqual({ rows: inOrder, truncated: false })
    expect(await list(0, 8)).toEqual({ rows: inOrder, truncated: false })
    expect(await list(0, 3)).toEqual({ rows: inOrder.slice(0, 3), truncated: true })
    expect(await list(3, 3)).toEqual({ rows: inOrder.slice(3, 6), truncated: true })
    expect(await list(9_999, 3)).toEqual({ rows: inOrder.slice(7), truncated: false })
    expect(await list(10_000, 3)).toEqual({ rows: [], truncated: false })
    expect(await list(4_000_000_000, 3)).toEqual({ rows: [], truncated: false })
  })

  test('a part sent twice counts once, with the later bytes, and the earlier become garbage', async () => {
    const { metadata, clock } = await openWithBucket(open)
    const upload = await openUpload(metadata, 'a')
    const [first, second] = [partNumbered(1), partNumbered(1, { size: 7 })]
    await metadata.commitPart(upload, first)
    await metadata.commitPart(upload, second)
    const page = await metadata.listParts(upload, { after: 0, limit: 10 })
    expect(page?.rows).toEqual([second])
    const garbage = await collectAll(metadata, clock.advance(1))
    expect(blobsIn(garbage)).toEqual([first.blobId])
  })

  test('a part committed again with the same blob makes no garbage', async () => {
    const { metadata, clock } = await openWithBucket(open)
    const upload = await openUpload(metadata, 'a')
    const part = partNumbered(1)
    await metadata.commitPart(upload, part)
    expect(await metadata.commitPart(upload, { ...part, uploadedAt: clock.now() })).toBe(
      'committed',
    )
    expect(await collectAll(metadata, clock.advance(1))).toEqual([])
    expect(await metadata.condemnBlobs([part.blobId])).toEqual([])
  })

  test('a blob has one owner: to name it twice is refused and changes nothing', async () => {
    const { metadata, clock } = await openWithBucket(open)
    const upload = await openUpload(metadata, 'a')
    const [one, two] = await commitParts(metadata, upload, 2)
    if (!one || !two) throw new Error('unreachable')
    await expect(metadata.commitPart(upload, { ...two, blobId: one.blobId })).rejects.toThrow(
      one.blobId,
    )
    const stolen = objectOf('b', [{ blobId: two.blobId, blobOffset: 0, length: 1 }])
    await expect(metadata.putObject(stolen)).rejects.toThrow(two.blobId)
    await metadata.commitPart(upload, partNumbered(1))
    // Now it is garbage, and what is garbage may be deleted at any moment.
    await expect(metadata.commitPart(upload, { ...two, blobId: one.blobId })).rejects.toThrow(
      one.blobId,
    )
    expect(await metadata.findObject('photos', 'b')).toBeUndefined()
    expect(blobsIn(await collectAll(metadata, clock.advance(1)))).toEqual([one.blobId])
  })

  test('what a caller does to a part afterwards does not change it', async () => {
    const { metadata } = await openWithBucket(open)
    const upload = await openUpload(metadata, 'a')
    const md5 = Buffer.alloc(16, 1)
    const committing = metadata.commitPart(upload, partNumbered(1, { md5 }))
    md5.fill(2)
    await committing
    const page = await metadata.listParts(upload, { after: 0, limit: 1 })
    expect(page?.rows[0]?.md5).toEqual(new Uint8Array(16).fill(1))
  })

  test('an aborted upload is gone for every operation, and its parts are garbage', async () => {
    const { metadata, clock } = await openWithBucket(open)
    const upload = await openUpload(metadata, 'a')
    const parts = await commitParts(metadata, upload, 3)
    expect(await metadata.abortUpload(upload)).toBe(true)
    await expectGone(metadata, upload)
    expect(blobsIn(await collectAll(metadata, clock.advance(1)))).toEqual(blobsOf(parts))
  })

  test('a completed upload is gone for every operation, and the object has its parts', async () => {
    const { metadata, clock } = await openWithBucket(open)
    const upload = await openUpload(metadata, 'a')
    const parts = await commitParts(metadata, upload, 3)
    const object = await metadata.completeUpload(upload, publishing())
    expect(object).toMatchObject({ bucket: 'photos', key: 'a', type: 'Multipart', size: 306 })
    expect(object).not.toHaveProperty('manifest')
    expect(object?.attributes).toEqual(plain)
    expect(await metadata.findObject('photos', 'a')).toEqual(object)
    const { entries } = await readManifest(metadata, 'a')
    expect(entries.map(({ blobId }) => blobId)).toEqual(parts.map(({ blobId }) => blobId))
    await expectGone(metadata, upload)
    expect(blobsIn(await collectAll(metadata, clock.advance(1)))).toEqual([])
    expect(await metadata.condemnBlobs(blobsOf(parts))).toEqual([])
  })

  test('parts that a completion drops become garbage', async () => {
    const { metadata, clock } = await openWithBucket(open)
    const upload = await openUpload(metadata, 'a')
    const parts = await commitParts(metadata, upload, 30)
    const odd = (part: Part) => part.partNumber % 2 === 1
    await metadata.completeUpload(upload, publishing(odd))
    const garbage = await collectAll(metadata, clock.advance(1))
    expect(blobsIn(garbage)).toEqual(blobsOf(parts.filter((part) => !odd(part))))
    const { entries } = await readManifest(metadata, 'a')
    expect(blobsOf(entries)).toEqual(blobsOf(parts.filter(odd)))
  })

  test('a completion may publish an object without bytes', async () => {
    const { metadata, clock } = await openWithBucket(open)
    const upload = await openUpload(metadata, 'a')
    const parts = await commitParts(metadata, upload, 2)
    await metadata.completeUpload(
      upload,
      publishing(() => false),
    )
    expect((await metadata.findObject('photos', 'a'))?.size).toBe(0)
    expect((await readManifest(metadata, 'a')).entries).toEqual([])
    expect(blobsIn(await collectAll(metadata, clock.advance(1)))).toEqual(blobsOf(parts))
  })

  test('what a completion replaces becomes garbage, and the rule has seen it', async () => {
    const { metadata, clock } = await openWithBucket(open)
    const manifest = manifestOf(3)
    await metadata.putObject(objectOf('a', manifest))
    const before = await metadata.findObject('photos', 'a')
    const upload = await openUpload(metadata, 'a')
    await commitParts(metadata, upload, 2)
    let seen: StoredObject | undefined
    const rule = publishing(undefined, (current) => {
      seen = current
    })
    await metadata.completeUpload(upload, rule)
    expect(seen).toEqual(before)
    expect(blobsIn(await collectAll(metadata, clock.advance(1)))).toEqual(blobsOf(manifest))
  })

  test.each(['decide', 'page', 'finish'])(
    'a throw from %s refuses and changes nothing',
    async (at) => {
      const { metadata, clock } = await openWithBucket(open)
      const upload = await openUpload(metadata, 'a')
      const parts = await commitParts(metadata, upload, 2)
      const refusal = new Error('InvalidPart')
      const refuseIn = (place: string) => {
        if (place === at) throw refusal
      }
      const completing = metadata.completeUpload(upload, (found) => {
        refuseIn('decide')
        const rule = publishing()(found)
        return {
          page(page) {
            refuseIn('page')
            rule.page(page)
          },
          finish(current) {
            refuseIn('finish')
            return rule.finish(current)
          },
        }
      })
      await expect(completing).rejects.toBe(refusal)
      expect(await metadata.findObject('photos', 'a')).toBeUndefined()
      expect((await metadata.listParts(upload, { after: 0, limit: 9 }))?.rows).toEqual(parts)
      expect(await collectAll(metadata, clock.advance(1))).toEqual([])
      expect(await metadata.completeUpload(upload, publishing())).toBeDefined()
    },
  )

  test('the rule is fed every part once, ascending, in pages of at most 1,000', async () => {
    const { metadata, clock } = await openWithBucket(open)
    const upload = await openUpload(metadata, 'a')
    const parts = await commitParts(metadata, upload, 2_500)
    const pages: number[] = []
    const object = await metadata.completeUpload(upload, (found) => {
      const rule = publishing()(found)
      pages.length = 0
      return {
        page(page) {
          pages.push(page.length)
          rule.page(page)
        },
        finish: (current) => rule.finish(current),
      }
    })
    expect(Math.max(...pages)).toBeLessThanOrEqual(1_000)
    expect(object?.etag).toBe(`${parts.map(({ partNumber }) => partNumber).join()}-2500`)
    const { entries } = await readManifest(metadata, 'a')
    expect(entries).toEqual(
      parts.map(({ blobId, size }) => ({ blobId, blobOffset: 0, length: size })),
    )
    expect(blobsIn(await collectAll(metadata, clock.advance(1)))).toEqual([])
    await expectGone(metadata, upload)
  })

  test('other uploads of the same key are untouched by what happens to one', async () => {
    const { metadata } = await openWithBucket(open)
    const uploads = await Promise.all([1, 2, 3].map(() => openUpload(metadata, 'a')))
    const [one, two, three] = uploads
    if (!one || !two || !three) throw new Error('unreachable')
    for (const upload of uploads) await commitParts(metadata, upload, 2)
    await metadata.abortUpload(one)
    await metadata.completeUpload(two, publishing())
    expect((await metadata.listParts(three, { after: 0, limit: 9 }))?.rows).toHaveLength(2)
    expect(await metadata.completeUpload(three, publishing())).toBeDefined()
  })

  async function expectGone(
    metadata: Parameters<typeof openUpload>[0],
    upload: UploadRef,
  ): Promise<void> {
    expect(await metadata.findUpload(upload)).toBeUndefined()
    expect(await metadata.commitPart(upload, partNumbered(1, { blobId: newBlob() }))).toBe(
      'no-upload',
    )
    expect(await metadata.listParts(upload, { after: 0, limit: 10 })).toBeUndefined()
    expect(await metadata.completeUpload(upload, publishing())).toBeUndefined()
    expect(await metadata.abortUpload(upload)).toBe(false)
  }
}
