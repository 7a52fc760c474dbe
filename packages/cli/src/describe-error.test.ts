import { CheckpointLockedError, IntegrityError, TransportError } from '@lading/client'
import { OssError } from '@lading/protocol'
import { expect, test } from 'vitest'
import { CommandError } from './command-error.ts'
import { describeError, formatDescribed } from './describe-error.ts'
import { InterruptedError } from './interrupt.ts'

function systemError(code: string, facts: Readonly<Record<string, unknown>> = {}): Error {
  return Object.assign(new Error(`${code}: as the system says it`), { code, ...facts })
}

const refusal = { status: 418, message: 'No.' }

test.each([
  ['a missing bucket', new OssError('NoSuchBucket'), 4],
  ['a missing upload', new OssError('NoSuchUpload'), 4],
  ['a denied request', new OssError('AccessDenied'), 5],
  ['a wrong signature', new OssError('SignatureDoesNotMatch'), 5],
  ['an object that exists', new OssError('FileAlreadyExists'), 8],
  ["somebody else's bucket", new OssError('BucketAlreadyExists'), 8],
  ['a failed condition', new OssError('PreconditionFailed'), 8],
  ['a bucket that is not empty', new OssError('BucketNotEmpty'), 1],
  ['a service that is busy', new OssError('ServiceUnavailable'), 6],
  ['a service that is broken', new OssError('InternalError'), 6],
  ['a part that arrived damaged', new OssError('InvalidDigest'), 7],
  ['an impossible name', new OssError('InvalidObjectName'), 2],
  ['a refusal of a kind we do not know', new OssError('Teapot', refusal), 1],
  ['bytes that disagree', new IntegrityError('object', 'They differ.'), 7],
  ['no answer', new TransportError('It broke.'), 6],
  ['a checkpoint in use', new CheckpointLockedError({ pid: 1, host: 'h', path: '/p' }), 1],
  ['options that make no sense', new RangeError('partSize must be less.'), 2],
  ['a file that is not there', systemError('ENOENT', { path: '/x' }), 4],
  ['a file that may not be read', systemError('EACCES', { path: '/x' }), 5],
  ['a full disk', systemError('ENOSPC'), 1],
  ['an interruption', new InterruptedError('SIGINT'), 130],
  ['our own decision', new CommandError(3, 'No endpoint.'), 3],
  ['something nobody thought of', new Error('What?'), 1],
  ['something that is not even an error', 'text', 1],
])('%s has its exit status', (_, error, exitCode) => {
  expect(describeError(error).exitCode).toBe(exitCode)
})

test('a refusal is told with its code, its request id and what to do about it', () => {
  const error = new OssError('NoSuchBucket', { requestId: '6B030B28' })
  expect(formatDescribed(describeError(error))).toBe(
    'lading: The specified bucket does not exist (NoSuchBucket, request 6B030B28)\n  See your buckets with: lading ls',
  )
})

test('our own sentence keeps the facts of the refusal that it explains', () => {
  const cause = new OssError('FileAlreadyExists', { requestId: '6B030B28' })
  const error = new CommandError(8, 'oss://films/a exists', { cause })
  expect(formatDescribed(describeError(error))).toBe(
    'lading: oss://films/a exists (FileAlreadyExists, request 6B030B28)',
  )
})

test('of a broken connection the reason beneath is told', () => {
  const cause = systemError('ECONNREFUSED', { address: '127.0.0.1', port: 1 })
  const error = new TransportError('PUT failed.', { cause: new Error('outer', { cause }) })
  expect(formatDescribed(describeError(error))).toMatch(
    /^lading: no answer from the service: connection refused \(127\.0\.0\.1:1\) \(ECONNREFUSED\)\n/,
  )
})

test.each([
  ['EPROTO', 'write EPROTO 80:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'error:0A00010B:SSL routines:tls_x:wrong version number'],
])('of https where nobody speaks it (%s) the http address is told', (code, words) => {
  const cause = Object.assign(new Error(words), { code })
  const error = new TransportError(`GET to https://127.0.0.1:9000 failed: ${words}`, { cause })
  expect(formatDescribed(describeError(error))).toBe(
    `lading: the service does not speak TLS at 127.0.0.1:9000 (${code})\n  Try: --endpoint http://127.0.0.1:9000`,
  )
})

test('of all addresses that were tried the first reason is told', () => {
  const cause = new AggregateError([systemError('ENOTFOUND', { hostname: 'nowhere.example' })])
  expect(describeError(new TransportError('PUT failed.', { cause })).message).toBe(
    'no answer from the service: no such host (nowhere.example)',
  )
})

test('a file is named in its sentence', () => {
  expect(formatDescribed(describeError(systemError('EACCES', { path: '/etc/shadow' })))).toBe(
    'lading: cannot read or write /etc/shadow: permission denied',
  )
})
