import { describe, expect, it } from 'vitest'
import { elementOf } from '../support/oss-wire.ts'
import { elementsOf } from './multipart.ts'
import { startTestService } from './service.ts'
import { itRefusesStrangers } from './strangers.ts'

const service = await startTestService()
const bucket = await service.makeBucket()
const keys = ['a/1', 'a/2', 'b', 'url-%123-/?#:key', '\x01\x0a\x0c\x07Pc']
for (const key of keys) await service.call({ method: 'PUT', bucket, key, body: key })

async function list(query: Record<string, string> = {}): Promise<string> {
  const { status, text } = await service.call({ method: 'GET', bucket, query })
  expect(status).toBe(200)
  return text
}

describe('ListObjects', () => {
  it('tells an empty bucket with every element that SDKs read', async () => {
    const empty = await service.makeBucket()
    const { status, text } = await service.call({ method: 'GET', bucket: empty })
    expect(status).toBe(200)
    expect(['Name', 'MaxKeys', 'IsTruncated'].map((name) => elementOf(text, name))).toEqual([
      empty,
      '100',
      'false',
    ])
    for (const name of ['Prefix', 'Marker', 'Delimiter']) expect(text).toContain(`<${name}`)
  })

  it('tells of each object what HEAD tells', async () => {
    const xml = await list({ prefix: 'b' })
    const head = await service.call({ method: 'HEAD', bucket, key: 'b' })
    expect([
      elementsOf(xml, 'Key'),
      elementsOf(xml, 'Size'),
      elementsOf(xml, 'Type'),
      elementsOf(xml, 'StorageClass'),
    ]).toEqual([['b'], ['1'], ['Normal'], ['Standard']])
    expect(elementOf(xml, 'ETag')?.replaceAll('&quot;', '"')).toBe(head.headers.get('etag'))
    const modified = Date.parse(elementOf(xml, 'LastModified') ?? '')
    expect(modified).toBe(Date.parse(head.headers.get('last-modified') ?? ''))
    expect([elementOf(xml, 'ID'), elementOf(xml, 'DisplayName')]).toEqual(['lading', 'lading'])
  })

  it('gathers what shares a prefix up to the delimiter, as one entry of the page', async () => {
    const xml = await list({ delimiter: '/', prefix: '', 'max-keys': '2', marker: '\x02' })
    expect(elementsOf(xml, 'CommonPrefixes').map((inner) => elementOf(inner, 'Prefix'))).toEqual([
      'a/',
    ])
    expect(elementsOf(xml, 'Key')).toEqual(['b'])
    expect([elementOf(xml, 'IsTruncated'), elementOf(xml, 'NextMarker')]).toEqual(['true', 'b'])
  })

  it('goes on behind a marker that need not be a key', async () => {
    expect(elementsOf(await list({ marker: 'a/1x' }), 'Key')[0]).toBe('a/2')
    const last = await list({ marker: 'a/2' })
    expect([elementOf(last, 'Marker'), elementOf(last, 'IsTruncated')]).toEqual(['a/2', 'false'])
  })

  it('writes keys as they are, control bytes and all, or encoded on request', async () => {
    expect(elementsOf(await list(), 'Key').map((key) => key.replaceAll('&#xA;', '\n'))).toContain(
      keys[4],
    )
    const encoded = await list({ 'encoding-type': 'url', delimiter: '/', prefix: 'url-%' })
    expect([elementOf(encoded, 'EncodingType'), elementOf(encoded, 'Delimiter')]).toEqual([
      'url',
      '%2F',
    ])
    expect(decodeURIComponent(elementsOf(encoded, 'Prefix').at(-1) ?? '')).toBe('url-%123-/')
  })

  it.each([
    { 'max-keys': '0' },
    { 'max-keys': '1001' },
    { prefix: 'x'.repeat(1025) },
    { marker: 'x'.repeat(1025) },
    { delimiter: 'x'.repeat(1025) },
    { 'encoding-type': 'base64' },
  ])('refuses %o with InvalidArgument', async (query) => {
    const answer = await service.call({ method: 'GET', bucket, query: { ...query } })
    expect([answer.status, answer.code]).toEqual([400, 'InvalidArgument'])
  })

  itRefusesStrangers(service, { method: 'GET', bucket })
})
