import { describe, expect, it } from 'vitest'
import { elementOf } from '../support/oss-wire.ts'
import { elementsOf } from './multipart.ts'
import { startTestService } from './service.ts'
import { itRefusesStrangers } from './strangers.ts'

const service = await startTestService()
const bucket = await service.makeBucket()
for (const key of ['fun/a', 'fun/oss.jpg', 'oss.jpg', 'other/a', 'z']) {
  await service.call({ method: 'PUT', bucket, key })
}

async function list(query: Record<string, string> = {}): Promise<string> {
  const request = { method: 'GET', bucket, query: { 'list-type': '2', ...query } }
  const { status, text } = await service.call(request)
  expect(status).toBe(200)
  return text
}

describe('ListObjectsV2', () => {
  it('counts contents and prefixes, and has owners on request only', async () => {
    const xml = await list({ delimiter: '/' })
    expect(elementsOf(xml, 'Key')).toEqual(['oss.jpg', 'z'])
    expect([elementOf(xml, 'KeyCount'), elementsOf(xml, 'Owner')]).toEqual(['4', []])
    expect(elementOf(await list({ 'fetch-owner': 'true' }), 'DisplayName')).toBe('lading')
  })

  it('goes on by the token that it gives, to the end', async () => {
    const found: string[] = []
    let token: string | undefined = ''
    while (token !== undefined) {
      const xml: string = await list({ 'max-keys': '2', 'continuation-token': token })
      found.push(...elementsOf(xml, 'Key'))
      if (token !== '') expect(elementOf(xml, 'ContinuationToken')).toBe(token)
      token = elementOf(xml, 'NextContinuationToken')
      expect(elementOf(xml, 'IsTruncated')).toBe(String(token !== undefined))
    }
    expect(found).toEqual(['fun/a', 'fun/oss.jpg', 'oss.jpg', 'other/a', 'z'])
  })

  it('tells a prefix only where keys behind start-after share it', async () => {
    const xml = await list({ delimiter: '/', 'start-after': 'fun/oss.jpg' })
    expect(elementsOf(xml, 'CommonPrefixes').map((inner) => elementOf(inner, 'Prefix'))).toEqual([
      'other/',
    ])
    expect(elementOf(xml, 'StartAfter')).toBe('fun/oss.jpg')
  })

  it('encodes keys, prefixes, tokens and where it began on request', async () => {
    const own = await service.makeBucket()
    for (const key of ['a b/+1', 'a b/d/x', 'c&\u0001', 'z']) {
      await service.call({ method: 'PUT', bucket: own, key })
    }
    const encoded = async (query: Record<string, string>): Promise<string> => {
      const all = { 'list-type': '2', 'encoding-type': 'url', ...query }
      return (await service.call({ method: 'GET', bucket: own, query: all })).text
    }
    const grouped = await encoded({ prefix: 'a b/', delimiter: '/', 'start-after': 'a a' })
    const said = ['EncodingType', 'Delimiter', 'StartAfter', 'Key']
    expect(said.map((name) => elementOf(grouped, name))).toEqual([
      'url',
      '%2F',
      'a%20a',
      'a%20b%2F%2B1',
    ])
    expect(elementsOf(grouped, 'Prefix')).toEqual(['a%20b%2F', 'a%20b%2Fd%2F'])

    const page = await encoded({ 'max-keys': '3' })
    expect(elementsOf(page, 'Key')).toEqual(['a%20b%2F%2B1', 'a%20b%2Fd%2Fx', 'c%26%01'])
    const token = elementOf(page, 'NextContinuationToken') ?? ''
    const rest = await encoded({ 'continuation-token': decodeURIComponent(token) })
    expect(elementsOf(rest, 'Key')).toEqual(['z'])
    expect(elementOf(rest, 'ContinuationToken')).toBe(token)
  })

  it.each([
    { 'list-type': '3' },
    { 'continuation-token': 'none-of-ours' },
    { 'max-keys': '1001' },
    { 'start-after': 'x'.repeat(1025) },
  ])('refuses %o with InvalidArgument', async (query) => {
    const request = { method: 'GET', bucket, query: { 'list-type': '2', ...query } }
    const answer = await service.call(request)
    expect([answer.status, answer.code]).toEqual([400, 'InvalidArgument'])
  })

  itRefusesStrangers(service, { method: 'GET', bucket, query: { 'list-type': '2' } })
})
