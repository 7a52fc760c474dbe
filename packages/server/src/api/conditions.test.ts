import { parseETag } from '@lading/protocol'
import { expect, test } from 'vitest'
import type { StoredObject } from '../store/store.ts'
import { isNotModified, isSameForRange } from './conditions.ts'

const etag = '5D41402ABC4B2A76B9719D911017C592'
/** Headers have no fraction of a second, objects have. */
const object: StoredObject = {
  bucket: 'photos',
  key: 'cat.jpg',
  type: 'Normal',
  size: 5,
  etag: parseETag(etag),
  crc64: 0n,
  md5: undefined,
  modifiedAt: new Date('2022-12-28T10:27:41.789Z'),
  attributes: { contentType: '', headers: {}, userMetadata: {}, storageClass: 'Standard' },
  versionId: 'null',
}
const same = 'Wed, 28 Dec 2022 10:27:41 GMT'
const earlier = 'Wed, 28 Dec 2022 10:27:40 GMT'
const later = 'Wed, 28 Dec 2032 10:27:42 GMT'

test.each([
  ['nothing', {}, 200],
  ['If-Match of its ETag', { 'if-match': `"${etag}"` }, 200],
  ['If-Match of its ETag without quotes', { 'if-match': etag }, 200],
  ['If-Match of its ETag in lower case', { 'if-match': etag.toLowerCase() }, 200],
  ['If-Match of several ETags', { 'if-match': `"A", "${etag}"` }, 200],
  ['If-Match of any', { 'if-match': '*' }, 200],
  ['If-Match of another ETag', { 'if-match': '"A"' }, 'If-Match'],
  ['If-Match of nothing', { 'if-match': '' }, 'If-Match'],
  ['If-None-Match of its ETag', { 'if-none-match': `"${etag}"` }, 304],
  ['If-None-Match of its ETag, weakened', { 'if-none-match': `W/"${etag}"` }, 304],
  ['If-None-Match of its ETag without quotes', { 'if-none-match': etag }, 304],
  ['If-None-Match of another ETag', { 'if-none-match': '"A"' }, 200],
  ['If-Modified-Since its own date', { 'if-modified-since': same }, 304],
  ['If-Modified-Since a date to come', { 'if-modified-since': later }, 304],
  ['If-Modified-Since an earlier date', { 'if-modified-since': earlier }, 200],
  ['If-Modified-Since no date', { 'if-modified-since': 'yesterday' }, 200],
  ['If-Unmodified-Since its own date', { 'if-unmodified-since': same }, 200],
  ['If-Unmodified-Since a date to come', { 'if-unmodified-since': later }, 200],
  [
    'If-Unmodified-Since an earlier date',
    { 'if-unmodified-since': earlier },
    'If-Unmodified-Since',
  ],
  ['If-Unmodified-Since no date', { 'if-unmodified-since': 'yesterday' }, 200],
  [
    'a refusal before a 304',
    { 'if-match': '"A"', 'if-none-match': etag, 'if-modified-since': same },
    'If-Match',
  ],
  [
    'another ETag within the same second',
    { 'if-none-match': '"A"', 'if-modified-since': same },
    200,
  ],
  [
    'the same ETag of an earlier date',
    { 'if-none-match': etag, 'if-modified-since': earlier },
    304,
  ],
  ['both dates', { 'if-modified-since': earlier, 'if-unmodified-since': same }, 200],
] as const)('%s', (_, headers, outcome) => {
  const asking = new Map<string, string>(Object.entries(headers))
  if (typeof outcome === 'string') {
    expect(() => isNotModified(asking, object)).toThrow(
      expect.objectContaining({
        code: 'PreconditionFailed',
        status: 412,
        message: 'At least one of the pre-conditions you specified did not hold.',
        details: { Condition: outcome },
      }),
    )
    return
  }
  expect(isNotModified(asking, object) ? 304 : 200).toBe(outcome)
})

test.each([
  ['no If-Range', undefined, true],
  ['its ETag', `"${etag}"`, true],
  ['another ETag', '"A"', false],
  ['its date', same, true],
  ['an earlier date', earlier, false],
])('a range still means the object under %s: %s', (_, ifRange, outcome) => {
  const headers = new Map(ifRange === undefined ? [] : [['if-range', ifRange]])
  expect(isSameForRange(headers, object)).toBe(outcome)
})
