import { expect, test } from 'vitest'
import { errorCodes } from './error-codes/all.ts'
import { isKnownErrorCode, OssError } from './errors.ts'

test('a known code brings its status and its message', () => {
  const error = new OssError('NoSuchUpload')
  expect(error).toBeInstanceOf(Error)
  expect(error).toMatchObject({
    name: 'OssError',
    code: 'NoSuchUpload',
    status: 404,
    message: errorCodes.NoSuchUpload.message,
    details: {},
  })
})

test('what is given wins over what the code brings', () => {
  const cause = new Error('beneath')
  const error = new OssError('BucketNotEmpty', {
    status: 400,
    message: 'The bucket has Multipart Uploads.',
    requestId: 'R',
    hostId: 'H',
    ec: '0015-00000301',
    details: { BucketName: 'b' },
    cause,
  })
  expect(error).toMatchObject({
    status: 400,
    message: 'The bucket has Multipart Uploads.',
    requestId: 'R',
    hostId: 'H',
    ec: '0015-00000301',
    details: { BucketName: 'b' },
    cause,
  })
})

test('a code the service may add one day is kept as it came', () => {
  const error = new OssError('BrandNew', { status: 418, message: 'm' })
  expect(error).toMatchObject({ code: 'BrandNew', status: 418, message: 'm' })
  expect(isKnownErrorCode('BrandNew')).toBe(false)
})

test.each(['toString', 'constructor', '__proto__', 'hasOwnProperty'])(
  '%s, which every object has, is no known code',
  (code) => {
    expect(isKnownErrorCode(code)).toBe(false)
    expect(new OssError(code, { status: 400, message: 'm' }).message).toBe('m')
  },
)

test('every code answers with a status of refusal and a sentence', () => {
  for (const [code, { status, message }] of Object.entries(errorCodes)) {
    expect(code).toMatch(/^[A-Z][A-Za-z0-9]+$/)
    // The object is stored all the same, so that one is no refusal.
    if (code !== 'CallbackFailed') expect(status).toBeGreaterThanOrEqual(400)
    expect(status).toBeLessThan(600)
    expect(message).toContain(' ')
  }
})

/** Source: the error pages of the OSS user guide, and the wire cases. */
test.each([
  ['InvalidDigest', 400],
  ['MalformedXML', 400],
  ['InvalidPart', 400],
  ['InvalidPartOrder', 400],
  ['EntityTooSmall', 400],
  ['NotImplemented', 400],
  ['RequestTimeout', 400],
  ['SignatureDoesNotMatch', 403],
  ['RequestTimeTooSkewed', 403],
  ['NoSuchBucket', 404],
  ['NoSuchKey', 404],
  ['MethodNotAllowed', 405],
  ['FileAlreadyExists', 409],
  ['BucketNotEmpty', 409],
  ['MissingContentLength', 411],
  ['PreconditionFailed', 412],
  ['InvalidRange', 416],
  ['ServiceUnavailable', 503],
] as const)('%s travels under %i', (code, status) => {
  expect(new OssError(code).status).toBe(status)
})
