import { describe, expect, it } from 'vitest'
import { startTestService } from './service.ts'

const service = await startTestService()
const bucket = await service.makeBucket()

describe('PutObject', () => {
  it('answers 200 with the ETag, the MD5 and the CRC-64 of the bytes, and no body', async () => {
    const { status, statusText, headers, text } = await service.call({
      method: 'PUT',
      bucket,
      key: 'sums',
      body: '123456789',
    })
    expect([status, statusText, text]).toEqual([200, 'OK', ''])
    expect(headers.get('etag')).toBe('"25F9E794323B453885F5181F1B624D0B"')
    expect(headers.get('content-md5')).toBe('JfnnlDI7RTiF9RgfG2JNCw==')
    expect(headers.get('x-oss-hash-crc64ecma')).toBe('11051210869376104954')
    expect(headers.get('x-oss-version-id')).toBeNull()
    expect(headers.get('x-oss-request-id')).toHaveLength(24)
  })

  it('keeps the headers of the object and replays them, and drops what it does not know', async () => {
    const kept = {
      'content-type': 'text/plain; charset=gbk',
      'cache-control': 'no-cache',
      'content-disposition': 'attachment; filename="a.txt"',
      'content-encoding': 'br',
      'content-language': 'zh',
      expires: '2022-10-12T00:00:00.000Z',
      'x-oss-meta-x-oss-meta-version': '1',
      'x-oss-storage-class': 'IA',
    }
    const key = 'kept'
    const headers = { ...kept, 'x-oss-foo': 'bar', auth: 'none' }
    expect((await service.call({ method: 'PUT', bucket, key, headers })).status).toBe(200)
    const head = await service.call({ method: 'HEAD', bucket, key })
    for (const [name, value] of Object.entries(kept)) expect(head.headers.get(name)).toBe(value)
    expect([head.headers.get('x-oss-foo'), head.headers.get('auth')]).toEqual([null, null])
  })

  it('takes application/octet-stream for a type that is not given, whatever the key ends in', async () => {
    await service.call({ method: 'PUT', bucket, key: 'picture.jpg', body: 'x' })
    const head = await service.call({ method: 'HEAD', bucket, key: 'picture.jpg' })
    expect(head.headers.get('content-type')).toBe('application/octet-stream')
  })

  it('gives the object its tags and its ACL', async () => {
    const key = 'tagged'
    const headers = {
      'x-oss-tagging': 'b=%2B%3A%2F&a=&%E4%B8%AD=1+2',
      'x-oss-object-acl': 'public-read',
    }
    expect((await service.call({ method: 'PUT', bucket, key, headers })).status).toBe(200)
    const { text } = await service.call({ method: 'GET', bucket, key, query: { tagging: '' } })
    expect(
      [...text.matchAll(/<Key>(.*?)<\/Key><Value>(.*?)<\/Value>/g)].map((m) => m.slice(1)),
    ).toEqual([
      ['b', '+:/'],
      ['a', ''],
      ['中', '1 2'],
    ])
    const head = await service.call({ method: 'HEAD', bucket, key })
    expect(head.headers.get('x-oss-tagging-count')).toBe('3')
    const acl = await service.call({ method: 'GET', bucket, key, query: { acl: '' } })
    expect(acl.text).toContain('<Grant>public-read</Grant>')

    await service.call({ method: 'PUT', bucket, key })
    const plain = await service.call({ method: 'HEAD', bucket, key })
    expect(plain.headers.get('x-oss-tagging-count')).toBeNull()
  })

  it('lets one object be put under x-oss-forbid-overwrite, and no second', async () => {
    const put = (value: string): ReturnType<typeof service.call> =>
      service.call({
        method: 'PUT',
        bucket,
        key: 'once',
        headers: { 'x-oss-forbid-overwrite': value },
      })
    expect((await put('true')).status).toBe(200)
    const second = await put('true')
    expect([second.status, second.code]).toEqual([409, 'FileAlreadyExists'])
    expect((await put('false')).status).toBe(200)
  })

  it('is possible by a URL that carries its signature', async () => {
    for (const signature of ['v1', 'v4'] as const) {
      const request = { method: 'PUT', bucket, key: signature, body: 'x', presigned: true }
      expect((await service.call({ ...request, signature })).status).toBe(200)
    }
  })

  it.each([
    ['a wrong Content-MD5', { 'content-md5': 'JfnnlDI7RTiF9RgfG2JNCw==' }, 'InvalidDigest'],
    ['what is no MD5', { 'content-md5': 'none' }, 'InvalidDigest'],
    ['a wrong CRC-64', { 'x-oss-hash-crc64ecma': '1' }, 'InvalidCRC64'],
    ['a storage class that is none', { 'x-oss-storage-class': 'Warm' }, 'InvalidArgument'],
    ['metadata beyond 8 KiB', { 'x-oss-meta-a': 'x'.repeat(8192) }, 'MetadataTooLarge'],
    ['a condition, which is for readers', { 'if-match': '*' }, 'NotImplemented'],
  ])('refuses %s with %s, and no object is there', async (_, headers, code) => {
    const answer = await service.call({
      method: 'PUT',
      bucket,
      key: 'refused',
      headers: { ...headers },
      body: 'other bytes',
    })
    expect([answer.status, answer.code]).toEqual([400, code])
    expect((await service.call({ method: 'HEAD', bucket, key: 'refused' })).status).toBe(404)
  })

  it('refuses a missing bucket, an unknown key, and nobody at all', async () => {
    const put = { method: 'PUT', bucket, key: 'k', body: 'x' }
    const unknown = { accessKeyId: 'unknown', accessKeySecret: 'unknown' }
    const missing = await service.call({ ...put, bucket: 'no-such-bucket', as: unknown })
    expect([missing.status, missing.code, missing.ec]).toEqual([
      404,
      'NoSuchBucket',
      '0015-00000101',
    ])
    const stranger = await service.call({ ...put, as: unknown })
    expect([stranger.status, stranger.code]).toEqual([403, 'InvalidAccessKeyId'])
    const nobody = await service.call({ ...put, as: 'anonymous' })
    expect([nobody.status, nobody.code]).toEqual([403, 'AccessDenied'])
  })
})
