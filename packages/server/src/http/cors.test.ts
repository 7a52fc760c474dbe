import type { CorsConfiguration, CorsRule } from '@lading/protocol'
import { expect, test } from 'vitest'
import { crossOriginFields, preflightFields } from './cors.ts'

const rule: CorsRule = {
  allowedOrigins: ['*'],
  allowedMethods: ['GET', 'HEAD'],
  allowedHeaders: [],
  exposeHeaders: [],
  maxAgeSeconds: undefined,
}
const configured = (...rules: readonly Partial<CorsRule>[]): CorsConfiguration => ({
  rules: rules.map((given) => ({ ...rule, ...given })),
  responseVary: false,
})
const asking = (origin: string, method: string, headers?: string): ReadonlyMap<string, string> =>
  new Map([
    ['origin', origin],
    ['access-control-request-method', method],
    ...(headers === undefined
      ? []
      : ([['access-control-request-headers', headers]] as [string, string][])),
  ])

test('the first rule that allows origin, method and headers answers, with all of its methods', () => {
  const configuration = configured(
    {},
    { allowedOrigins: ['http://other.example'], allowedMethods: ['PUT'] },
    {
      allowedOrigins: ['http://a.example'],
      allowedMethods: ['PUT', 'POST'],
      allowedHeaders: ['x-oss-*', 'content-type'],
      exposeHeaders: ['ETag', 'x-oss-request-id'],
      maxAgeSeconds: 100,
    },
  )
  const headers = asking('http://a.example', 'PUT', 'X-Oss-Meta-A, Content-Type')
  expect(preflightFields(configuration, headers)).toEqual({
    'Access-Control-Allow-Origin': 'http://a.example',
    'Access-Control-Allow-Methods': 'PUT, POST',
    'Access-Control-Allow-Headers': 'X-Oss-Meta-A, Content-Type',
    'Access-Control-Expose-Headers': 'ETag, x-oss-request-id',
    'Access-Control-Max-Age': '100',
  })
})

test.each([
  ['*', 'http://anything.example', true],
  ['http://a.example', 'http://a.example', true],
  ['http://a.example', 'https://a.example', false],
  ['http://a.example', 'http://a.example.evil.example', false],
  ['www.aliyun.com', 'www.aliyun.com', true],
  ['http://*.a.example', 'http://b.a.example', true],
  ['http://*.a.example', 'http://.a.example.b', false],
  ['http://*.a.example', 'http://a.example', false],
  ['http://a.exampl?', 'http://a.example', false],
])('the origin pattern %s and the origin %s: %s', (pattern, origin, allowed) => {
  const configuration = configured({ allowedOrigins: [pattern] })
  const fields = crossOriginFields(configuration, 'GET', new Map([['origin', origin]]))
  expect('Access-Control-Allow-Origin' in fields).toBe(allowed)
})

test.each([
  ['another method', configured({}), asking('http://a.example', 'PUT')],
  ['a header that is not allowed', configured({}), asking('http://a.example', 'GET', 'x-a')],
  [
    'another origin',
    configured({ allowedOrigins: ['http://b.example'] }),
    asking('http://a.example', 'GET'),
  ],
  ['no rules', undefined, asking('http://a.example', 'GET')],
])('a preflight is refused for %s', (_, configuration, headers) => {
  expect(() => preflightFields(configuration, headers)).toThrow(
    expect.objectContaining({ code: 'AccessForbidden', status: 403 }),
  )
})

test('a request without an origin is told of none, and Vary stands where it is asked for', () => {
  expect(crossOriginFields(configured({}), 'GET', new Map())).toEqual({})
  const varying = { ...configured({}), responseVary: true }
  expect(crossOriginFields(varying, 'GET', new Map())).toEqual({ Vary: 'Origin' })
  expect(crossOriginFields(varying, 'PUT', new Map([['origin', 'http://a.example']]))).toEqual({
    Vary: 'Origin',
  })
})
