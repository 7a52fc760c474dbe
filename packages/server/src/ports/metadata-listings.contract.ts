/** The contract of metadata stores: listings of objects and uploads, against a plain description. */

import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  bucketNamed,
  keysOf,
  type OpenMetadata,
  objectOf,
  openUpload,
  openWithBucket,
} from './metadata-samples.contract.ts'
import type { ListingQuery, Upload } from './metadata-store.ts'

const everything: ListingQuery = { prefix: '', delimiter: '', after: undefined, limit: 1_000 }
const bytes = (text: string): Buffer => Buffer.from(text)

/** Letters that are hard to order and to bump: by UTF-8, U+FFFD comes before the fox. */
const letter = fc.constantFrom(
  'a',
  'b',
  '/',
  '\x01',
  '\x7f',
  'é',
  '\ud7ff',
  '\uffff',
  '\ufffd',
  '🦊',
  '\u{10ffff}',
)
const key = fc.array(letter, { minLength: 1, maxLength: 5 }).map((letters) => letters.join(''))
const text = fc.array(letter, { maxLength: 3 }).map((letters) => letters.join(''))

/** What a page is, said as plainly as possible: entries in order, those that follow `after`, cut. */
function expected(keys: readonly string[], query: ListingQuery): [string[], boolean] {
  const { prefix, delimiter, after, limit } = query
  const entries: string[] = []
  for (const name of [...keys].sort((a, b) => Buffer.compare(bytes(a), bytes(b)))) {
    if (!name.startsWith(prefix)) continue
    if (after !== undefined && Buffer.compare(bytes(name), bytes(after)) <= 0) continue
    const found = delimiter === '' ? -1 : name.slice(prefix.length).indexOf(delimiter)
    const entry = found === -1 ? name : `${name.slice(0, prefix.length + found)}${delimiter}…`
    if (entry === `${after}…` || entry === entries.at(-1)) continue
    entries.push(entry)
  }
  return [entries.slice(0, limit), entries.length > limit]
}

export function describeListings(open: OpenMetadata): void {
  test('objects come in the order of their UTF-8 bytes, not of UTF-16', async () => {
    const { metadata } = await openWithBucket(open)
    const keys = ['z', '\uffff', '🦊', '\ufffd', 'é', 'Z', '\ue000', '\u{10ffff}', 'zz']
    for (const name of keys) await metadata.putObject(objectOf(name, []))
    const page = await metadata.listObjects('photos', everything)
    expect(keysOf(page)).toEqual([
      'Z',
      'z',
      'zz',
      'é',
      '\ue000',
      '\ufffd',
      '\uffff',
      '🦊',
      '\u{10ffff}',
    ])
  })

  test('a page of objects is what its query describes', async () => {
    const { metadata } = await openWithBucket(open)
    let made = 0
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(key, { minLength: 1, maxLength: 25 }),
        fc.array(fc.tuple(text, fc.option(text), fc.option(key), fc.integer({ min: 1, max: 6 })), {
          minLength: 12,
          maxLength: 12,
        }),
        async (keys, queries) => {
          const bucket = `bucket-${made++}`
          await metadata.createBucket(bucketNamed(bucket))
          await Promise.all(keys.map((name) => metadata.putObject(objectOf(name, [], { bucket }))))
          for (const [prefix, delimiter, after, limit] of queries) {
            const query = {
              prefix,
              delimiter: delimiter ?? '/',
              after: after ?? undefined,
              limit,
            }
            const page = await metadata.listObjects(bucket, query)
            expect([keysOf(page), page.truncated]).toEqual(expected(keys, query))
          }
        },
      ),
      { numRuns: 40 },
    )
  })

  test('pages put together are the whole listing, whatever their size', async () => {
    const { metadata } = await openWithBucket(open)
    const keys = [
      'a',
      'a/',
      'a/1',
      'a/2',
      'a0',
      'b/1',
      'b/2/3',
      'c',
      'c//',
      'd/\u{10ffff}',
      'd/🦊',
      'e',
    ]
    for (const name of keys) await metadata.putObject(objectOf(name, []))
    for (const [delimiter, whole] of [
      ['', keys],
      ['/', ['a', 'a/…', 'a0', 'b/…', 'c', 'c/…', 'd/…', 'e']],
    ] as const) {
      for (let limit = 1; limit <= 9; limit++) {
        const listed: string[] = []
        let after: string | undefined
        for (let truncated = true; truncated; ) {
          const page = await metadata.listObjects('photos', { prefix: '', delimiter, after, limit })
          expect(page.rows.length).toBeLessThanOrEqual(limit)
          listed.push(...keysOf(page))
          after = listed.at(-1)?.replace('…', '')
          truncated = page.truncated
        }
        expect(listed).toEqual([...whole].sort((a, b) => Buffer.compare(bytes(a), bytes(b))))
      }
    }
  })

  test('a bucket lists its own objects and uploads, not those of a bucket with a like name', async () => {
    const { metadata } = await openWithBucket(open)
    for (const bucket of ['photo', 'photos-2']) {
      await metadata.createBucket(bucketNamed(bucket))
      await metadata.putObject(objectOf('other', [], { bucket }))
      await openUpload(metadata, 'other', bucket)
    }
    await metadata.putObject(objectOf('mine', []))
    await openUpload(metadata, 'mine')
    expect(keysOf(await metadata.listObjects('photos', everything))).toEqual(['mine'])
    const query = { ...everything, afterUploadId: undefined }
    expect(keysOf(await metadata.listUploads('photos', query))).toEqual(['mine'])
    expect(keysOf(await metadata.listObjects('nowhere', everything))).toEqual([])
    expect(keysOf(await metadata.listUploads('nowhere', query))).toEqual([])
  })

  test('texts that no key can be or begin with find what follows them, or nothing', async () => {
    const { metadata } = await openWithBucket(open)
    for (const name of ['a', 'b', 'x'.repeat(1_023)]) {
      await metadata.putObject(objectOf(name, []))
      await openUpload(metadata, name)
    }
    const list = async (change: Partial<ListingQuery>) => {
      const query = { ...everything, ...change }
      const objects = keysOf(await metadata.listObjects('photos', query))
      const uploads = await metadata.listUploads('photos', { ...query, afterUploadId: undefined })
      expect(keysOf(uploads)).toEqual(objects)
      return objects.map((name) => name.slice(0, 1)).join('')
    }
    expect(await list({ after: 'a\0zzz' })).toBe('bx')
    expect(await list({ after: '\0' })).toBe('abx')
    expect(await list({ after: 'a'.repeat(5_000) })).toBe('bx')
    expect(await list({ after: 'x'.repeat(5_000) })).toBe('')
    expect(await list({ prefix: 'x'.repeat(1_024) })).toBe('')
    expect(await list({ prefix: 'x'.repeat(5_000) })).toBe('')
    expect(await list({ prefix: 'a\0' })).toBe('')
    expect(await list({ delimiter: 'x'.repeat(5_000) })).toBe('abx')
    expect(await list({ delimiter: '\0' })).toBe('abx')
  })

  test('an object row shows all that the object is', async () => {
    const { metadata } = await openWithBucket(open)
    const { manifest, ...object } = objectOf('a', [])
    await metadata.putObject({ ...object, manifest })
    const page = await metadata.listObjects('photos', everything)
    expect(page.rows).toEqual([{ kind: 'row', row: { ...object, versionId: 'null' } }])
  })

  test('uploads come by key and then by age, and can be paged within a key', async () => {
    const { metadata } = await openWithBucket(open)
    const uploads: Upload[] = []
    for (const name of ['b', 'a', '🦊', 'b', 'b', '\ufffd', 'a']) {
      uploads.push(await openUpload(metadata, name))
    }
    const inOrder = [...uploads].sort(
      (a, b) => Buffer.compare(bytes(a.key), bytes(b.key)) || (a.uploadId < b.uploadId ? -1 : 1),
    )
    for (let limit = 1; limit <= 8; limit++) {
      const listed: Upload[] = []
      let page = await metadata.listUploads('photos', {
        ...everything,
        afterUploadId: undefined,
        limit,
      })
      for (;;) {
        for (const entry of page.rows) if (entry.kind === 'row') listed.push(entry.row)
        if (!page.truncated) break
        const last = listed.at(-1)
        page = await metadata.listUploads('photos', {
          ...everything,
          after: last?.key,
          afterUploadId: last?.uploadId,
          limit,
        })
      }
      expect(listed).toEqual(inOrder)
    }
  })

  test('a marker without an id passes all uploads of its key, and an id without a marker nothing', async () => {
    const { metadata } = await openWithBucket(open)
    const first = await openUpload(metadata, 'a')
    const second = await openUpload(metadata, 'a')
    await openUpload(metadata, 'b')
    const list = async (after: string | undefined, afterUploadId: string | undefined) => {
      const page = await metadata.listUploads('photos', { ...everything, after, afterUploadId })
      return page.rows.map((entry) => (entry.kind === 'row' ? entry.row.key : '')).join('')
    }
    expect(await list('a', undefined)).toBe('b')
    expect(await list('a', first.uploadId)).toBe('ab')
    expect(await list('a', second.uploadId)).toBe('b')
    expect(await list('a', '')).toBe('aab')
    expect(await list('a', '0')).toBe('aab')
    expect(await list('a', 'z')).toBe('b')
    expect(await list('a', `\0${'é'.repeat(3_000)}`)).toBe('aab')
    expect(await list('0', second.uploadId)).toBe('aab')
    expect(await list('aa', first.uploadId)).toBe('b')
    expect(await list(undefined, second.uploadId)).toBe('aab')
  })

  test('uploads are grouped like objects, each group counting once', async () => {
    const { metadata } = await openWithBucket(open)
    for (const name of ['d/1', 'd/1', 'd/2', 'c', 'd', 'e/', 'e/', 'f']) {
      await openUpload(metadata, name)
    }
    const list = async (after: string | undefined, limit: number) => {
      const query = { prefix: '', delimiter: '/', after, afterUploadId: 'zz', limit }
      const page = await metadata.listUploads('photos', query)
      return [keysOf(page).join(' '), page.truncated]
    }
    expect(await list(undefined, 10)).toEqual(['c d d/… e/… f', false])
    expect(await list(undefined, 3)).toEqual(['c d d/…', true])
    expect(await list('d/', 1)).toEqual(['e/…', true])
    expect(await list('d/1', 2)).toEqual(['d/… e/…', true])
    expect(await list('e/', 2)).toEqual(['f', false])
  })
}
