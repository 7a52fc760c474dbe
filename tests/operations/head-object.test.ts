import { describe, expect, it } from 'vitest'
import { elementOf } from '../support/oss-wire.ts'
import { startTestService } from './service.ts'
import { itRefusesStrangers } from './strangers.ts'

const service = await startTestService()
const bucket = await service.makeBucket()
const key = 'object'
await service.call({
  method: 'PUT',
  bucket,
  key,
  body: '123456789',
  headers: { 'x-oss-meta-author': 'alice', 'content-type': 'text/plain' },
})

const head = (headers: Record<string, string> = {}, name = key): ReturnType<typeof service.call> =>
  service.call({ method: 'HEAD', bucket, key: name, headers })

describe('HeadObject', () => {
  it('tells everything of the object without its bytes', async () => {
    const { status, headers, bytes } = await head()
    expect([status, bytes.length]).toEqual([200, 0])
    const expected = {
      'content-length': '9',
      'content-type': 'text/plain',
      etag: '"25F9E794323B453885F5181F1B624D0B"',
      'x-oss-hash-crc64ecma': '11051210869376104954',
      'x-oss-object-type': 'Normal',
      'x-oss-storage-class': 'Standard',
      'x-oss-meta-author': 'alice',
      'accept-ranges': 'bytes',
    }
    for (const [name, value] of Object.entries(expected)) expect(headers.get(name)).toBe(value)
    expect(headers.get('x-oss-tagging-count')).toBeNull()
    expect(headers.get('x-oss-version-id')).toBeNull()
    expect(headers.get('author')).toBeNull()
  })

  it('answers 304 to conditions that say so, and 412 to those that do not hold', async () => {
    const { headers } = await head()
    const modified = headers.get('last-modified') ?? ''
    const etag = headers.get('etag') ?? ''
    const later = new Date(Date.parse(modified) + 60_000).toUTCString()
    const earlier = new Date(Date.parse(modified) - 60_000).toUTCString()
    const statusOf = async (name: string, value: string): Promise<number> =>
      (await head({ [name]: value })).status
    expect(await statusOf('if-modified-since', modified)).toBe(304)
    expect(await statusOf('if-modified-since', later)).toBe(304)
    expect(await statusOf('if-modified-since', earlier)).toBe(200)
    expect(await statusOf('if-none-match', etag)).toBe(304)
    expect(await statusOf('if-match', etag.replaceAll('"', ''))).toBe(200)
    expect(await statusOf('if-unmodified-since', modified)).toBe(200)
    for (const [name, value] of [
      ['if-unmodified-since', earlier],
      ['if-match', 'none'],
    ] as const) {
      const refused = await head({ [name]: value })
      expect([refused.status, refused.code]).toEqual([412, 'PreconditionFailed'])
    }
  })

  it('carries the whole error of a missing key in its headers', async () => {
    const answer = await head({}, 'none')
    expect([answer.status, answer.code, answer.ec]).toEqual([404, 'NoSuchKey', '0026-00000001'])
    const error = Buffer.from(answer.headers.get('x-oss-err') ?? '', 'base64').toString('utf8')
    expect(elementOf(error, 'RequestId')).toBe(answer.headers.get('x-oss-request-id'))
    expect(elementOf(error, 'HostId')).toBe(new URL(service.url).host)
  })

  itRefusesStrangers(service, { method: 'HEAD', bucket, key })
})
