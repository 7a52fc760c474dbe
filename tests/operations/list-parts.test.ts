import { describe, expect, it } from 'vitest'
import { elementOf, etagOf } from '../support/oss-wire.ts'
import { elementsOf, initiate, putPart } from './multipart.ts'
import { startTestService } from './service.ts'
import { itRefusesStrangers } from './strangers.ts'

const service = await startTestService()
const bucket = await service.makeBucket()
const key = '%123-/?#:'
const upload = await initiate(service, bucket, key)
for (const number of [7, 1, 10, 3]) await putPart(service, upload, number)

async function list(query: Record<string, string> = {}, of = upload): Promise<string> {
  const request = { method: 'GET', bucket, key: of.key }
  const answer = await service.call({ ...request, query: { uploadId: of.uploadId, ...query } })
  expect(answer.status).toBe(200)
  return answer.text
}

describe('ListParts', () => {
  it('tells all parts ascending, gaps and all, each as its upload was answered', async () => {
    const xml = await list()
    expect(elementsOf(xml, 'PartNumber')).toEqual(['1', '3', '7', '10'])
    expect(elementsOf(xml, 'Size')).toEqual(['6', '6', '6', '7'])
    const etags = [1, 3, 7, 10].map((number) => etagOf(Buffer.from(`part ${number}`)))
    const listed = elementsOf(xml, 'ETag').map((etag) => etag.replaceAll(/&quot;|"/g, ''))
    expect(listed).toEqual(etags)
    const again = await putPart(service, upload, 1)
    const crc64 = again.headers.get('x-oss-hash-crc64ecma')
    expect(elementsOf(xml, 'HashCrc64ecma')[0]).toBe(crc64)
    const about = ['Bucket', 'UploadId', 'StorageClass', 'MaxParts', 'PartNumberMarker']
    expect(about.map((name) => elementOf(xml, name))).toEqual([
      bucket,
      upload.uploadId,
      'Standard',
      '1000',
      '0',
    ])
    expect([elementOf(xml, 'NextPartNumberMarker'), elementOf(xml, 'IsTruncated')]).toEqual([
      '10',
      'false',
    ])
  })

  it('has an empty next marker where there is no part', async () => {
    const xml = await list({ 'part-number-marker': '' }, await initiate(service, bucket, 'empty'))
    expect(elementsOf(xml, 'Part')).toEqual([])
    expect(xml).toMatch(/<NextPartNumberMarker\/>|<NextPartNumberMarker><\/NextPartNumberMarker>/)
    expect(elementOf(xml, 'IsTruncated')).toBe('false')
  })

  it('pages behind a marker', async () => {
    const first = await list({ 'max-parts': '1' })
    const markers = ['NextPartNumberMarker', 'IsTruncated', 'MaxParts']
    expect(markers.map((name) => elementOf(first, name))).toEqual(['1', 'true', '1'])
    const rest = await list({ 'part-number-marker': '1' })
    expect(elementsOf(rest, 'PartNumber')).toEqual(['3', '7', '10'])
  })

  it('encodes the key on request', async () => {
    const xml = await list({ 'encoding-type': 'url' })
    expect([
      elementOf(xml, 'EncodingType'),
      decodeURIComponent(elementOf(xml, 'Key') ?? ''),
    ]).toEqual(['url', key])
  })

  it.each([
    { 'max-parts': '0' },
    { 'max-parts': '1001' },
    { 'part-number-marker': 'one' },
    { 'encoding-type': 'none' },
  ])('refuses %o with InvalidArgument', async (query) => {
    const all = { uploadId: upload.uploadId, ...query }
    const answer = await service.call({ method: 'GET', bucket, key, query: all })
    expect([answer.status, answer.code]).toEqual([400, 'InvalidArgument'])
  })

  it('refuses an upload that is not there, whatever its id looks like', async () => {
    for (const uploadId of ['0'.repeat(32), 'nonexistent-upload-id']) {
      const answer = await service.call({ method: 'GET', bucket, key, query: { uploadId } })
      expect([answer.status, answer.code, answer.ec]).toEqual([
        404,
        'NoSuchUpload',
        '0042-00000002',
      ])
    }
  })

  itRefusesStrangers(service, { method: 'GET', bucket, key, query: { uploadId: upload.uploadId } })
})
