import { describe, expect, it } from 'vitest'
import { startTestService } from './service.ts'
import { itRefusesStrangers } from './strangers.ts'

const service = await startTestService()
const bucket = await service.makeBucket()
const query = { tagging: '' }

const tagged = (tags: readonly (readonly [key: string, value: string])[]): string =>
  `<Tagging><TagSet>${tags.map(([key, value]) => `<Tag><Key>${key}</Key><Value>${value}</Value></Tag>`).join('')}</TagSet></Tagging>`
const put = (body: string): ReturnType<typeof service.call> =>
  service.call({ method: 'PUT', bucket, query, body })

describe('PutBucketTags', () => {
  it('keeps the order of the tags, and any characters in them', async () => {
    const body = tagged([
      ['k2', '%@abc'],
      ['%@abc', '++123%'],
    ])
    expect((await put(body)).status).toBe(200)
    const { text } = await service.call({ method: 'GET', bucket, query })
    expect(text).toContain(body)
  })

  it('takes 20 tags and refuses one more', async () => {
    const tags = Array.from({ length: 21 }, (_, index) => [`k${index}`, ''] as const)
    expect((await put(tagged(tags.slice(1)))).status).toBe(200)
    const refused = await put(tagged(tags))
    expect([refused.status, refused.code]).toEqual([400, 'InvalidTag'])
  })

  it.each([
    [
      'a key twice',
      tagged([
        ['k', '1'],
        ['k', '2'],
      ]),
      'InvalidTag',
    ],
    ['an empty key', tagged([['', '1']]), 'InvalidTag'],
    ['a value above 128 bytes', tagged([['k', 'v'.repeat(129)]]), 'InvalidTag'],
    ['no body', '', 'MalformedXML'],
    [
      'a tag without a value',
      '<Tagging><TagSet><Tag><Key>k</Key></Tag></TagSet></Tagging>',
      'MalformedXML',
    ],
  ])('refuses %s', async (_, body, code) => {
    const answer = await put(body)
    expect([answer.status, answer.code]).toEqual([400, code])
  })

  itRefusesStrangers(service, { method: 'PUT', bucket, query })
})
