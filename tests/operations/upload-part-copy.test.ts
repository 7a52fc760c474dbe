import { describe, expect, it } from 'vitest'
import { completeBody, elementOf, etagOf } from '../support/oss-wire.ts'
import { initiate, LEAST, type UploadAddress } from './multipart.ts'
import { type ServiceAnswer, startTestService } from './service.ts'
import { itRefusesStrangers } from './strangers.ts'

const stranger = { accessKeyId: 'stranger', accessKeySecret: 'secret' }
const service = await startTestService({
  credentials: [
    { accessKeyId: 'owner', accessKeySecret: 'secret' },
    { ...stranger, owner: 'stranger' },
  ],
  now: () => new Date('2026-01-01T00:00:00Z'),
})
const bucket = await service.makeBucket()
const source = Buffer.from(Array.from({ length: 1000 }, (_, index) => index % 251))
const put = { method: 'PUT', bucket, key: 'source', body: source }
await service.call(put)
const upload = await initiate(service, bucket, 'target')

function copyPart(
  partNumber: number | string,
  headers: Record<string, string> = {},
  { uploadId, key }: Pick<UploadAddress, 'uploadId' | 'key'> = upload,
): Promise<ServiceAnswer> {
  const from = { 'x-oss-copy-source': `/${bucket}/source` }
  const query = { partNumber: String(partNumber), uploadId }
  return service.call({ method: 'PUT', bucket, key, query, headers: { ...from, ...headers } })
}

async function listed(): Promise<string> {
  const { key, uploadId } = upload
  const { text } = await service.call({ method: 'GET', bucket, key, query: { uploadId } })
  return text.replaceAll('&quot;', '"')
}

describe('UploadPartCopy', () => {
  it('answers 200 with the date first, then the ETag of the part, in XML and in the header', async () => {
    const answer = await copyPart(1)
    const etag = `"${etagOf(source)}"`
    expect(answer.status).toBe(200)
    expect(answer.text.replaceAll('&quot;', '"').replaceAll(/>\s+</g, '><')).toContain(
      `<CopyPartResult><LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>${etag}</ETag></CopyPartResult>`,
    )
    expect(answer.headers.get('etag')).toBe(etag)
    const head = await service.call({ method: 'HEAD', bucket, key: 'source' })
    const crc64 = 'x-oss-hash-crc64ecma'
    expect(answer.headers.get(crc64)).toBe(head.headers.get(crc64))
    expect(answer.headers.get('content-range')).toBeNull()
    expect(answer.headers.get('x-oss-copy-source-version-id')).toBeNull()
    expect(await listed()).toContain(etag)
  })

  it.each([
    ['bytes=0-499', 'bytes 0-499/1000', 0, 500],
    ['bytes=500-', 'bytes 500-999/1000', 500, 1000],
    ['bytes=999-999', 'bytes 999-999/1000', 999, 1000],
    ['bytes=0-1000', null, 0, 1000],
    ['bytes=1000-', null, 0, 1000],
    ['bytes=131072-655359', null, 0, 1000],
    ['bytes=-500', null, 0, 1000],
    ['bytes=-0', null, 0, 1000],
    ['bytes=500-100', null, 0, 1000],
    ['0-499', null, 0, 1000],
  ])('copies by the range %s', async (range, contentRange, from, to) => {
    const answer = await copyPart(2, { 'x-oss-copy-source-range': range })
    expect([answer.status, answer.headers.get('content-range')]).toEqual([200, contentRange])
    expect(answer.headers.get('etag')).toBe(`"${etagOf(source.subarray(from, to))}"`)
  })

  it('makes objects of pieces, with the CRC-64 that their source has', async () => {
    const large = Buffer.alloc(2 * LEAST + 5, 'large')
    await service.call({ method: 'PUT', bucket, key: 'large', body: large })
    const target = await initiate(service, bucket, 'whole')
    const from = { 'x-oss-copy-source': `/${bucket}/large` }
    const parts: [number, string][] = []
    for (let start = 0, number = 1; start < large.length; start += LEAST, number += 1) {
      const end = Math.min(start + LEAST, large.length) - 1
      const range = { 'x-oss-copy-source-range': `bytes=${start}-${end}` }
      const { headers } = await copyPart(number, { ...from, ...range }, target)
      parts.push([number, headers.get('etag')?.replaceAll('"', '') ?? ''])
    }
    const { key, uploadId } = target
    const body = completeBody(parts)
    const done = await service.call({ method: 'POST', bucket, key, query: { uploadId }, body })
    expect(done.status).toBe(200)
    const got = await service.call({ method: 'GET', bucket, key })
    expect(got.bytes.equals(large)).toBe(true)
    const head = await service.call({ method: 'HEAD', bucket, key: 'large' })
    const crc64 = 'x-oss-hash-crc64ecma'
    expect(got.headers.get(crc64)).toBe(head.headers.get(crc64))
    expect(got.headers.get('etag')).not.toBe(head.headers.get('etag'))
  })

  it('copies from the object that it will take the place of', async () => {
    const target = await initiate(service, bucket, 'source')
    expect((await copyPart(1, {}, target)).status).toBe(200)
    const { uploadId } = target
    const body = completeBody([[1, etagOf(source)]])
    await service.call({ method: 'POST', bucket, key: 'source', query: { uploadId }, body })
    const got = await service.call({ method: 'GET', bucket, key: 'source' })
    expect(got.bytes.equals(source)).toBe(true)
    await service.call(put)
  })

  it.each([
    ['x-oss-copy-source-if-match', 'F'.repeat(32), 412],
    ['x-oss-copy-source-if-none-match', etagOf(source), 304],
    ['x-oss-copy-source-if-unmodified-since', 'Wed, 31 Dec 2025 23:59:59 GMT', 412],
    ['x-oss-copy-source-if-modified-since', 'Sat, 01 Jan 2050 00:00:00 GMT', 304],
  ])('stores no part under %s: %s', async (name, value, status) => {
    const answer = await copyPart(7, { [name]: value })
    expect(answer.status).toBe(status)
    expect(await listed()).not.toContain('<PartNumber>7<')
  })

  it.each([
    [{ 'x-oss-copy-source': 'nothing' }, 400, 'InvalidArgument', undefined],
    [{ 'x-oss-copy-source': `/${bucket}/missing` }, 404, 'NoSuchKey', '0026-00000001'],
    [{ 'x-oss-copy-source': '/no-such-bucket/key' }, 404, 'NoSuchBucket', '0015-00000101'],
    [
      { 'x-oss-copy-source': `/${bucket}/source?versionId=CAEQ${'A'.repeat(60)}` },
      404,
      'NoSuchVersion',
      undefined,
    ],
    [{ 'x-oss-server-side-encryption': 'AES256' }, 400, 'InvalidArgument', undefined],
  ])('refuses %o', async (headers, status, code, ec) => {
    const answer = await copyPart(8, { ...headers })
    expect([answer.status, answer.code]).toEqual([status, code])
    if (ec) expect(answer.ec).toBe(ec)
    expect(await listed()).not.toContain('<PartNumber>8<')
  })

  it('refuses an upload that there is not, and half of one', async () => {
    const unknown = await copyPart(1, {}, { key: 'target', uploadId: 'A'.repeat(32) })
    expect([unknown.status, unknown.code, unknown.ec]).toEqual([
      404,
      'NoSuchUpload',
      '0042-00000311',
    ])
    expect(elementOf(unknown.text, 'UploadId')).toBe('A'.repeat(32))
    const headers = { 'x-oss-copy-source': `/${bucket}/source` }
    const query = { uploadId: upload.uploadId }
    const half = await service.call({ method: 'PUT', bucket, key: 'target', query, headers })
    expect([half.status, half.code, half.ec]).toEqual([400, 'InvalidArgument', '0017-00000219'])
    const number = await copyPart(10_001)
    expect([number.status, number.code, number.ec]).toEqual([
      400,
      'InvalidArgument',
      '0017-00000220',
    ])
  })

  it('needs the right to read the source', async () => {
    const theirs = 'bucket-of-a-stranger'
    await service.call({ method: 'PUT', bucket: theirs, as: stranger })
    const place = { bucket: theirs, key: 'k', as: stranger }
    const begun = await service.call({ method: 'POST', ...place, query: { uploads: '' } })
    const uploadId = elementOf(begun.text, 'UploadId') ?? ''
    const query = { partNumber: '1', uploadId }
    const headers = { 'x-oss-copy-source': `/${bucket}/source` }
    const answer = await service.call({ method: 'PUT', ...place, query, headers })
    expect([answer.status, answer.code]).toEqual([403, 'AccessDenied'])
  })

  itRefusesStrangers(service, {
    method: 'PUT',
    bucket,
    key: 'target',
    query: { partNumber: '1', uploadId: upload.uploadId },
    headers: { 'x-oss-copy-source': `/${bucket}/source` },
  })
})
