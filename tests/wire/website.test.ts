/** Buckets as websites, visited by browsers that prove nothing. */

import { describe, expect, it } from 'vitest'
import { type ServiceAnswer, startTestService } from '../operations/service.ts'

const service = await startTestService()

async function site(configuration: string, pages: readonly string[]): Promise<string> {
  const bucket = await service.makeBucket({ headers: { 'x-oss-acl': 'public-read' } })
  for (const key of pages) await service.call({ method: 'PUT', bucket, key, body: `<p>${key}</p>` })
  const body = `<WebsiteConfiguration>${configuration}</WebsiteConfiguration>`
  const put = await service.call({ method: 'PUT', bucket, query: { website: '' }, body })
  expect(put.status).toBe(200)
  return bucket
}

function visit(bucket: string, key?: string, more: object = {}): Promise<ServiceAnswer> {
  return service.call({
    method: 'GET',
    bucket,
    ...(key !== undefined && { key }),
    as: 'anonymous',
    ...more,
  })
}

const index = (more = ''): string =>
  `<IndexDocument><Suffix>index.html</Suffix>${more}</IndexDocument>`
const error = '<ErrorDocument><Key>error.html</Key></ErrorDocument>'
const routed = (condition: string, redirect: string): string =>
  `<RoutingRules><RoutingRule><RuleNumber>1</RuleNumber><Condition>${condition}</Condition><Redirect>${redirect}</Redirect></RoutingRule></RoutingRules>`

describe('a website', () => {
  it('shows its index at the root, and its listing to whoever asks for that', async () => {
    const bucket = await site(index(), ['index.html'])
    const root = await visit(bucket)
    expect([root.status, root.text]).toEqual([200, '<p>index.html</p>'])
    const head = await visit(bucket, undefined, { method: 'HEAD' })
    expect([head.status, head.headers.get('content-length')]).toEqual([200, '17'])
    expect((await visit(bucket, undefined, { query: { prefix: 'i' } })).text).toContain('<Key>')
    expect((await service.call({ method: 'GET', bucket })).text).toContain('<Key>index.html</Key>')
  })

  it('shows the error page, under 404 and whole, for what is missing', async () => {
    const bucket = await site(index() + error, ['error.html'])
    for (const key of ['missing', undefined]) {
      const answer = await visit(bucket, key, { headers: { range: 'bytes=0-1' } })
      expect([answer.status, answer.text]).toEqual([404, '<p>error.html</p>'])
    }
    const signed = await service.call({ method: 'GET', bucket, key: 'missing' })
    expect([signed.status, signed.code]).toEqual([404, 'NoSuchKey'])
  })

  it('shows the error page under the status that it is given', async () => {
    const page = '<ErrorDocument><Key>error.html</Key><HttpStatus>200</HttpStatus></ErrorDocument>'
    const bucket = await site(index() + page, ['error.html'])
    expect((await visit(bucket, 'missing')).status).toBe(200)
  })

  it('tells what is missing where there is no page for that either', async () => {
    const bucket = await site(index() + error, [])
    for (const key of ['missing', undefined, 'missing/']) {
      const answer = await visit(bucket, key)
      expect([answer.status, answer.code]).toEqual([404, 'NoSuchKey'])
    }
  })

  it('shows the root index for a missing key that ends in a slash, signed or not', async () => {
    const bucket = await site(index(), ['index.html'])
    for (const as of [service.credentials, 'anonymous']) {
      const answer = await visit(bucket, 'no/such/', { as })
      expect([answer.status, answer.text]).toEqual([200, '<p>index.html</p>'])
    }
  })

  it('shows the index of a directory, and leads to it, where directories have their own', async () => {
    const own = index('<SupportSubDir>true</SupportSubDir><Type>0</Type>')
    const bucket = await site(own, ['index.html', 'docs/index.html'])
    expect((await visit(bucket, 'docs/')).text).toBe('<p>docs/index.html</p>')
    const led = await visit(bucket, 'docs')
    expect([led.status, led.headers.get('location')]).toEqual([
      302,
      `${service.url}/${bucket}/docs/`,
    ])
    expect((await visit(bucket, 'none')).code).toBe('NoSuchKey')
    const type = (number: number): string =>
      index(`<SupportSubDir>true</SupportSubDir><Type>${number}</Type>`)
    expect((await visit(await site(type(1), ['d/index.html']), 'd')).code).toBe('NoSuchKey')
    expect((await visit(await site(type(2), ['d/index.html']), 'd')).text).toBe(
      '<p>d/index.html</p>',
    )
  })

  it('leads elsewhere by its rules: by prefix, and only when a rule wants it missing', async () => {
    const bucket = await site(
      index() +
        routed(
          '<KeyPrefixEquals>old/</KeyPrefixEquals><HttpErrorCodeReturnedEquals>404</HttpErrorCodeReturnedEquals>',
          '<Protocol>https</Protocol><HostName>b.example</HostName><ReplaceKeyPrefixWith>new/</ReplaceKeyPrefixWith><HttpRedirectCode>301</HttpRedirectCode><PassQueryString>true</PassQueryString>',
        ),
      ['old/kept'],
    )
    expect((await visit(bucket, 'old/kept')).status).toBe(200)
    const led = await visit(bucket, 'old/a b', { query: { x: '1' } })
    expect([led.status, led.headers.get('location')]).toEqual([
      301,
      'https://b.example/new/a%20b?x=1',
    ])
    expect((await visit(bucket, 'other')).code).toBe('NoSuchKey')
  })

  it('leads elsewhere before it looks, by the headers of the visitor, and never in circles', async () => {
    const bucket = await site(
      index() +
        routed(
          '<IncludeHeader><Key>X-Away</Key><StartsWith>y</StartsWith></IncludeHeader>',
          `<ReplaceKeyWith>away/\${key}</ReplaceKeyWith>`,
        ),
      ['page', 'away/page'],
    )
    expect((await visit(bucket, 'page')).status).toBe(200)
    const led = await visit(bucket, 'page', { headers: { 'x-away': 'yes' } })
    expect([led.status, led.headers.get('location')]).toEqual([
      302,
      `${service.url}/${bucket}/away/page`,
    ])
  })

  it('keeps a private bucket shut, its index and its error page too', async () => {
    const bucket = await site(index() + error, ['index.html', 'error.html'])
    await service.call({
      method: 'PUT',
      bucket,
      query: { acl: '' },
      headers: { 'x-oss-acl': 'private' },
    })
    for (const key of [undefined, 'missing', 'missing/']) {
      const answer = await visit(bucket, key)
      expect([answer.status, answer.code]).toEqual([403, 'AccessDenied'])
    }
  })
})
