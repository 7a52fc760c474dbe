import { describe, expect, it } from 'vitest'
import { elementOf } from '../support/oss-wire.ts'
import { initiate, putPart } from './multipart.ts'
import { startTestService } from './service.ts'
import { itRefusesStrangers } from './strangers.ts'

const service = await startTestService()
const bucket = await service.makeBucket()
const upload = await initiate(service, bucket, 'key')

async function listed(): Promise<string[]> {
  const { bucket, key, uploadId } = upload
  const { text } = await service.call({ method: 'GET', bucket, key, query: { uploadId } })
  return [...text.matchAll(/<PartNumber>(\d+)</g)].map(([, number = '']) => number)
}

describe('UploadPart', () => {
  it('answers 200 with the ETag, the MD5 and the CRC-64 of the bytes', async () => {
    const { status, headers, text } = await putPart(service, upload, 1, '123456789')
    expect([status, text]).toEqual([200, ''])
    expect(headers.get('etag')).toBe('"25F9E794323B453885F5181F1B624D0B"')
    expect(headers.get('content-md5')).toBe('JfnnlDI7RTiF9RgfG2JNCw==')
    expect(headers.get('x-oss-hash-crc64ecma')).toBe('11051210869376104954')
  })

  it('takes parts in any order, again, empty, and with headers that mean nothing here', async () => {
    expect((await putPart(service, upload, 10_000, '')).status).toBe(200)
    expect((await putPart(service, upload, 2, 'two')).status).toBe(200)
    expect((await putPart(service, upload, 2, 'two again')).status).toBe(200)
    const stray = { 'x-oss-object-acl': 'private', 'x-oss-complete-all': 'yes' }
    expect((await putPart(service, upload, 3, 'three', stray)).status).toBe(200)
    expect(await listed()).toEqual(['1', '2', '3', '10000'])
  })

  it.each([
    ['a wrong Content-MD5', { 'content-md5': 'JfnnlDI7RTiF9RgfG2JNCw==' }, 'InvalidDigest'],
    ['a wrong CRC-64', { 'x-oss-hash-crc64ecma': '1' }, 'InvalidCRC64'],
    ['encryption, as that is settled', { 'x-oss-server-side-encryption': 'AES256' }, 'Invalid'],
  ])('refuses %s, and the part that was there stands', async (_, headers, code) => {
    const etag = (await putPart(service, upload, 9, 'earlier')).headers.get('etag')
    const refused = await putPart(service, upload, 9, 'later', { ...headers })
    expect([refused.status, refused.code]).toEqual([400, expect.stringContaining(code)])
    const { key, uploadId } = upload
    const { text } = await service.call({ method: 'GET', bucket, key, query: { uploadId } })
    expect(text.replaceAll('&quot;', '"')).toContain(etag)
  })

  it('takes the parts of a sequential upload in order alone, each once', async () => {
    const key = 'sequential'
    const query = { uploads: '', sequential: '' }
    const begun = await service.call({ method: 'POST', bucket, key, query })
    const ordered = { bucket, key, uploadId: elementOf(begun.text, 'UploadId') ?? '' }
    const early = await putPart(service, ordered, 2)
    expect([early.status, early.code]).toEqual([400, 'PartNotSequential'])
    expect(elementOf(early.text, 'PartNumber')).toBe('2')
    for (const number of [1, 2, 3])
      expect((await putPart(service, ordered, number)).status).toBe(200)
    for (const number of [1, 3]) {
      const again = await putPart(service, ordered, number)
      expect([again.status, again.code, again.ec]).toEqual([
        409,
        'PartAlreadyExist',
        '0042-00000108',
      ])
    }
    expect((await putPart(service, ordered, 5)).code).toBe('PartNotSequential')
    const contested = await Promise.all(
      [4, 4, 4, 4].map((number, index) => putPart(service, ordered, number, `attempt ${index}`)),
    )
    expect(contested.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409])
  })

  it.each(['0', '10001', '-1', '1.5', 'one', ''])('refuses the part number %j', async (number) => {
    const answer = await putPart(service, upload, number)
    expect([answer.status, answer.code, answer.ec]).toEqual([
      400,
      'InvalidArgument',
      '0017-00000220',
    ])
    expect(elementOf(answer.text, 'ArgumentName')).toMatch(/^PartNumber$/i)
  })

  it('refuses a part without a number', async () => {
    const { key, uploadId } = upload
    const answer = await service.call({
      method: 'PUT',
      bucket,
      key,
      query: { uploadId },
      body: 'x',
    })
    expect([answer.status, answer.code, answer.ec]).toEqual([
      400,
      'InvalidArgument',
      '0017-00000219',
    ])
  })

  it('refuses an upload that is unknown, of another key, or aborted', async () => {
    const gone = await initiate(service, bucket, 'gone')
    const query = { uploadId: gone.uploadId }
    await service.call({ method: 'DELETE', bucket, key: 'gone', query })
    const unknown = { ...upload, uploadId: '0'.repeat(32) }
    for (const address of [gone, unknown, { ...upload, key: 'other' }]) {
      const answer = await putPart(service, address, 1)
      expect([answer.status, answer.code]).toEqual([404, 'NoSuchUpload'])
      expect(answer.ec).toBe('0042-00000104')
      expect(elementOf(answer.text, 'UploadId')).toBe(address.uploadId)
    }
  })

  const query = { partNumber: '1', uploadId: upload.uploadId }
  itRefusesStrangers(service, { method: 'PUT', bucket, key: 'key', query, body: 'x' })
})
