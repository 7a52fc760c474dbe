import { describe, expect, it } from 'vitest'
import { elementOf } from '../support/oss-wire.ts'
import { startTestService } from './service.ts'
import { itRefusesUnprovedKeys } from './strangers.ts'

const alice = { accessKeyId: 'alice-key', accessKeySecret: 'secret of alice', owner: 'alice' }
const bob = { accessKeyId: 'bob-key', accessKeySecret: 'secret of bob', owner: 'bob' }
const service = await startTestService({ credentials: [alice, bob] })
for (const name of ['b-two', 'a-one', 'b-one']) await service.makeBucket({ name })
await service.call({ method: 'PUT', bucket: 'b-bobs', as: bob })

async function list(query: Record<string, string> = {}): Promise<{ names: string[]; xml: string }> {
  const { status, text } = await service.call({ method: 'GET', query })
  expect(status).toBe(200)
  return { names: [...text.matchAll(/<Name>(.*?)<\/Name>/g)].map(([, n = '']) => n), xml: text }
}

describe('ListBuckets', () => {
  it('tells all buckets of whoever asks, by name, with what SDKs read of each', async () => {
    const { names, xml } = await list()
    expect(names).toEqual(['a-one', 'b-one', 'b-two'])
    expect(elementOf(xml, 'ID')).toBe('alice')
    const fields = ['ExtranetEndpoint', 'IntranetEndpoint', 'Location', 'Region', 'StorageClass']
    for (const field of fields) expect(elementOf(xml, field)).toMatch(/./)
  })

  it('pages behind a marker, which is not in the page', async () => {
    const first = await list({ 'max-keys': '2' })
    expect([first.names, elementOf(first.xml, 'IsTruncated')]).toEqual([['a-one', 'b-one'], 'true'])
    expect([elementOf(first.xml, 'NextMarker'), elementOf(first.xml, 'MaxKeys')]).toEqual([
      'b-one',
      '2',
    ])
    const last = await list({ marker: 'b-one' })
    expect(last.names).toEqual(['b-two'])
  })

  it('takes a prefix, and one without hits is an empty list', async () => {
    expect((await list({ prefix: 'b-' })).names).toEqual(['b-one', 'b-two'])
    expect((await list({ prefix: 'zzz' })).names).toEqual([])
  })

  it.each([
    { 'max-keys': '0' },
    { 'max-keys': '1001' },
    { 'max-keys': 'many' },
    { prefix: 'Upper' },
  ])('refuses %o with InvalidArgument', async (query) => {
    const answer = await service.call({ method: 'GET', query: { ...query } })
    expect([answer.status, answer.code]).toEqual([400, 'InvalidArgument'])
  })

  it('tells those buckets that have all of the tags asked for, and their tags', async () => {
    const tag = (bucket: string, tags: Record<string, string>): ReturnType<typeof service.call> => {
      const set = Object.entries(tags).map(
        ([key, value]) => `<Tag><Key>${key}</Key><Value>${value}</Value></Tag>`,
      )
      const body = `<Tagging><TagSet>${set.join('')}</TagSet></Tagging>`
      return service.call({ method: 'PUT', bucket, query: { tagging: '' }, body })
    }
    await tag('a-one', { a: '1', b: '2' })
    await tag('b-one', { a: '1' })
    await tag('b-two', { a: '2' })
    expect((await list({ 'tag-key': 'a' })).names).toEqual(['a-one', 'b-one', 'b-two'])
    expect((await list({ 'tag-key': 'a', 'tag-value': '1' })).names).toEqual(['a-one', 'b-one'])
    const { names, xml } = await list({ tagging: '"a":"1","b":"2"' })
    expect(names).toEqual(['a-one'])
    expect(xml).toContain('<Tagging><TagSet><Tag><Key>a</Key><Value>1</Value></Tag>')
    const page = await list({ 'tag-key': 'a', 'tag-value': '1', 'max-keys': '1' })
    expect([page.names, elementOf(page.xml, 'IsTruncated')]).toEqual([['a-one'], 'true'])
    for (const query of [{ tagging: 'a:1' }, { tagging: '"a":1' }, { 'tag-value': '1' }]) {
      const refused = await service.call({ method: 'GET', query })
      expect([refused.status, refused.code]).toEqual([400, 'InvalidArgument'])
    }
  })

  itRefusesUnprovedKeys(service, { method: 'GET' })
})
