import { describe, expect, it } from 'vitest'
import { elementOf } from '../support/oss-wire.ts'
import { startTestService } from './service.ts'
import { itRefusesStrangers } from './strangers.ts'

const service = await startTestService()
const bucket = await service.makeBucket()
const query = { cors: '' }

const rule =
  '<CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule>'

describe('PutBucketCors', () => {
  it('replaces the rules that there were', async () => {
    const put = (count: number): ReturnType<typeof service.call> =>
      service.call({
        method: 'PUT',
        bucket,
        query,
        body: `<CORSConfiguration>${rule.repeat(count)}<ResponseVary>true</ResponseVary></CORSConfiguration>`,
      })
    const first = await put(10)
    expect([first.status, first.text]).toEqual([200, ''])
    expect((await put(1)).status).toBe(200)
    const { text } = await service.call({ method: 'GET', bucket, query })
    expect(text.match(/<CORSRule>/g)).toHaveLength(1)
    expect(elementOf(text, 'ResponseVary')).toBe('true')
  })

  it('names the age that cannot be', async () => {
    const body = `<CORSConfiguration>${rule.replace('</CORSRule>', '<MaxAgeSeconds>-1</MaxAgeSeconds></CORSRule>')}</CORSConfiguration>`
    const answer = await service.call({ method: 'PUT', bucket, query, body })
    expect([answer.status, answer.code]).toEqual([400, 'InvalidArgument'])
    expect(elementOf(answer.text, 'ArgumentName')).toBe('MaxAgeSeconds')
    expect(elementOf(answer.text, 'ArgumentValue')).toBe('-1')
  })

  it('refuses an eleventh rule', async () => {
    const body = `<CORSConfiguration>${rule.repeat(11)}</CORSConfiguration>`
    const answer = await service.call({ method: 'PUT', bucket, query, body })
    expect([answer.status, answer.code]).toEqual([400, 'CORSRuleBeyondLimit'])
  })

  it.each([
    ['no body', ``, 'MalformedXML'],
    ['a body that is no XML', `<CORSConfiguration>`, 'MalformedXML'],
    ['no rules', `<CORSConfiguration/>`, 'MalformedXML'],
    [
      'a rule without an origin',
      `<CORSConfiguration><CORSRule><AllowedMethod>GET</AllowedMethod></CORSRule></CORSConfiguration>`,
      'MalformedXML',
    ],
    [
      'two wildcards',
      `<CORSConfiguration><CORSRule><AllowedOrigin>*.*</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule></CORSConfiguration>`,
      'InvalidArgument',
    ],
    [
      'an unknown method',
      `<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>PATCH</AllowedMethod></CORSRule></CORSConfiguration>`,
      'InvalidArgument',
    ],
    [
      'a body above 16 KiB',
      `<CORSConfiguration>${' '.repeat(17_000)}</CORSConfiguration>`,
      'EntityTooLarge',
    ],
  ])('refuses %s', async (_, body, code) => {
    const answer = await service.call({ method: 'PUT', bucket, query, body })
    expect([answer.status, answer.code]).toEqual([400, code])
  })

  itRefusesStrangers(service, { method: 'PUT', bucket, query })
})
