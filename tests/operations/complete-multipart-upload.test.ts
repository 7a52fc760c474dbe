import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { completeBody, elementOf, etagOf, objectETagOf } from '../support/oss-wire.ts'
import { initiate, LEAST, putPart, type UploadAddress } from './multipart.ts'
import { type ServiceAnswer, type ServiceRequest, startTestService } from './service.ts'
import { itRefusesStrangers } from './strangers.ts'

const service = await startTestService()
const bucket = await service.makeBucket()
const large = Buffer.alloc(LEAST, 'a')

/** An upload with a part 1 of the least size and a small part 3, and their ETags. */
async function ready(key: string): Promise<{ upload: UploadAddress; etags: [string, string] }> {
  const upload = await initiate(service, bucket, key)
  await putPart(service, upload, 1, large)
  await putPart(service, upload, 3, 'last')
  return { upload, etags: [etagOf(large), etagOf(Buffer.from('last'))] }
}

function complete(
  { bucket, key, uploadId }: UploadAddress,
  body: string,
  rest: Partial<ServiceRequest> = {},
): Promise<ServiceAnswer> {
  return service.call({ method: 'POST', bucket, key, query: { uploadId }, body, ...rest })
}

describe('CompleteMultipartUpload', () => {
  it('answers 200 with the object’s ETag and CRC-64, and the object is there', async () => {
    const { upload, etags } = await ready('whole')
    const answer = await complete(
      upload,
      completeBody([
        [1, etags[0]],
        [3, etags[1].toLowerCase()],
      ]),
    )
    expect(answer.status).toBe(200)
    const etag = `"${objectETagOf(etags)}"`
    expect(answer.headers.get('etag')).toBe(etag)
    expect(elementOf(answer.text, 'ETag')?.replaceAll('&quot;', '"')).toBe(etag)
    expect([elementOf(answer.text, 'Bucket'), elementOf(answer.text, 'Key')]).toEqual([
      bucket,
      'whole',
    ])
    expect(elementOf(answer.text, 'Location')).toBe(`${service.url}/${bucket}/whole`)
    const got = await service.call({ method: 'GET', bucket, key: 'whole' })
    expect(got.text).toBe(`${large}last`)
    expect(got.headers.get('x-oss-object-type')).toBe('Multipart')
    expect(got.headers.get('content-md5')).toBeNull()
    const crc64 = 'x-oss-hash-crc64ecma'
    expect(got.headers.get(crc64)).toBe(answer.headers.get(crc64))
  })

  it.each([
    [
      'of the completion in place of that of the initiation',
      'private',
      'public-read',
      'public-read',
    ],
    ['that takes away that of the initiation', 'private', 'default', 'default'],
    ['of the initiation where the completion names none', 'private', undefined, 'private'],
    ['of the bucket where nobody names one', undefined, undefined, 'default'],
  ])('gives the object the ACL %s', async (_, first, last, grant) => {
    const key = `acl-${first}-${last}`
    const acl = (value: string | undefined): Record<string, string> =>
      value === undefined ? {} : { 'x-oss-object-acl': value }
    const upload = await initiate(service, bucket, key, acl(first))
    await putPart(service, upload, 1, 'part')
    const body = completeBody([[1, etagOf(Buffer.from('part'))]])
    expect((await complete(upload, body, { headers: acl(last) })).status).toBe(200)
    const { text } = await service.call({ method: 'GET', bucket, key, query: { acl: '' } })
    expect(elementOf(text, 'Grant')).toBe(grant)
  })

  it('refuses a gap in the list of a sequential upload, which stays open', async () => {
    const key = 'sequential'
    const query = { uploads: '', sequential: '' }
    const begun = await service.call({ method: 'POST', bucket, key, query })
    const upload = { bucket, key, uploadId: elementOf(begun.text, 'UploadId') ?? '' }
    for (const number of [1, 2, 3]) await putPart(service, upload, number, large)
    const etag = etagOf(large)
    const gap = await complete(
      upload,
      completeBody([
        [1, etag],
        [3, etag],
      ]),
    )
    expect([gap.status, gap.code]).toEqual([400, 'PartNotSequential'])
    const first = completeBody([
      [1, etag],
      [2, etag],
    ])
    expect((await complete(upload, first)).status).toBe(200)
  })

  it('gives the object of a sequential upload the MD5 of all its bytes, and no other', async () => {
    for (const query of [{ uploads: '', sequential: '' }, { uploads: '' }]) {
      const key = `md5-${Object.keys(query).length}`
      const headers = { 'x-oss-server-side-encryption': 'AES256' }
      const begun = await service.call({ method: 'POST', bucket, key, query, headers })
      const upload = { bucket, key, uploadId: elementOf(begun.text, 'UploadId') ?? '' }
      const last = Buffer.from('the last part')
      await putPart(service, upload, 1, large)
      await putPart(service, upload, 2, last)
      const body = completeBody([
        [1, etagOf(large)],
        [2, etagOf(last)],
      ])
      expect((await complete(upload, body)).status).toBe(200)
      const whole = createHash('md5').update(large).update(last).digest('base64')
      for (const method of ['HEAD', 'GET']) {
        const answer = await service.call({ method, bucket, key })
        expect(answer.headers.get('content-md5')).toBe('sequential' in query ? whole : null)
        expect(answer.headers.get('etag')).toMatch(/-2"$/)
      }
    }
  })

  it('takes all parts when asked to, by header or by presigned URL', async () => {
    const headers = { 'x-oss-complete-all': 'yes' }
    for (const presigned of [false, true]) {
      const { upload, etags } = await ready(`all-${presigned}`)
      const answer = await complete(upload, '', { headers, presigned })
      expect([answer.status, answer.headers.get('etag')]).toEqual([200, `"${objectETagOf(etags)}"`])
    }
  })

  it('encodes the key on request', async () => {
    const key = 'a b/+\u0001'
    const upload = await initiate(service, bucket, key)
    const query = { uploadId: upload.uploadId, 'encoding-type': 'url' }
    const answer = await complete(upload, '<CompleteMultipartUpload/>', { query })
    expect(['EncodingType', 'Key'].map((name) => elementOf(answer.text, name))).toEqual([
      'url',
      'a%20b%2F%2B%01',
    ])
  })

  it('makes an empty object of no parts', async () => {
    const upload = await initiate(service, bucket, 'empty')
    const answer = await complete(upload, '<CompleteMultipartUpload></CompleteMultipartUpload>')
    expect(answer.status).toBe(200)
    const head = await service.call({ method: 'HEAD', bucket, key: 'empty' })
    expect(head.headers.get('content-length')).toBe('0')
  })

  it('is done once: the id means nothing after it', async () => {
    const { upload, etags } = await ready('once')
    const body = completeBody([[1, etags[0]]])
    expect((await complete(upload, body)).status).toBe(200)
    const again = await complete(upload, body)
    expect([again.status, again.code, again.ec]).toEqual([404, 'NoSuchUpload', '0042-00000203'])
  })

  it.each([
    ['another ETag', completeBody([[1, 'F'.repeat(32)]]), 'InvalidPart'],
    ['a part that was not uploaded', completeBody([[2, 'F'.repeat(32)]]), 'InvalidPart'],
    [
      'parts out of order',
      completeBody([
        [3, etagOf(Buffer.from('last'))],
        [1, etagOf(large)],
      ]),
      'InvalidPartOrder',
    ],
    ['no XML', 'parts', 'MalformedXML'],
    ['XML of something else', '<Delete/>', 'MalformedXML'],
  ])('refuses %s, and the upload stays open', async (_, body, code) => {
    const { upload, etags } = await ready('refused')
    const answer = await complete(upload, body)
    expect([answer.status, answer.code]).toEqual([400, code])
    expect((await complete(upload, completeBody([[1, etags[0]]]))).status).toBe(200)
  })

  it('refuses a small part that is not the last', async () => {
    const upload = await initiate(service, bucket, 'small')
    const etags = []
    for (const number of [1, 2]) {
      await putPart(service, upload, number, 'small')
      etags.push([number, etagOf(Buffer.from('small'))] as const)
    }
    const answer = await complete(upload, completeBody(etags))
    expect([answer.status, answer.code]).toEqual([400, 'EntityTooSmall'])
  })

  it('refuses a list of parts beside the demand for all, and other demands', async () => {
    const { upload, etags } = await ready('both')
    const both = await complete(upload, completeBody([[1, etags[0]]]), {
      headers: { 'x-oss-complete-all': 'yes' },
    })
    expect([both.status, both.code, both.ec]).toEqual([400, 'InvalidArgument', '0042-00000216'])
    const other = await complete(upload, '', { headers: { 'x-oss-complete-all': 'no' } })
    expect([other.status, other.code]).toEqual([400, 'InvalidArgument'])
    const digest = await complete(upload, completeBody([[1, etags[0]]]), {
      headers: { 'content-md5': '1B2M2Y8AsgTpgAmY7PhCfg==' },
    })
    expect([digest.status, digest.code]).toEqual([400, 'InvalidDigest'])
  })

  it('refuses under x-oss-forbid-overwrite when the object is there by now', async () => {
    const { upload, etags } = await ready('taken')
    await service.call({ method: 'PUT', bucket, key: 'taken' })
    const headers = { 'x-oss-forbid-overwrite': 'true' }
    const answer = await complete(upload, completeBody([[1, etags[0]]]), { headers })
    expect([answer.status, answer.code]).toEqual([409, 'FileAlreadyExists'])
  })

  const query = { uploadId: '0'.repeat(32) }
  itRefusesStrangers(service, { method: 'POST', bucket, key: 'k', query })
})
