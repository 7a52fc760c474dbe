import { describe, expect, it } from 'vitest'
import { elementOf } from '../support/oss-wire.ts'
import { elementsOf, initiate } from './multipart.ts'
import { startTestService } from './service.ts'
import { itRefusesStrangers } from './strangers.ts'

const service = await startTestService()
const bucket = await service.makeBucket()
const ids = new Map<string, string>()
for (let index = 0; index < 20; index += 1) {
  const { uploadId } = await initiate(service, bucket, `k${index}`)
  ids.set(`k${index}`, uploadId)
}

async function list(query: Record<string, string> = {}, name = bucket): Promise<string> {
  const request = { method: 'GET', bucket: name, query: { uploads: '', ...query } }
  const { status, text } = await service.call(request)
  expect(status).toBe(200)
  return text
}

describe('ListMultipartUploads', () => {
  it('tells all open uploads by key, with what SDKs read of each', async () => {
    const xml = await list()
    const keys = elementsOf(xml, 'Key')
    expect(keys).toEqual([...ids.keys()].sort())
    expect(elementsOf(xml, 'UploadId')).toEqual(keys.map((key) => ids.get(key)))
    expect(elementOf(xml, 'StorageClass')).toBe('Standard')
    expect(elementOf(xml, 'Initiated')).toMatch(/^\d{4}-\d\d-\d\dT[\d:]{8}\.000Z$/)
    const about = ['Bucket', 'MaxUploads', 'IsTruncated', 'NextKeyMarker', 'NextUploadIdMarker']
    expect(about.map((name) => elementOf(xml, name))).toEqual([
      bucket,
      '1000',
      'false',
      'k9',
      ids.get('k9'),
    ])
    for (const name of ['KeyMarker', 'UploadIdMarker', 'Prefix', 'Delimiter']) {
      expect(xml).toContain(`<${name}`)
    }
  })

  it('takes a prefix, a marker and a delimiter, in the order of bytes', async () => {
    expect(elementsOf(await list({ prefix: 'k1' }), 'Key')).toHaveLength(11)
    expect(elementsOf(await list({ 'key-marker': 'k10' }), 'Key')).toHaveLength(17)
    const gathered = await list({ delimiter: '4', prefix: 'k' })
    expect(elementsOf(gathered, 'Upload')).toHaveLength(18)
    expect(
      elementsOf(gathered, 'CommonPrefixes').map((inner) => elementOf(inner, 'Prefix')),
    ).toEqual(['k14', 'k4'])
    expect(elementsOf(await list({ prefix: 'none' }), 'Upload')).toEqual([])
  })

  it('takes an upload id behind which to go on within a key, and not by itself', async () => {
    const own = await service.makeBucket()
    const uploads = []
    for (let round = 0; round < 3; round += 1) uploads.push(await initiate(service, own, 'bar'))
    uploads.push(await initiate(service, own, 'foo'))
    const [first, second, third, fourth] = uploads.map(({ uploadId }) => uploadId)
    const behind = async (query: Record<string, string>): Promise<string[]> =>
      elementsOf(await list(query, own), 'UploadId')
    expect(await behind({ 'key-marker': 'bar', 'upload-id-marker': first ?? '' })).toEqual([
      second,
      third,
      fourth,
    ])
    expect(await behind({ 'key-marker': 'bar', 'upload-id-marker': third ?? '' })).toEqual([fourth])
    expect(await behind({ 'upload-id-marker': third ?? '' })).toHaveLength(4)
    const page = await list({ 'max-uploads': '2' }, own)
    expect([elementOf(page, 'IsTruncated'), elementOf(page, 'NextUploadIdMarker')]).toEqual([
      'true',
      second,
    ])
  })

  it('encodes keys, markers and prefixes on request', async () => {
    const own = await service.makeBucket()
    await initiate(service, own, 'a b/\x01c')
    const xml = await list({ 'encoding-type': 'url', prefix: 'a b/', delimiter: '/' }, own)
    expect(elementOf(xml, 'EncodingType')).toBe('url')
    expect([elementOf(xml, 'Prefix'), elementOf(xml, 'Delimiter'), elementOf(xml, 'Key')]).toEqual([
      'a%20b%2F',
      '%2F',
      'a%20b%2F%01c',
    ])
  })

  it.each([
    { 'max-uploads': '0' },
    { 'max-uploads': '1001' },
    { prefix: 'x'.repeat(1025) },
    { 'encoding-type': 'none' },
  ])('refuses %o with InvalidArgument', async (query) => {
    const all = { uploads: '', ...query }
    const answer = await service.call({ method: 'GET', bucket, query: all })
    expect([answer.status, answer.code]).toEqual([400, 'InvalidArgument'])
  })

  itRefusesStrangers(service, { method: 'GET', bucket, query: { uploads: '' } })
})
