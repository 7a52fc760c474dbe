import { OssError } from '@lading/protocol'
import { describe, expect, test } from 'vitest'
import { MAX_HEADER_LINES, type RequestHead, readFraming } from './framing.ts'

const plain: RequestHead = {
  method: 'PUT',
  target: '/bucket%2Fkey?partNumber=1&uploadId=A',
  httpVersion: '1.1',
  rawHeaders: ['Host', '127.0.0.1:1', 'Content-Length', '3'],
}
const lenient = { strict: false }

test('a plain request is read as it was sent', () => {
  expect(readFraming(plain, lenient)).toMatchObject({
    rawPath: '/bucket%2Fkey',
    rawQuery: 'partNumber=1&uploadId=A',
    host: '127.0.0.1:1',
    contentLength: 3,
    chunked: false,
    authorizations: [],
  })
})

test('values are trimmed and the lines of one name joined', () => {
  const rawHeaders = ['Host', 'a', 'X-Oss-Meta-A', ' 1\t', 'x-oss-meta-a', '2']
  expect(readFraming({ ...plain, rawHeaders }, lenient).headers.get('x-oss-meta-a')).toBe('1,2')
})

test('both lengths are read unless the server is strict', () => {
  const both = { ...plain, rawHeaders: [...plain.rawHeaders, 'Transfer-Encoding', 'Chunked'] }
  expect(readFraming(both, lenient)).toMatchObject({ chunked: true, contentLength: 3 })
  expect(() => readFraming(both, { strict: true })).toThrow(OssError)
})

test('a hundred header lines are read', () => {
  expect(readFraming({ ...plain, rawHeaders: lines(MAX_HEADER_LINES) }, lenient).host).toBe('a')
})

describe('refused is', () => {
  const chunked = ['Host', 'a', 'Transfer-Encoding', 'chunked']
  const rows: [string, Partial<RequestHead>][] = [
    ['HTTP/0.9', { httpVersion: '0.9' }],
    ['HTTP/1.2', { httpVersion: '1.2' }],
    ['HTTP/2.0', { httpVersion: '2.0' }],
    ['Transfer-Encoding in HTTP/1.0', { httpVersion: '1.0', rawHeaders: chunked }],
    ['a second encoding', { rawHeaders: [...chunked, 'Transfer-Encoding', 'chunked'] }],
    ['gzip before chunked', { rawHeaders: ['Host', 'a', 'Transfer-Encoding', 'gzip, chunked'] }],
    ['an encoding of identity', { rawHeaders: ['Host', 'a', 'Transfer-Encoding', 'identity'] }],
    ['two Hosts', { rawHeaders: ['Host', 'a', 'host', 'a'] }],
    ['no Host in HTTP/1.1', { rawHeaders: [] }],
    ['two Authorizations', { rawHeaders: ['Host', 'a', 'Authorization', '', 'authorization', ''] }],
    ['two equal Content-Lengths', { rawHeaders: [...plain.rawHeaders, 'Content-Length', '3'] }],
    ['a Content-Length that is no number', { rawHeaders: ['Host', 'a', 'Content-Length', '+3'] }],
    ['an absolute target', { target: 'http://a/b' }],
    ['the asterisk target', { method: 'OPTIONS', target: '*' }],
    ['the 101st header line', { rawHeaders: lines(MAX_HEADER_LINES + 1) }],
  ]
  test.each(rows)('%s', (_, change) => {
    expect(() => readFraming({ ...plain, ...change }, lenient)).toThrow(
      expect.objectContaining({ name: 'OssError', status: 400 }),
    )
  })
})

function lines(count: number): string[] {
  const others = Array.from({ length: count - 1 }, (_, at) => [`X-${at}`, 'x'])
  return ['Host', 'a', ...others.flat()]
}
