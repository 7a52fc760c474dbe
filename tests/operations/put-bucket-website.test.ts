import { describe, expect, it } from 'vitest'
import { elementOf } from '../support/oss-wire.ts'
import { startTestService } from './service.ts'
import { itRefusesStrangers } from './strangers.ts'

const service = await startTestService()
const bucket = await service.makeBucket()
const query = { website: '' }

const routed = (condition: string, redirect: string, number = 1): string =>
  `<WebsiteConfiguration><IndexDocument><Suffix>i</Suffix></IndexDocument><RoutingRules><RoutingRule>
   <RuleNumber>${number}</RuleNumber><Condition>${condition}</Condition><Redirect>${redirect}</Redirect>
   </RoutingRule></RoutingRules></WebsiteConfiguration>`

describe('PutBucketWebsite', () => {
  it('keeps the rules, and calls a redirect of no type External', async () => {
    const body = routed(
      '<KeyPrefixEquals>abc/</KeyPrefixEquals>',
      '<HostName>a.example</HostName>',
      7,
    )
    expect((await service.call({ method: 'PUT', bucket, query, body })).status).toBe(200)
    const { text } = await service.call({ method: 'GET', bucket, query })
    expect(elementOf(text, 'RuleNumber')).toBe('7')
    expect(elementOf(text, 'RedirectType')).toBe('External')
  })

  it('refuses to fetch from elsewhere, which is not implemented', async () => {
    const body = routed(
      '<HttpErrorCodeReturnedEquals>404</HttpErrorCodeReturnedEquals>',
      '<RedirectType>Mirror</RedirectType><MirrorURL>http://a.example/</MirrorURL>',
    )
    const answer = await service.call({ method: 'PUT', bucket, query, body })
    expect([answer.status, answer.code]).toEqual([400, 'NotImplemented'])
  })

  it.each([
    ['an empty body', ''],
    ['an empty configuration', '<WebsiteConfiguration/>'],
    ['an unknown element', '<WebsiteConfiguration><Index/></WebsiteConfiguration>'],
  ])('refuses %s as MalformedXML', async (_, body) => {
    const answer = await service.call({ method: 'PUT', bucket, query, body })
    expect([answer.status, answer.code]).toEqual([400, 'MalformedXML'])
  })

  it.each([
    ['an index in another directory', '<IndexDocument><Suffix>a/b</Suffix></IndexDocument>'],
    ['an empty index', '<IndexDocument><Suffix></Suffix></IndexDocument>'],
    ['an error document of no key', '<ErrorDocument><Key></Key></ErrorDocument>'],
    [
      'a status that is none',
      '<ErrorDocument><Key>e</Key><HttpStatus>500</HttpStatus></ErrorDocument>',
    ],
  ])('refuses %s as InvalidArgument', async (_, inner) => {
    const body = `<WebsiteConfiguration>${inner}</WebsiteConfiguration>`
    const answer = await service.call({ method: 'PUT', bucket, query, body })
    expect([answer.status, answer.code]).toEqual([400, 'InvalidArgument'])
  })

  it.each([
    ['a mirror for anything but 404', '', '<RedirectType>Mirror</RedirectType>'],
    ['an unknown type', '', '<RedirectType>Beam</RedirectType>'],
    ['an unknown code', '', '<HttpRedirectCode>200</HttpRedirectCode>'],
    ['an unknown protocol', '', '<Protocol>javascript</Protocol>'],
    ['a host that is none', '', '<HostName>a.example/path</HostName>'],
    [
      'two replacements',
      '',
      '<ReplaceKeyWith>a</ReplaceKeyWith><ReplaceKeyPrefixWith>b</ReplaceKeyPrefixWith>',
    ],
    [
      'a condition on success',
      '<HttpErrorCodeReturnedEquals>200</HttpErrorCodeReturnedEquals>',
      '',
    ],
  ])('refuses a rule with %s', async (_, condition, redirect) => {
    const body = routed(condition, redirect)
    const answer = await service.call({ method: 'PUT', bucket, query, body })
    expect([answer.status, answer.code]).toEqual([400, 'InvalidArgument'])
  })

  itRefusesStrangers(service, { method: 'PUT', bucket, query })
})
