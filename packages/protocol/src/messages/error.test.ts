import fc from 'fast-check'
import { expect, test } from 'vitest'
import { anyText, xmlText } from '../fixtures/arbitraries.ts'
import { answerOf } from '../fixtures/wire.ts'
import { decodeError, type ErrorMessage, encodeError } from './error.ts'

const bytesOf = (text: string): number => new TextEncoder().encode(text).length

test('an error is read as the wire case has it', () => {
  expect(decodeError(answerOf('complete-too-small'))).toEqual({
    code: 'EntityTooSmall',
    message: 'Your proposed upload smaller than the minimum allowed size.',
    requestId: '63F88ABC0000000000001700',
    hostId: 'examplebucket.oss-cn-hangzhou.aliyuncs.com',
    ec: '0042-00000213',
    details: {
      MinSizeAllowed: '102400',
      ProposedSize: '5',
      ETag: '"5D41402ABC4B2A76B9719D911017C592"',
      PartNumber: '1',
    },
  })
})

test('details stand between the host and the number, which brings the recommendation', () => {
  const xml = encodeError({
    code: 'NoSuchKey',
    message: 'm',
    requestId: 'r',
    hostId: 'h',
    ec: '0026-00000001',
    details: { Key: 'k', More: 'l' },
  })
  expect([...xml.matchAll(/<(\w+)>/g)].map(([, name]) => name)).toEqual([
    'Error',
    'Code',
    'Message',
    'RequestId',
    'HostId',
    'Key',
    'More',
    'EC',
    'RecommendDoc',
  ])
  expect(xml).toContain('<RecommendDoc>https://api.aliyun.com/troubleshoot?q=0026-00000001</')
})

test('what is not known is not written', () => {
  expect(encodeError({ code: 'InternalError', message: 'm', details: {} })).toBe(
    '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>InternalError</Code><Message>m</Message></Error>',
  )
})

test('controls are references, as the service writes them in errors', () => {
  const xml = encodeError({ code: 'NoSuchKey', message: 'm', details: { Key: 'a\f\0' } })
  expect(xml).toContain('<Key>a&#12;\uFFFD</Key>')
})

test('what is written can be read back', () => {
  const short = xmlText.filter((text) => text.length < 100)
  const optional = fc.option(short, { nil: undefined })
  const messages: fc.Arbitrary<ErrorMessage> = fc.record({
    code: fc.stringMatching(/^[A-Z][A-Za-z]{0,40}$/),
    message: short,
    requestId: optional,
    hostId: optional,
    ec: optional,
    details: fc.record({ Key: short, UploadId: short }, { requiredKeys: [] }),
  })
  fc.assert(
    fc.property(messages, (message) => {
      expect(decodeError(encodeError(message))).toEqual({
        ...message,
        details: { ...message.details },
      })
    }),
  )
})

test('a long signature text is cut, and everything short is kept, within 4 KiB', () => {
  const message: ErrorMessage = {
    code: 'SignatureDoesNotMatch',
    message: 'The request signature we calculated does not match the signature you provided.',
    requestId: '63F88ABC0000000000001700',
    hostId: 'examplebucket.oss-cn-hangzhou.aliyuncs.com',
    ec: '0002-00000040',
    details: {
      OSSAccessKeyId: 'id',
      StringToSign: `PUT\n\n\n${'键'.repeat(1000)}`,
      StringToSignBytes: 'E9 94 AE '.repeat(1000),
    },
  }
  const xml = encodeError(message)
  expect(bytesOf(xml)).toBeLessThanOrEqual(4096)
  const read = decodeError(xml)
  expect({ ...read, details: {} }).toEqual({ ...message, details: {} })
  expect(read?.details.OSSAccessKeyId).toBe('id')
  expect(read?.details.StringToSign).toMatch(/^PUT\n\n\n键+\.\.\.$/)
  expect(read?.details.StringToSignBytes).toMatch(/^E9 94 .*\.\.\.$/)
})

test.each(['', 'x'])('a cut after %j never halves a character', (before) => {
  const Key = before + '😀'.repeat(2000)
  const xml = encodeError({ code: 'NoSuchKey', message: 'm', details: { Key } })
  expect(decodeError(xml)?.details.Key).toMatch(/^x?(😀)+\.\.\.$/u)
})

test('no error is longer than 4 KiB, and all can be read', () => {
  const long = fc.tuple(anyText, fc.integer({ min: 0, max: 3000 })).map(([t, n]) => t.repeat(n))
  fc.assert(
    fc.property(long, long, long, (message, hostId, Key) => {
      const xml = encodeError({ code: 'NoSuchKey', message, hostId, details: { Key } })
      expect(bytesOf(xml)).toBeLessThanOrEqual(4096)
      expect(decodeError(xml)?.code).toBe('NoSuchKey')
    }),
    { numRuns: 50 },
  )
})

test('elements nobody knows become details, and the last of a name counts', () => {
  const xml =
    '<Error xmlns="urn:x"><Code> NoSuchKey\n</Code><New><Deep>1</Deep>2</New><Key>a</Key><Key>b</Key></Error>'
  expect(decodeError(xml)).toEqual({
    code: 'NoSuchKey',
    message: '',
    requestId: undefined,
    hostId: undefined,
    ec: undefined,
    details: { New: '2', Key: 'b' },
  })
})

test('an element named like a member of Object is a detail like any other', () => {
  const read = decodeError(
    '<Error><Code>C</Code><__proto__>x</__proto__><toString>y</toString></Error>',
  )
  expect(Object.entries(read?.details ?? {})).toEqual([
    ['__proto__', 'x'],
    ['toString', 'y'],
  ])
})

test.each([
  ['nothing', ''],
  ['text', 'Bad Gateway'],
  ['HTML that is no XML', '<html><br></html>'],
  ['JSON', '{"Error":{"Code":"NoSuchKey"}}'],
  ['another root', '<Errors><Code>NoSuchKey</Code></Errors>'],
  ['an error without a code', '<Error><Message>m</Message></Error>'],
  ['an error with a blank code', '<Error><Code> </Code></Error>'],
  ['a cut off error', '<Error><Code>NoSuchKey</Code>'],
])('%s is no error body', (_, xml) => {
  expect(decodeError(xml)).toBeUndefined()
})
