import { createHash } from 'node:crypto'
import {
  combineCrc64,
  crc64,
  type ETag,
  md5ETag,
  multipartETag,
  type PartReference,
  parseETag,
  type UploadId,
} from '@lading/protocol'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { BlobId } from '../ports/blob-store.ts'
import type { Completion, Part, StoredObject, Upload } from '../ports/metadata-store.ts'
import { decide, requireAscending } from './complete-upload.ts'
import {
  filled,
  initiate,
  LEAST,
  noAttributes,
  openStore,
  putPart,
  putText,
  readAll,
  readText,
  refusalOf,
} from './store-samples.contract.ts'

const uploadId = '0004B9B2D2F7815C432C9057C031AA01' as UploadId
const upload: Upload = {
  bucket: 'photos',
  key: 'cat.jpg',
  uploadId,
  initiatedAt: new Date(0),
  attributes: { ...noAttributes, storageClass: 'Standard', contentType: 'image/jpeg' },
}
const completedAt = new Date(1_700_000_000_000)

describe('the rule', () => {
  test('listed parts become the object, in the order of their numbers', () => {
    const held = [heldPart(1, LEAST), heldPart(5, LEAST + 7), heldPart(8, 3)]
    const { object, dropped } = run(held, referTo(held))
    expect(object.manifest).toEqual([
      { blobId: 'blob-1', blobOffset: 0, length: LEAST },
      { blobId: 'blob-5', blobOffset: 0, length: LEAST + 7 },
      { blobId: 'blob-8', blobOffset: 0, length: 3 },
    ])
    expect(object).toMatchObject({
      bucket: 'photos',
      key: 'cat.jpg',
      type: 'Multipart',
      size: 2 * LEAST + 10,
      md5: undefined,
      modifiedAt: completedAt,
      attributes: upload.attributes,
    })
    expect(dropped).toEqual([])
  })

  test('the ETag is the MD5 of the text of the part ETags, and their number', () => {
    const held = [heldPart(1, LEAST), heldPart(2, 5)]
    const text = held.map((part) => Buffer.from(part.md5).toString('hex').toUpperCase()).join('')
    const md5 = createHash('md5').update(text).digest('hex').toUpperCase()
    expect(run(held, referTo(held)).object.etag).toBe(`${md5}-2`)
  })

  test('one part makes an ETag of one part', () => {
    const held = [heldPart(1, 5)]
    expect(run(held, referTo(held)).object.etag).toMatch(/^[0-9A-F]{32}-1$/)
  })

  test('the CRC-64 is that of all the bytes', () => {
    const all = filled(2 * LEAST + 9, 4)
    const cuts = [0, LEAST, 2 * LEAST, all.length]
    const held = [1, 2, 3].map((partNumber, index) => {
      const bytes = all.slice(cuts[index], cuts[index + 1])
      return { ...heldPart(partNumber, bytes.length), crc64: crc64(bytes) }
    })
    expect(run(held, referTo(held)).object.crc64).toBe(crc64(all))
  })

  test('a part that is held and not listed is dropped', () => {
    const held = [heldPart(1, 10), heldPart(2, LEAST), heldPart(3, 10), heldPart(9, 10)]
    const { object, dropped } = run(held, referTo([heldPart(2, LEAST), heldPart(3, 10)]))
    expect(object.size).toBe(LEAST + 10)
    expect(dropped).toEqual(['blob-1', 'blob-9'])
  })

  test('an empty list makes an empty object and drops every part', () => {
    const { object, dropped } = run([heldPart(1, LEAST), heldPart(2, 5)], [])
    expect(object).toMatchObject({ size: 0, crc64: 0n, manifest: [] })
    expect(object.etag).toBe('D41D8CD98F00B204E9800998ECF8427E-0')
    expect(dropped).toEqual(['blob-1', 'blob-2'])
  })

  test('"all" takes every part there is, with the same outcome as listing them', () => {
    const held = [heldPart(1, LEAST), heldPart(4, LEAST), heldPart(6, 63 * 1024)]
    expect(run(held, 'all')).toEqual(run(held, referTo(held)))
  })

  test('a part without bytes stands in the ETag and not in the manifest', () => {
    const held = [heldPart(1, LEAST), heldPart(2, 0)]
    const { object, dropped } = run(held, referTo(held))
    expect(object.manifest).toEqual([{ blobId: 'blob-1', blobOffset: 0, length: LEAST }])
    expect(object.etag).toMatch(/-2$/)
    expect(dropped).toEqual(['blob-2'])
  })

  test('ETags are compared without regard to case', () => {
    const held = [heldPart(1, 10)]
    const lower = referTo(held).map(({ partNumber, etag }) => ({
      partNumber,
      etag: parseETag(etag.toLowerCase()),
    }))
    expect(run(held, lower)).toEqual(run(held, referTo(held)))
  })

  test.each([
    ['below those held', [2, 3], 1],
    ['between those held', [1, 3], 2],
    ['above those held', [1, 2], 3],
    ['of an upload without parts', [], 1],
  ])('a listed part that is not held is refused: one %s', (_, numbers, missing) => {
    const held = numbers.map((number) => heldPart(number, LEAST))
    const listed = [...new Set([...numbers, missing])]
      .sort((a, b) => a - b)
      .map((number) => heldPart(number, LEAST))
    expect(() => run(held, referTo(listed))).toThrow(
      expect.objectContaining({
        code: 'InvalidPart',
        status: 400,
        details: {
          ETag: etagOf(heldPart(missing, LEAST)),
          PartNumber: String(missing),
          UploadId: uploadId,
        },
      }),
    )
  })

  test('a part listed with another ETag is refused, with the ETag as it was given', () => {
    const held = [heldPart(1, 10)]
    expect(() => run(held, [{ partNumber: 1, etag: parseETag('undefined') }])).toThrow(
      expect.objectContaining({
        code: 'InvalidPart',
        details: { ETag: 'undefined', PartNumber: '1', UploadId: uploadId },
      }),
    )
  })

  test('a part that is too small is refused unless it is the last one listed', () => {
    const held = [heldPart(1, LEAST), heldPart(2, LEAST - 1), heldPart(3, LEAST)]
    expect(() => run(held, referTo(held))).toThrow(
      expect.objectContaining({
        code: 'EntityTooSmall',
        status: 400,
        ec: '0042-00000213',
        details: {
          MinSizeAllowed: '102400',
          ProposedSize: '102399',
          ETag: `"${etagOf(heldPart(2, LEAST - 1))}"`,
          PartNumber: '2',
        },
      }),
    )
    expect(run(held, referTo(held.slice(0, 2))).object.size).toBe(2 * LEAST - 1)
  })

  test('the first of several small parts is the one that is named', () => {
    const held = [heldPart(1, 1), heldPart(2, 2), heldPart(3, 3)]
    expect(() => run(held, 'all')).toThrow(
      expect.objectContaining({ details: expect.objectContaining({ PartNumber: '1' }) }),
    )
  })

  test('a part that is missing is told before one that is too small', () => {
    const held = [heldPart(1, 5), heldPart(2, LEAST)]
    const listed = referTo([...held, heldPart(3, LEAST)])
    expect(() => run(held, listed)).toThrow(expect.objectContaining({ code: 'InvalidPart' }))
  })

  test('a small part is told before an object that must not be replaced', () => {
    const held = [heldPart(1, 5), heldPart(2, LEAST)]
    const outcome = (): Completion =>
      run(held, 'all', { forbidOverwrite: true, current: someObject })
    expect(outcome).toThrow(expect.objectContaining({ code: 'EntityTooSmall' }))
  })

  test('an object that must not be replaced is not replaced', () => {
    const held = [heldPart(1, 5)]
    expect(() => run(held, 'all', { forbidOverwrite: true, current: someObject })).toThrow(
      expect.objectContaining({ code: 'FileAlreadyExists', status: 409 }),
    )
    expect(run(held, 'all', { forbidOverwrite: true }).object.size).toBe(5)
    expect(run(held, 'all', { current: someObject }).object.size).toBe(5)
  })

  test('10,000 parts become one object', () => {
    const held = Array.from({ length: 10_000 }, (_, index) => heldPart(index + 1, LEAST))
    const { object, dropped } = run(held, referTo(held))
    expect(object.size).toBe(10_000 * LEAST)
    expect(object.manifest).toHaveLength(10_000)
    expect(object.etag).toBe(multipartETag(held.map(etagOf)))
    expect(dropped).toEqual([])
  })

  test('any list of any parts comes to what a plain reading of the rules says', () => {
    const size = fc.constantFrom(0, 1, LEAST - 1, LEAST, LEAST + 1)
    const heldParts = fc
      .uniqueArray(fc.record({ number: fc.integer({ min: 1, max: 9 }), size }), {
        selector: ({ number }) => number,
        maxLength: 9,
      })
      .map((parts) =>
        parts
          .sort((a, b) => a.number - b.number)
          .map(({ number, size: bytes }) => heldPart(number, bytes)),
      )
    const asked = fc.uniqueArray(
      fc.record({ number: fc.integer({ min: 1, max: 9 }), wrong: fc.boolean() }),
      { selector: ({ number }) => number, maxLength: 4 },
    )
    const pageSize = fc.integer({ min: 1, max: 4 })
    const codes = new Set<string>()
    fc.assert(
      fc.property(heldParts, asked, fc.boolean(), pageSize, (held, wanted, all, page) => {
        const byNumber = new Map(held.map((part) => [part.partNumber, part]))
        const listed: PartReference[] = wanted
          .sort((a, b) => a.number - b.number)
          .map(({ number, wrong }) => ({
            partNumber: number,
            etag: parseETag(
              wrong && number % 2 === 0
                ? 'BAD'
                : etagOf(byNumber.get(number) ?? heldPart(number, 1)),
            ),
          }))
        const parts = all ? 'all' : listed
        const outcome = plainReading(held, parts)
        codes.add(typeof outcome === 'string' ? outcome : 'ok')
        if (typeof outcome === 'string') {
          expect(() => run(held, parts, { pageSize: page })).toThrow(
            expect.objectContaining({ code: outcome }),
          )
          return
        }
        const { object, dropped } = run(held, parts, { pageSize: page })
        expect(object.manifest.map(({ blobId, length }) => [blobId, length])).toEqual(
          outcome.filter((part) => part.size > 0).map((part) => [part.blobId, part.size]),
        )
        expect(object.size).toBe(outcome.reduce((sum, part) => sum + part.size, 0))
        expect(object.etag).toBe(multipartETag(outcome.map(etagOf)))
        expect(object.crc64).toBe(
          outcome.reduce((sum, part) => combineCrc64(sum, part.crc64, part.size), 0n),
        )
        const used = new Set(object.manifest.map(({ blobId }) => blobId))
        expect(new Set([...used, ...dropped])).toEqual(new Set(held.map((part) => part.blobId)))
        expect(dropped.filter((blob) => used.has(blob))).toEqual([])
      }),
      { numRuns: 1000 },
    )
    expect([...codes].sort()).toEqual(['EntityTooSmall', 'InvalidPart', 'ok'])
  })
})

test.each([
  ['descending', [2, 1]],
  ['equal', [1, 1]],
  ['descending in the middle', [1, 5, 4, 9]],
])('%s part numbers are refused', (_, numbers) => {
  expect(() => requireAscending(numbers.map(reference), uploadId)).toThrow(
    expect.objectContaining({
      code: 'InvalidPartOrder',
      status: 400,
      ec: '0042-00000209',
      details: { UploadId: uploadId },
    }),
  )
})

test('gaps between part numbers are no matter', () => {
  expect(() => requireAscending([1, 5, 8, 10_000].map(reference), uploadId)).not.toThrow()
})

describe('an upload', () => {
  test('its parts, sent in any order, become one object of their bytes', async () => {
    const { store } = await openStore()
    const ref = await initiate(store)
    const pieces = [filled(LEAST, 1), filled(LEAST + 1, 2), filled(17, 3)]
    const parts = new Map<number, Part>()
    for (const number of [3, 1, 2]) {
      parts.set(number, await putPart(store, ref, number, pieces[number - 1] ?? ''))
    }
    const held = [1, 2, 3].flatMap((number) => parts.get(number) ?? [])
    await store.completeUpload({ upload: ref, parts: referTo(held), forbidOverwrite: false })
    expect(await readAll(store, 'cat.jpg')).toEqual(new Uint8Array(Buffer.concat(pieces)))
  })

  test('until it is completed there is no object, or the one there was', async () => {
    const { store } = await openStore()
    const fresh = await initiate(store, 'fresh')
    await putPart(store, fresh, 1, 'new')
    expect(await refusalOf(store.getObject('photos', 'fresh'))).toMatchObject({ code: 'NoSuchKey' })

    await putText(store, 'cat.jpg', 'old')
    const replacing = await initiate(store)
    await putPart(store, replacing, 1, 'new')
    expect(await readText(store, 'cat.jpg')).toBe('old')
    await store.completeUpload({ upload: replacing, parts: 'all', forbidOverwrite: false })
    expect(await readText(store, 'cat.jpg')).toBe('new')
  })

  test('the order of the list is judged before the upload is looked for', async () => {
    const { store } = await openStore()
    const ref = await initiate(store)
    await store.abortUpload(ref)
    const complete = (numbers: number[]): Promise<unknown> =>
      store.completeUpload({ upload: ref, parts: numbers.map(reference), forbidOverwrite: false })
    expect(await refusalOf(complete([2, 1]))).toMatchObject({ code: 'InvalidPartOrder' })
    expect(await refusalOf(complete([1, 2]))).toMatchObject({ code: 'NoSuchUpload' })
  })

  test('completing it twice is refused the second time', async () => {
    const { store } = await openStore()
    const ref = await initiate(store)
    await putPart(store, ref, 1, 'part')
    const again = { upload: ref, parts: 'all', forbidOverwrite: false } as const
    await store.completeUpload(again)
    expect(await refusalOf(store.completeUpload(again))).toMatchObject({
      code: 'NoSuchUpload',
      status: 404,
      ec: '0042-00000203',
      details: { UploadId: ref.uploadId },
    })
  })

  test('what refuses to complete it leaves it open, with all its parts', async () => {
    const { store } = await openStore()
    await putText(store, 'cat.jpg', 'old')
    const ref = await initiate(store)
    const part = await putPart(store, ref, 1, 'part')
    const small = await putPart(store, ref, 2, 'tail')
    const attempts = [
      { parts: [reference(1)], forbidOverwrite: false },
      { parts: referTo([part, small]), forbidOverwrite: false },
      { parts: referTo([part]), forbidOverwrite: true },
    ]
    const codes: string[] = []
    for (const attempt of attempts) {
      codes.push((await refusalOf(store.completeUpload({ upload: ref, ...attempt }))).code)
    }
    expect(codes).toEqual(['InvalidPart', 'EntityTooSmall', 'FileAlreadyExists'])
    const { page } = await store.listParts(ref, { after: 0, limit: 10 })
    expect(page.rows).toEqual([part, small])
    const done = await store.completeUpload({
      upload: ref,
      parts: referTo([part]),
      forbidOverwrite: false,
    })
    expect(done.size).toBe(4)
  })

  test('of two who complete it at once one is refused', async () => {
    const { store } = await openStore()
    const ref = await initiate(store)
    await putPart(store, ref, 1, 'part')
    const again = { upload: ref, parts: 'all', forbidOverwrite: false } as const
    const outcomes = await Promise.allSettled([
      store.completeUpload(again),
      store.completeUpload(again),
      store.abortUpload(ref),
    ])
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })
})

interface RunOptions {
  readonly forbidOverwrite?: boolean
  readonly current?: StoredObject
  readonly pageSize?: number
}

/** Feeds the rule as a driver does. */
function run(
  held: readonly Part[],
  parts: readonly PartReference[] | 'all',
  { forbidOverwrite = false, current, pageSize = 1000 }: RunOptions = {},
): Completion {
  const rule = decide(upload, { parts, forbidOverwrite }, completedAt)
  for (let at = 0; at < held.length; at += pageSize) rule.page(held.slice(at, at + pageSize))
  return rule.finish(current)
}

/** The parts that make the object, or the refusal: the rules, one after the other. */
function plainReading(
  held: readonly Part[],
  parts: readonly PartReference[] | 'all',
): readonly Part[] | string {
  const taken: Part[] = []
  for (const { partNumber, etag } of parts === 'all' ? referTo(held) : parts) {
    const part = held.find((candidate) => candidate.partNumber === partNumber)
    if (!part || etagOf(part) !== etag) return 'InvalidPart'
    taken.push(part)
  }
  return taken.slice(0, -1).some((part) => part.size < LEAST) ? 'EntityTooSmall' : taken
}

function heldPart(partNumber: number, size: number): Part {
  const text = `${partNumber}:${size}`
  return {
    partNumber,
    blobId: `blob-${partNumber}` as BlobId,
    size,
    md5: createHash('md5').update(text).digest(),
    crc64: size === 0 ? 0n : crc64(Buffer.from(text)),
    uploadedAt: new Date(0),
  }
}

function etagOf(part: Part): ETag {
  return md5ETag(part.md5)
}

function referTo(parts: readonly Part[]): PartReference[] {
  return parts.map((part) => ({ partNumber: part.partNumber, etag: etagOf(part) }))
}

function reference(partNumber: number): PartReference {
  return { partNumber, etag: parseETag('ABC') }
}

const someObject: StoredObject = {
  bucket: 'photos',
  key: 'cat.jpg',
  type: 'Normal',
  size: 1,
  etag: parseETag('ABC'),
  crc64: 1n,
  md5: undefined,
  modifiedAt: new Date(0),
  attributes: upload.attributes,
  versionId: 'null',
}
