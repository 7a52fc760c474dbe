import { expect, test } from 'vitest'
import { environmentProxy, parseProxy } from './proxy.ts'

const https = 'https://bucket.oss-cn-hangzhou.aliyuncs.com'

function chosen(origin: string, environment: Record<string, string>): string | undefined {
  return environmentProxy(new URL(origin), environment)?.label
}

test.each([
  ['HTTPS by HTTPS_PROXY', https, { HTTPS_PROXY: 'http://p:1', HTTP_PROXY: 'http://q:2' }, 'p:1'],
  ['HTTP by HTTP_PROXY', 'http://a.b', { HTTPS_PROXY: 'http://p:1', HTTP_PROXY: 'q:2' }, 'q:2'],
  ['both by ALL_PROXY', https, { ALL_PROXY: 'http://p' }, 'p:80'],
  ['small letters before capitals', https, { https_proxy: 'p:1', HTTPS_PROXY: 'q:2' }, 'p:1'],
  ['an empty variable as none', https, { https_proxy: '', HTTPS_PROXY: 'q:2' }, 'q:2'],
  ['none without a variable', https, { HTTP_PROXY: 'p:1' }, undefined],
  ['never localhost', 'http://localhost:9000', { HTTP_PROXY: 'p:1' }, undefined],
  ['never a loopback address', 'http://127.1.2.3:9000', { HTTP_PROXY: 'p:1' }, undefined],
  ['never the loopback of IPv6', 'http://[::1]:9000', { HTTP_PROXY: 'p:1' }, undefined],
  ['no HTTP_PROXY of a CGI', 'http://a', { HTTP_PROXY: 'p:1', REQUEST_METHOD: 'GET' }, undefined],
])('of the environment: %s', (_, origin, environment, label) => {
  expect(chosen(origin, environment)).toBe(label)
})

test.each([
  ['*', https, false],
  ['aliyuncs.com', https, false],
  ['.aliyuncs.com', https, false],
  ['*.aliyuncs.com', https, false],
  ['ALIYUNCS.com', https, false],
  ['liyuncs.com', https, true],
  ['other.com, aliyuncs.com', https, false],
  ['other.com aliyuncs.com', https, false],
  ['aliyuncs.com:443', https, false],
  ['aliyuncs.com:8443', https, true],
  ['', https, true],
  ['10.1.2.3', 'https://10.1.2.3', false],
  ['10.1.2.3:9000', 'https://10.1.2.3:9000', false],
  ['10.1.2.3:9000', 'https://10.1.2.3', true],
  ['10.0.0.0/8', 'https://10.1.2.3', false],
  ['10.0.0.0/8', 'https://11.1.2.3', true],
  ['10.0.0.0/99', 'https://10.1.2.3', true],
  ['fd00::/8', 'https://[fd12::1]', false],
  ['[fd12::1]:9000', 'https://[fd12:0::1]:9000', false],
  ['fd12::1', 'https://[fd12::1]', false],
  ['fd00::/8', 'https://10.1.2.3', true],
])('NO_PROXY=%s and %s: by proxy %s', (list, origin, isProxied) => {
  expect(chosen(origin, { HTTPS_PROXY: 'p:1', NO_PROXY: list })).toBe(isProxied ? 'p:1' : undefined)
})

test('a name and a password in the URL become the header, percent signs undone', () => {
  const { authorization, label } = parseProxy('proxy', 'http://me%40corp:p%3Aw@proxy:3128')
  expect(authorization).toBe(`Basic ${Buffer.from('me@corp:p:w').toString('base64')}`)
  expect(label).toBe('proxy:3128')
  expect(parseProxy('proxy', 'https://proxy')).toMatchObject({
    port: 443,
    authorization: undefined,
  })
})

test.each([
  'socks5://u:hidden@p',
  'http://u:hidden@',
  'http://u:hidden@p:99999',
  'http://u:hidden@a b',
])('%s is refused, and nothing of it is told', (text) => {
  const parse = (): unknown => parseProxy('HTTPS_PROXY', text)
  expect(parse).toThrow(TypeError)
  expect(parse).toThrow(/HTTPS_PROXY must be an http/)
  expect(parse).not.toThrow('hidden')
})
