import { describe, expect, it } from 'vitest'
import { type ServiceAnswer, startTestService } from './service.ts'
import { itRefusesStrangers } from './strangers.ts'

const service = await startTestService()
const bucket = await service.makeBucket()
const key = 'object'
await service.call({ method: 'PUT', bucket, key, body: 'x' })

const xmlOf = (tags: readonly (readonly [string, string])[]): string =>
  `<Tagging><TagSet>${tags
    .map(([name, value]) => `<Tag><Key>${name}</Key><Value>${value}</Value></Tag>`)
    .join('')}</TagSet></Tagging>`
const put = (body: string, name = key): Promise<ServiceAnswer> =>
  service.call({ method: 'PUT', bucket, key: name, query: { tagging: '' }, body })
const get = (name = key): Promise<ServiceAnswer> =>
  service.call({ method: 'GET', bucket, key: name, query: { tagging: '' } })

describe('PutObjectTagging', () => {
  it('replaces all tags, which GET and HEAD of the object then count', async () => {
    const body = xmlOf([
      ['owner', 'alice'],
      ['a b+c-d=e.f_g:h/i', ''],
      ['中文', '值'],
    ])
    const answer = await put(body)
    expect([answer.status, answer.text]).toEqual([200, ''])
    expect(answer.headers.get('x-oss-version-id')).toBeNull()
    expect((await get()).text).toContain(body)
    for (const method of ['GET', 'HEAD']) {
      const { headers } = await service.call({ method, bucket, key })
      expect(headers.get('x-oss-tagging-count')).toBe('3')
    }

    expect((await put(xmlOf([['other', '1']]))).status).toBe(200)
    expect((await get()).text).toContain(xmlOf([['other', '1']]))
    expect((await put(xmlOf([]))).status).toBe(200)
    const { headers } = await service.call({ method: 'HEAD', bucket, key })
    expect(headers.get('x-oss-tagging-count')).toBeNull()
  })

  it('takes ten tags, keys of 128 and values of 256 characters', async () => {
    const tags = Array.from({ length: 10 }, (_, index) => [`k${index}`, 'v'] as const)
    expect((await put(xmlOf(tags))).status).toBe(200)
    expect((await put(xmlOf([['k'.repeat(128), 'v'.repeat(256)]]))).status).toBe(200)
  })

  it.each([
    ['eleven tags', xmlOf(Array.from({ length: 11 }, (_, at) => [`k${at}`, ''])), 'InvalidTag'],
    ['a key of 129 characters', xmlOf([['k'.repeat(129), '']]), 'InvalidTag'],
    ['a value of 257 characters', xmlOf([['k', 'v'.repeat(257)]]), 'InvalidTag'],
    ['an empty key', xmlOf([['', 'v']]), 'InvalidTag'],
    ['another letter in a key', xmlOf([['%@abc', 'v']]), 'InvalidTag'],
    ['another letter in a value', xmlOf([['k', '&amp;']]), 'InvalidTag'],
    [
      'a key twice',
      xmlOf([
        ['k', '1'],
        ['k', '2'],
      ]),
      'InvalidTag',
    ],
    ['what is no XML', '<Tagging>', 'MalformedXML'],
    ['nothing', '', 'MalformedXML'],
  ])('refuses %s, and the earlier tags stand', async (_, body, code) => {
    await put(xmlOf([['earlier', 'tag']]))
    const answer = await put(body)
    expect([answer.status, answer.code]).toEqual([400, code])
    expect((await get()).text).toContain(xmlOf([['earlier', 'tag']]))
  })

  it('refuses an object that is not there, and a body that is not what its MD5 says', async () => {
    const missing = await put(xmlOf([]), 'missing')
    expect([missing.status, missing.code, missing.ec]).toEqual([404, 'NoSuchKey', '0026-00000001'])
    const headers = { 'content-md5': 'JfnnlDI7RTiF9RgfG2JNCw==' }
    const request = { method: 'PUT', bucket, key, query: { tagging: '' }, headers }
    const wrong = await service.call({ ...request, body: xmlOf([]) })
    expect([wrong.status, wrong.code]).toEqual([400, 'InvalidDigest'])
  })

  it('is possible by a URL that carries its signature', async () => {
    for (const signature of ['v1', 'v4'] as const) {
      const request = { method: 'PUT', bucket, key, query: { tagging: '' }, presigned: true }
      const body = xmlOf([['by', signature]])
      expect((await service.call({ ...request, signature, body })).status).toBe(200)
      expect((await get()).text).toContain(body)
    }
  })

  itRefusesStrangers(service, { method: 'PUT', bucket, key, query: { tagging: '' } })
})

describe('the tags of a version', () => {
  it('are its own, and the answers say which version it is', async () => {
    const versioned = await service.makeBucket()
    const at = { bucket: versioned, key, query: { tagging: '' } }
    await service.call({ method: 'PUT', bucket: versioned, key, body: 'old' })
    await service.call({ method: 'PUT', ...at, body: xmlOf([['k', 'old']]) })
    await service.call({
      method: 'PUT',
      bucket: versioned,
      query: { versioning: '' },
      body: '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>',
    })
    const fresh = await service.call({ method: 'PUT', bucket: versioned, key, body: 'new' })
    const versionId = fresh.headers.get('x-oss-version-id') ?? 'none'
    expect((await service.call({ method: 'GET', ...at })).text).toContain(xmlOf([]))

    const query = { tagging: '', versionId: 'null' }
    const old = await service.call({ method: 'PUT', ...at, query, body: xmlOf([['k', 'older']]) })
    expect([old.status, old.headers.get('x-oss-version-id')]).toEqual([200, 'null'])
    const shown = await service.call({ method: 'GET', ...at, query })
    expect(shown.text).toContain(xmlOf([['k', 'older']]))
    const newest = await service.call({ method: 'GET', ...at })
    expect(newest.headers.get('x-oss-version-id')).toBe(versionId)
  })
})
