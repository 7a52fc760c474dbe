import type { ETag, UploadId } from '@lading/protocol'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { BlobId } from '../../ports/blob-store.ts'
import {
  afterAll,
  blobKey,
  garbageKey,
  justAfter,
  partKey,
  readUint,
  segmentKey,
  textKey,
  writeUint,
} from './keys.ts'
import {
  decodeBucket,
  decodeEntries,
  decodeGarbage,
  decodeLease,
  decodeObject,
  decodeObjectAndWhereabouts,
  decodePart,
  decodeUpload,
  decodeUploadState,
  encodeBucket,
  encodeEntries,
  encodeGarbage,
  encodeLease,
  encodeObject,
  encodePart,
  encodeUpload,
  encodeUploadState,
} from './records.ts'

const hex = (length: number) =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((b) => Buffer.from(b).toString('hex'))
const blobId = hex(16).map((text) => text as BlobId)
const uploadId = hex(16).map((text) => text.toUpperCase() as UploadId)
const size = fc.nat(Number.MAX_SAFE_INTEGER)
const date = fc.nat(4_000_000_000_000).map((ms) => new Date(ms))
const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
const text = name.filter((value) => !value.includes('\0'))
const md5 = fc.uint8Array({ minLength: 16, maxLength: 16 })
const crc64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })
const attributes = fc.record({
  contentType: name,
  headers: fc.dictionary(name, name, { noNullPrototype: true }),
  userMetadata: fc.dictionary(name, name, { noNullPrototype: true }),
  storageClass: name,
})
const entries = fc.array(fc.record({ blobId, blobOffset: size, length: size }), { maxLength: 50 })

describe('what is written can be read back', () => {
  test('buckets', () => {
    const bucket = fc.record({
      name,
      owner: name,
      createdAt: date,
      acl: name,
      storageClass: name,
      dataRedundancyType: name,
    })
    fc.assert(
      fc.property(bucket, (row) => {
        expect(decodeBucket(row.name, encodeBucket(row))).toEqual(row)
      }),
    )
  })

  test('uploads and their state', () => {
    const upload = fc.record({ bucket: name, key: name, uploadId, initiatedAt: date, attributes })
    fc.assert(
      fc.property(upload, size, size, size, (row, epoch, parts, bytes) => {
        expect(decodeUpload(row, encodeUpload(row))).toEqual(row)
        const state = { epoch, parts, bytes }
        expect(decodeUploadState(encodeUploadState(state))).toEqual(state)
      }),
    )
  })

  test('parts, in 57 bytes', () => {
    const part = fc.record({
      partNumber: fc.integer({ min: 1, max: 10_000 }),
      blobId,
      size,
      md5,
      crc64,
      uploadedAt: date,
    })
    fc.assert(
      fc.property(part, uploadId, (row, upload) => {
        expect(encodePart(row)).toHaveLength(57)
        expect(decodePart(partKey(upload, row.partNumber), encodePart(row))).toEqual(row)
      }),
    )
  })

  test('objects, with their manifest and without', () => {
    const object = fc.record({
      bucket: name,
      key: name,
      type: fc.constantFrom('Normal', 'Multipart', 'Appendable', 'Symlink'),
      size,
      etag: name.map((value) => value as ETag),
      crc64,
      md5: fc.option(md5, { nil: undefined }),
      modifiedAt: date,
      attributes,
      versionId: fc.oneof(fc.constant('null'), uploadId),
    })
    const whereabouts = fc.oneof(
      fc.record({ kind: fc.constant('inline' as const), entries }),
      fc.record({ kind: fc.constant('segments' as const), id: size, starts: fc.array(size) }),
    )
    fc.assert(
      fc.property(object, whereabouts, (row, where) => {
        const bytes = encodeObject(row, where)
        expect(decodeObject(row.bucket, row.key, bytes)).toEqual(row)
        expect(decodeObjectAndWhereabouts(row.bucket, row.key, bytes)).toEqual({
          object: row,
          whereabouts: where,
        })
      }),
    )
  })

  test('segments of manifests, in 32 bytes an entry', () => {
    fc.assert(
      fc.property(entries, (row) => {
        expect(encodeEntries(row)).toHaveLength(1 + 32 * row.length)
        expect(decodeEntries(encodeEntries(row))).toEqual(row)
      }),
    )
  })

  test('garbage and leases', () => {
    const item = fc.oneof(
      fc.record({ kind: fc.constant('blobs' as const), blobs: fc.array(blobId) }),
      fc.record({ kind: fc.constant('manifest' as const), id: size }),
      fc.record({ kind: fc.constantFrom('parts' as const, 'part-rows' as const), uploadId }),
    )
    fc.assert(
      fc.property(item, size, size, (row, order, until) => {
        expect(decodeGarbage(encodeGarbage(row))).toEqual(row)
        expect(decodeLease(encodeLease({ order, until }))).toEqual({ order, until })
      }),
    )
  })
})

test('a row of another version is refused, not read as something else', () => {
  const rows: [Uint8Array, (row: Uint8Array) => unknown][] = [
    [encodeUploadState({ epoch: 1, parts: 1, bytes: 1 }), decodeUploadState],
    [encodeEntries([]), decodeEntries],
    [encodeGarbage({ kind: 'blobs', blobs: [] }), decodeGarbage],
    [encodeLease({ order: 1, until: 1 }), decodeLease],
  ]
  for (const [row, decode] of rows) {
    row[0] = 3
    expect(() => decode(row)).toThrow('layout 3')
    expect(() => decode(new Uint8Array(0))).toThrow('layout undefined')
  }
  expect(() => decodeGarbage(Uint8Array.of(1, 9))).toThrow('unknown kind')
})

describe('keys', () => {
  const order = (left: Uint8Array, right: Uint8Array) => Math.sign(Buffer.compare(left, right))

  test('texts are ordered as the bytes of each text in turn', () => {
    fc.assert(
      fc.property(text, text, text, text, (a, b, c, d) => {
        const first = order(Buffer.from(a), Buffer.from(c))
        const second = order(Buffer.from(b), Buffer.from(d))
        expect(order(textKey(a, b), textKey(c, d))).toBe(first === 0 ? second : first)
      }),
    )
  })

  test('numbers are ordered as numbers, and read back', () => {
    fc.assert(
      fc.property(size, size, size, size, (a, b, c, d) => {
        const expected = Math.sign(a - c) || Math.sign(b - d)
        expect(order(garbageKey(a, b), garbageKey(c, d))).toBe(expected)
        expect(readUint(garbageKey(a, b), 8)).toBe(b)
        expect(order(segmentKey(a), segmentKey(c))).toBe(Math.sign(a - c))
        const padded = new Uint8Array(20)
        writeUint(padded, 5, a)
        expect(readUint(padded, 5)).toBe(a)
      }),
    )
  })

  test('what follows a beginning follows all that begins so, and nothing else', () => {
    const bytes = fc.uint8Array({ minLength: 0, maxLength: 4 })
    const start = fc
      .uint8Array({ minLength: 1, maxLength: 3 })
      .filter((b) => b.some((n) => n < 255))
    fc.assert(
      fc.property(start, bytes, bytes, (begin, rest, other) => {
        const next = afterAll(begin)
        expect(order(new Uint8Array([...begin, ...rest]), next)).toBe(-1)
        const begins = Buffer.from(other.subarray(0, begin.length)).equals(begin)
        if (!begins && order(other, begin) > 0) expect(order(other, next)).toBeGreaterThanOrEqual(0)
      }),
    )
  })

  test('what follows a key is the least that does, and the key itself stays as it was', () => {
    const key = Buffer.from([1, 2, 255])
    expect([...afterAll(key)]).toEqual([1, 3])
    expect([...justAfter(key)]).toEqual([1, 2, 255, 0])
    expect([...key]).toEqual([1, 2, 255])
  })

  test('a key that would hold U+0000, or be too long, is refused', () => {
    expect(() => textKey('photos', 'a\0b')).toThrow(RangeError)
    expect(() => textKey('photos', 'é'.repeat(1_000))).toThrow(RangeError)
    expect(textKey('b'.repeat(63), 'x'.repeat(1_023), 'F'.repeat(32))).toHaveLength(1_120)
  })

  test('a part number is in range', () => {
    const upload = 'F'.repeat(32) as UploadId
    for (const number of [-1, 1.5, 65_536, Number.NaN]) {
      expect(() => partKey(upload, number)).toThrow(RangeError)
    }
    expect(order(partKey(upload, 255), partKey(upload, 256))).toBe(-1)
  })

  test('a blob id is 16 bytes', () => {
    expect(blobKey('00ff'.repeat(8) as BlobId)).toHaveLength(16)
  })
})
