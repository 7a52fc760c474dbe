import fc from 'fast-check'
import { expect, test } from 'vitest'
import { date, etag } from '../fixtures/arbitraries.ts'
import { answerOf } from '../fixtures/wire.ts'
import { decodeCopyPartResult, encodeCopyPartResult } from './copy-part.ts'

test('the result is read as the wire case has it', () => {
  expect(decodeCopyPartResult(answerOf('upload-part-copy'))).toEqual({
    lastModified: new Date('2023-02-24T10:19:18Z'),
    etag: '302D3A0C8E319EAA95B059B346DE1D1D',
  })
})

test('what is written can be read back', () => {
  fc.assert(
    fc.property(fc.record({ lastModified: date, etag }), (value) => {
      expect(decodeCopyPartResult(encodeCopyPartResult(value))).toEqual(value)
    }),
  )
})

test.each([
  ['nothing', ''],
  ['no ETag', '<CopyPartResult><LastModified>2023-02-24T10:19:18Z</LastModified></CopyPartResult>'],
  ['a date of no calendar', answerOf('upload-part-copy').replace('02-24', '02-31')],
])('refuses %s', (_, xml) => {
  expect(() => decodeCopyPartResult(xml)).toThrow(expect.objectContaining({ code: 'MalformedXML' }))
})
