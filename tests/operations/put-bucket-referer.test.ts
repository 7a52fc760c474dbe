import { describe, expect, it } from 'vitest'
import { startTestService } from './service.ts'
import { itRefusesStrangers } from './strangers.ts'

const service = await startTestService()
const bucket = await service.makeBucket()
const query = { referer: '' }

describe('PutBucketReferer', () => {
  it('keeps both lists in order, and takes the defaults for what is left out', async () => {
    const body = `<RefererConfiguration><AllowEmptyReferer>false</AllowEmptyReferer>
      <RefererList><Referer>mibrowser:home</Referer><Referer>http://*.example</Referer></RefererList>
      <RefererBlacklist><Referer>http://bad.example/?</Referer></RefererBlacklist></RefererConfiguration>`
    const answer = await service.call({ method: 'PUT', bucket, query, body })
    expect([answer.status, answer.text]).toEqual([200, ''])
    const { text } = await service.call({ method: 'GET', bucket, query })
    expect(text).toContain(
      '<AllowEmptyReferer>false</AllowEmptyReferer><AllowTruncateQueryString>true</AllowTruncateQueryString>',
    )
    expect(text).toContain(
      '<RefererList><Referer>mibrowser:home</Referer><Referer>http://*.example</Referer></RefererList>',
    )
    expect(text).toContain(
      '<RefererBlacklist><Referer>http://bad.example/?</Referer></RefererBlacklist>',
    )
  })

  it.each([
    ['no body', ``, 'MalformedXML'],
    [
      'a flag that is none',
      `<RefererConfiguration><AllowEmptyReferer>1</AllowEmptyReferer></RefererConfiguration>`,
      'MalformedXML',
    ],
    [
      'an element nobody knows',
      `<RefererConfiguration><Refererlist/></RefererConfiguration>`,
      'MalformedXML',
    ],
  ])('refuses %s', async (_, body, code) => {
    const answer = await service.call({ method: 'PUT', bucket, query, body })
    expect([answer.status, answer.code]).toEqual([400, code])
  })

  itRefusesStrangers(service, { method: 'PUT', bucket, query })
})
