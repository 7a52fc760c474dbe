import { expect, test } from 'vitest'
import { vectors } from '../fixtures/crc64.ts'
import { parseETag } from '../values.ts'
import { multipartETag, multipartETagOfDigests } from './multipart-etag.ts'

const partETags = vectors.multipart.parts.map(({ etag }) => parseETag(etag))

test("the sample upload's parts make the ETag the service gave its object", () => {
  expect(multipartETag(partETags)).toBe(vectors.multipart.objectEtag)
})

test('the case of the parts does not matter, their order does', () => {
  const lower = partETags.map((etag) => parseETag(etag.toLowerCase()))
  expect(multipartETag(lower)).toBe(vectors.multipart.objectEtag)
  expect(multipartETag([...partETags].reverse())).not.toBe(vectors.multipart.objectEtag)
})

test('one part is counted as well, and so are none', () => {
  // MD5 of the text 5D41402ABC4B2A76B9719D911017C592, and of nothing.
  expect(multipartETag([parseETag('5D41402ABC4B2A76B9719D911017C592')])).toBe(
    'F872A18EB88181EB00816510E762FEE6-1',
  )
  expect(multipartETag([])).toBe('D41D8CD98F00B204E9800998ECF8427E-0')
})

test("S3's rule takes the digests", () => {
  const hello = parseETag('5D41402ABC4B2A76B9719D911017C592')
  // MD5 of those sixteen bytes, by `printf 5D41402ABC4B2A76B9719D911017C592 | xxd -r -p | md5sum`.
  expect(multipartETagOfDigests([hello])).toBe('62109206880D38A4010A98E11243924A-1')
})

test("S3's rule says nothing of parts whose ETag is no MD5", () => {
  expect(multipartETagOfDigests([parseETag('5D41402ABC4B2A76B9719D911017C592-1')])).toBeUndefined()
  expect(multipartETagOfDigests([])).toBeUndefined()
})
