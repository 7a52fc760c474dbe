import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { formatVersionId } from '../store/version-id.ts'
import {
  type Asking,
  anonymous,
  gather,
  initiate,
  LEAST,
  type OpenService,
  openService,
  put,
  putPart,
  refusalOf,
  textOf,
} from './api-samples.contract.ts'
import { completeMultipartUpload } from './complete-multipart-upload.ts'
import { deleteObject } from './delete-object.ts'
import { getObject } from './get-object.ts'
import { getObjectMeta } from './get-object-meta.ts'
import { headObject } from './head-object.ts'
import type { Reply } from './operation.ts'
import { putObject } from './put-object.ts'

const base64Md5 = (text: string): string => createHash('md5').update(text).digest('base64')

async function withObject(
  body = '0123456789',
  headers: Record<string, string> = {},
): Promise<OpenService> {
  const service = await openService()
  await service.ask(putObject, { body, headers })
  return service
}

/** How many readers hold on to what the collector would take. */
async function collects({ ask, store, blobs, clock }: OpenService): Promise<boolean> {
  await ask(deleteObject)
  await store.collectGarbage({ before: clock.advance(1), orphanBefore: new Date(0) })
  for await (const _ of blobs.list({ before: new Date(8.64e15) })) return false
  return true
}

describe('PutObject', () => {
  test('answers the ETag, the MD5 and the CRC-64 of the bytes', async () => {
    const { ask } = await openService()
    expect(await ask(putObject, { body: '123456789' })).toEqual({
      status: 200,
      headers: {
        ETag: '"25F9E794323B453885F5181F1B624D0B"',
        'Content-MD5': base64Md5('123456789'),
        'x-oss-hash-crc64ecma': '11051210869376104954',
      },
    })
    expect((await ask(putObject)).headers).toMatchObject({
      ETag: '"D41D8CD98F00B204E9800998ECF8427E"',
      'x-oss-hash-crc64ecma': '0',
    })
  })

  test.each([
    ['a wrong Content-MD5', { 'content-md5': base64Md5('x') }, 'InvalidDigest', {}],
    ['what is no MD5', { 'content-md5': 'Invalid-Content-MD5' }, 'InvalidDigest', {}],
    ['a wrong CRC-64', { 'x-oss-hash-crc64ecma': '1' }, 'InvalidCRC64', {}],
    ['If-Match', { 'if-match': '*' }, 'NotImplemented', { Header: 'if-match' }],
    ['If-None-Match', { 'if-none-match': '*' }, 'NotImplemented', { Header: 'if-none-match' }],
    [
      'If-Modified-Since',
      { 'if-modified-since': 'Wed, 28 Dec 2022 10:27:41 GMT' },
      'NotImplemented',
      { Header: 'if-modified-since' },
    ],
    [
      'an ACL that there is not',
      { 'x-oss-object-acl': 'public' },
      'InvalidArgument',
      { ArgumentName: 'x-oss-object-acl', ArgumentValue: 'public' },
    ],
    ['a tag without a key', { 'x-oss-tagging': '=a' }, 'InvalidTag', {}],
    ['a tag given twice', { 'x-oss-tagging': 'a=1&a=2' }, 'InvalidTag', { TagKey: 'a' }],
    ['a tag that is not text', { 'x-oss-tagging': 'a=%FF' }, 'InvalidArgument', {}],
    ['metadata beyond 8 KiB', { 'x-oss-meta-a': 'x'.repeat(8192) }, 'MetadataTooLarge', {}],
  ])('refuses %s, and the earlier object stands', async (_, headers, code, details) => {
    const service = await withObject('earlier')
    const refusal = await refusalOf(
      service.ask(putObject, { body: 'later', headers: { ...headers } }),
    )
    expect(refusal).toMatchObject({ code, status: 400, details })
    expect(await textOf(await service.ask(getObject))).toBe('earlier')
  })

  test('takes one metadata header of 5 KiB, and an ACL that says there is none', async () => {
    const { ask } = await openService()
    const long = 'x'.repeat(5 * 1024)
    await ask(putObject, {
      headers: { 'x-oss-meta-long': long, 'x-oss-object-acl': 'default', 'x-oss-acl': 'private' },
    })
    expect((await ask(headObject)).headers).toMatchObject({ 'x-oss-meta-long': long })
  })

  test('x-oss-forbid-overwrite lets one object be put and no second', async () => {
    const { ask } = await openService()
    const headers = { 'x-oss-forbid-overwrite': 'true' }
    await ask(putObject, { body: 'first', headers })
    expect(await refusalOf(ask(putObject, { body: 'second', headers }))).toMatchObject({
      code: 'FileAlreadyExists',
      status: 409,
    })
    expect(await textOf(await ask(getObject))).toBe('first')
    await ask(putObject, { body: 'third', headers: { 'x-oss-forbid-overwrite': 'false' } })
  })

  test('a sender that leaves leaves no object', async () => {
    const { ask } = await openService()
    const peer = new AbortController()
    peer.abort(new Error('the peer left'))
    const sending = ask(putObject, { body: 'bytes', signal: peer.signal })
    await expect(sending).rejects.toThrow('the peer left')
    expect(await refusalOf(ask(headObject))).toMatchObject({ code: 'NoSuchKey' })
  })
})

describe('GetObject', () => {
  test('gives the bytes with all that is known of them', async () => {
    const { ask } = await withObject('123456789', {
      'content-type': 'text/plain; charset=gbk',
      'content-language': 'zh',
      'x-oss-meta-author': 'alice',
    })
    const reply = await ask(getObject)
    expect(reply.status).toBe(200)
    expect(reply.headers).toEqual({
      'Content-Type': 'text/plain; charset=gbk',
      'Content-Language': 'zh',
      'Accept-Ranges': 'bytes',
      ETag: '"25F9E794323B453885F5181F1B624D0B"',
      'Last-Modified': 'Sun, 22 Nov 2026 10:00:00 GMT',
      'Content-MD5': base64Md5('123456789'),
      'x-oss-object-type': 'Normal',
      'x-oss-storage-class': 'Standard',
      'x-oss-hash-crc64ecma': '11051210869376104954',
      'x-oss-meta-author': 'alice',
    })
    expect(reply.content?.length).toBe(9)
    expect(await textOf(reply)).toBe('123456789')
  })

  test('gives a range as 206, with the CRC-64 of the whole object', async () => {
    const { ask } = await withObject()
    const reply = await ask(getObject, { headers: { range: 'bytes=2-5' } })
    expect(reply.status).toBe(206)
    expect(reply.headers).toMatchObject({ 'Content-Range': 'bytes 2-5/10' })
    expect(reply.content?.length).toBe(4)
    const whole = await ask(getObject)
    const crc64 = 'x-oss-hash-crc64ecma'
    expect(reply.headers?.[crc64]).toBe(whole.headers?.[crc64])
    expect(await textOf(reply)).toBe('2345')
    expect(await textOf(whole)).toBe('0123456789')
  })

  test('gives the whole object for a range beyond its end, unless the standard is asked for', async () => {
    const { ask } = await withObject()
    const plain = await ask(getObject, { headers: { range: 'bytes=5-99' } })
    expect([plain.status, await textOf(plain)]).toEqual([200, '0123456789'])
    expect(plain.headers).not.toHaveProperty('Content-Range')
    const headers = { range: 'bytes=5-99', 'x-oss-range-behavior': 'standard' }
    const standard = await ask(getObject, { headers })
    expect([standard.status, await textOf(standard)]).toEqual([206, '56789'])
    const beyond = ask(getObject, { headers: { ...headers, range: 'bytes=10-' } })
    expect(await refusalOf(beyond)).toMatchObject({ code: 'InvalidRange', status: 416 })
  })

  test('gives the whole object when the range is of one that is no more', async () => {
    const { ask } = await withObject()
    const headers = { range: 'bytes=2-5', 'if-range': '"A"' }
    expect((await ask(getObject, { headers })).status).toBe(200)
  })

  test('reads ranges across the parts of an object', async () => {
    const service = await openService()
    const id = await initiate(service)
    await putPart(service, id, 1, new Uint8Array(LEAST).fill(0x61))
    await putPart(service, id, 2, new Uint8Array(LEAST).fill(0x62))
    await putPart(service, id, 3, 'ccc')
    await service.ask(completeMultipartUpload, {
      query: `uploadId=${id}`,
      headers: { 'x-oss-complete-all': 'yes' },
    })
    const read = async (range: string): Promise<string> =>
      textOf(await service.ask(getObject, { headers: { range } }))
    expect(await read(`bytes=${LEAST - 2}-${LEAST + 1}`)).toBe('aabb')
    expect(await read('bytes=-5')).toBe('bbccc')
    expect(await read(`bytes=${LEAST - 1}-${2 * LEAST}`)).toBe(`a${'b'.repeat(LEAST)}c`)
  })

  test.each([
    [{ 'if-none-match': '"781E5E245D69B566979B86E28D23F2C7"' }, 304],
    [{ 'if-modified-since': 'Sun, 22 Nov 2026 10:00:00 GMT', range: 'bytes=0-1' }, 304],
    [{ 'if-match': '781e5e245d69b566979b86e28d23f2c7' }, 200],
  ])('under %o answers %i', async (headers, status) => {
    const { ask } = await withObject()
    for (const operation of [getObject, headObject]) {
      const reply = await ask(operation, { headers: { ...headers } })
      expect(reply.status).toBe(status)
      expect(reply.content === undefined).toBe(status === 304)
      expect(reply.headers?.ETag).toBe('"781E5E245D69B566979B86E28D23F2C7"')
      reply.content?.release()
    }
  })

  test('refuses conditions that do not hold, on HEAD as well', async () => {
    const { ask } = await withObject()
    for (const operation of [getObject, headObject]) {
      expect(await refusalOf(ask(operation, { headers: { 'if-match': 'A' } }))).toMatchObject({
        code: 'PreconditionFailed',
        status: 412,
        details: { Condition: 'If-Match' },
      })
    }
  })

  test('puts what the query asks for in place of the object’s own headers', async () => {
    const { ask } = await withObject('bytes', { 'cache-control': 'no-cache' })
    const { headers } = await ask(getObject, {
      query:
        'response-content-type=text%2Fhtml&response-content-language=zh&response-expires=now&response-cache-control=private&response-content-disposition=%E6%B5%8B.txt&response-content-encoding=gzip',
    })
    expect(headers).toMatchObject({
      'Content-Type': 'text/html',
      'Content-Language': 'zh',
      Expires: 'now',
      'Cache-Control': 'private',
      // The bytes of UTF-8, one character each, as headers are written.
      'Content-Disposition': '\xE6\xB5\x8B.txt',
      'Content-Encoding': 'gzip',
      'Content-MD5': base64Md5('bytes'),
    })
  })

  test('refuses to replace headers for somebody unknown', async () => {
    const { ask } = await withObject()
    const query = 'response-content-type=text%2Fhtml'
    expect(await refusalOf(ask(getObject, { query, principal: anonymous }))).toMatchObject({
      code: 'InvalidRequest',
      status: 400,
      message: 'Request specific response headers cannot be used for anonymous GET requests.',
    })
    expect(await ask(getObject, { principal: anonymous })).toMatchObject({ status: 200 })
  })

  test('refuses a header that would end its line and begin another', async () => {
    const { ask } = await withObject()
    const query = 'response-content-type=text%2Fhtml%0D%0ASet-Cookie:%20a=b'
    expect(await refusalOf(ask(getObject, { query }))).toMatchObject({
      code: 'InvalidArgument',
      details: { ArgumentName: 'response-content-type' },
    })
  })

  test('refuses to pass the stored bytes off as an image made of them', async () => {
    const { ask } = await withObject()
    const query = 'x-oss-process=image%2Fresize,w_100'
    expect(await refusalOf(ask(getObject, { query }))).toMatchObject({ code: 'NotImplemented' })
  })

  test('a read that is under way keeps its bytes until it is released', async () => {
    const service = await withObject()
    const reply = await service.ask(getObject)
    expect(await collects(service)).toBe(false)
    expect(await textOf(reply)).toBe('0123456789')
    expect(await collects(service)).toBe(true)
  })

  test.each<[string, Asking]>([
    ['a condition that does not hold', { headers: { 'if-match': 'A' } }],
    ['a range that cannot be', { headers: { range: 'bytes=-0' } }],
    ['a 304', { headers: { 'if-none-match': '*' } }],
  ])('holds on to nothing after %s', async (_, asking) => {
    const service = await withObject()
    await service.ask(getObject, asking).catch(() => {})
    expect(await collects(service)).toBe(true)
  })

  test('a blob that is gone fails with the first byte', async () => {
    const service = await withObject()
    for await (const { id } of service.blobs.list({ before: new Date(8.64e15) })) {
      await service.blobs.delete(id)
    }
    const { content } = await service.ask(getObject)
    await expect(gather(content?.bytes() ?? emptyStream())).rejects.toThrow('does not exist')
  })
})

describe('HeadObject', () => {
  test('says what GET says, and the length, without the bytes', async () => {
    const { ask } = await withObject('bytes', { 'x-oss-meta-author': 'alice' })
    const head = await ask(headObject)
    const get = await ask(getObject)
    expect(head.headers).toEqual(get.headers)
    expect(head.content?.length).toBe(5)
    expect(await textOf(head)).toBe('')
  })
})

describe('GetObjectMeta', () => {
  test('says what tells one state from another, and no metadata', async () => {
    const { ask } = await withObject('123456789', { 'x-oss-meta-author': 'alice' })
    const reply = await ask(getObjectMeta, { query: 'objectMeta' })
    expect(reply).toMatchObject({ status: 200, content: { length: 9 } })
    expect(reply.headers).toEqual({
      ETag: '"25F9E794323B453885F5181F1B624D0B"',
      'Last-Modified': 'Sun, 22 Nov 2026 10:00:00 GMT',
      'x-oss-hash-crc64ecma': '11051210869376104954',
    })
  })
})

describe('DeleteObject', () => {
  test('answers 204 whether or not there was an object', async () => {
    const { ask } = await withObject()
    expect(await ask(deleteObject)).toEqual({ status: 204, headers: {} })
    expect(await ask(deleteObject)).toEqual({ status: 204, headers: {} })
    expect(await refusalOf(ask(getObject))).toMatchObject({ code: 'NoSuchKey' })
  })

  test('leaves the open uploads of the key alone', async () => {
    const service = await withObject()
    const id = await initiate(service)
    await service.ask(deleteObject)
    await putPart(service, id, 1, 'part')
  })
})

test.each([getObject, headObject, getObjectMeta])(
  '$name of a missing key is refused with the key',
  async (operation) => {
    const { ask } = await openService()
    expect(await refusalOf(ask(operation))).toMatchObject({
      code: 'NoSuchKey',
      status: 404,
      ec: '0026-00000001',
      details: { Key: 'cat.jpg' },
    })
    expect(await refusalOf(ask(operation, { bucket: 'films' }))).toMatchObject({
      code: 'NoSuchBucket',
    })
  },
)

test.each([getObject, headObject, getObjectMeta, deleteObject])(
  '$name of a bucket without versions knows one, null, and mistakes no other for it',
  async (operation) => {
    const { ask } = await withObject()
    const outcome = (query: string): Promise<Reply> => ask(operation, { query })
    if (operation !== deleteObject) {
      expect(
        await refusalOf(outcome(`versionId=${formatVersionId('A'.repeat(32))}`)),
      ).toMatchObject({
        code: 'NoSuchVersion',
        status: 404,
      })
    }
    for (const malformed of ['', 'CAEQ', 'IllegalVersion']) {
      expect(await refusalOf(outcome(`versionId=${malformed}`))).toMatchObject({
        code: 'InvalidArgument',
        status: 400,
      })
    }
    expect((await outcome('versionId=null')).status).toBe(operation === deleteObject ? 204 : 200)
  },
)

test.each(['a/../b', 'a//b', '%2F', 'a+b c', '😀', 'line\nbreak', '\x01\x02', 'é'.repeat(511)])(
  'the key %j comes back as it was',
  async (key) => {
    const service = await openService()
    await put(service, key, 'bytes')
    expect(await textOf(await service.ask(getObject, { key }))).toBe('bytes')
  },
)

async function* emptyStream(): AsyncGenerator<Uint8Array> {}
