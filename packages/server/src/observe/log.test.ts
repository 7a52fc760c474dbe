import { describe, expect, test } from 'vitest'
import { type AccessEntry, createLog, redactTarget } from './log.ts'

const entry: AccessEntry = {
  requestId: 'A',
  remote: '127.0.0.1',
  method: 'GET',
  target: '/',
  host: 'a',
  userAgent: undefined,
  status: 200,
  bytesIn: 0,
  bytesOut: 0,
  durationMs: 1,
  aborted: false,
}

function written(act: (log: ReturnType<typeof createLog>) => void): unknown[] {
  const lines: string[] = []
  act(createLog({ write: (line) => lines.push(line) }))
  return lines.map((line) => JSON.parse(line))
}

test('a request is one line of JSON', () => {
  expect(written((log) => log.request(entry))).toEqual([
    expect.objectContaining({ level: 'info', msg: 'request', requestId: 'A', status: 200 }),
  ])
})

test('a fault of ours is an error with all its causes', () => {
  const fault = new Error('outer', { cause: new Error('inner') })
  expect(written((log) => log.request({ ...entry, status: 500, fault }))).toEqual([
    expect.objectContaining({
      level: 'error',
      err: expect.objectContaining({
        message: 'outer',
        cause: expect.objectContaining({ message: 'inner' }),
      }),
    }),
  ])
})

describe('what proves who asks is taken out of the target', () => {
  test.each([
    ['/b/k', '/b/k'],
    ['/b/k?uploads&partNumber=1', '/b/k?uploads&partNumber=1'],
    [
      '/k?OSSAccessKeyId=a&Expires=1&Signature=s%3D&x=1',
      '/k?OSSAccessKeyId=a&Expires=1&Signature=[redacted]&x=1',
    ],
    ['/k?x-oss-signature=00&x-oss-date=1', '/k?x-oss-signature=[redacted]&x-oss-date=1'],
    [
      '/k?security-token=t&x-oss-security-token=t',
      '/k?security-token=[redacted]&x-oss-security-token=[redacted]',
    ],
    ['/?Action=AssumeRole&SecurityToken=t', '/?Action=AssumeRole&SecurityToken=[redacted]'],
    ['/k?%53ignature=s&Signatur%65=s', '/k?%53ignature=[redacted]&Signatur%65=[redacted]'],
    ['/k?Signature=s?Signature=t', '/k?Signature=[redacted]'],
  ])('%s', (target, redacted) => {
    expect(redactTarget(target)).toBe(redacted)
  })
})
