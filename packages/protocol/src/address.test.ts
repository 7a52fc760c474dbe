import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type AddressBook,
  decodePath,
  defaultStyle,
  formatQuery,
  formatTarget,
  namesService,
  parseEndpoint,
  readTargets,
  type Target,
} from './address.ts'

const service: Target = { bucket: undefined, key: undefined }
const bucket: Target = { bucket: 'bucket', key: undefined }
const object: Target = { bucket: 'bucket', key: 'dir/key' }

describe('a Host that names the service, and so path style', () => {
  const hosts = [
    undefined,
    '',
    '127.0.0.1',
    '127.0.0.1:9000',
    '127.1:9000',
    '10.0.0.7',
    '[::1]:9000',
    '[::1]',
    '[fe80::1]:80',
    '::1',
    'localhost',
    'localhost:9000',
    'LOCALHOST:9000',
    'oss-cn-hangzhou.aliyuncs.com',
    'oss-cn-hangzhou-internal.aliyuncs.com:80',
    'oss-accelerate.aliyuncs.com',
    'OSS-cn-hangzhou.Aliyuncs.COM',
    'oss-cn-hangzhou.aliyuncs.com.',
    'cn-hangzhou.aliyuncs.com',
    'cn-hangzhou.oss.aliyuncs.com',
    'cb-123.cn-hangzhou.oss-cloudbox.aliyuncs.com',
    '.oss-cn-hangzhou.aliyuncs.com',
    '.localhost:9000',
    'lading',
    'lading:9000',
    'oss.example.com',
  ]

  test.each(hosts)('%s', (host) => {
    expect(namesService(host)).toBe(true)
    expect(readTargets(host, '/')).toEqual([service])
    expect(readTargets(host, '/bucket')).toEqual([bucket])
    expect(readTargets(host, '/bucket/')).toEqual([bucket])
    expect(readTargets(host, '/bucket/dir/key')).toEqual([object])
  })

  test('undefined, as ali-oss writes it', () => {
    const host = 'undefined.oss-cn-hangzhou.aliyuncs.com'
    expect(namesService(host)).toBe(true)
    expect(readTargets(host, '/')[0]).toEqual(service)
    expect(readTargets(host, '/bucket/dir/key')).toEqual([
      object,
      { bucket: 'undefined', key: 'bucket/dir/key' },
    ])
  })
})

describe('a Host that names a bucket', () => {
  test.each([
    'bucket.localhost:9000',
    'BUCKET.LocalHost',
    'bucket.oss-cn-hangzhou.aliyuncs.com',
    'bucket.oss-cn-hangzhou.aliyuncs.com:443',
    'bucket.oss-cn-hangzhou.aliyuncs.com.',
    'BUCKET.OSS-CN-HANGZHOU.ALIYUNCS.COM',
    'bucket.cn-hangzhou.aliyuncs.com',
    'bucket.oss-cn-hangzhou-internal.aliyuncs.com',
    'bucket.oss-accelerate.aliyuncs.com',
    'bucket.cn-hangzhou.oss.aliyuncs.com',
    'bucket.cb-123.cn-hangzhou.oss-cloudbox.aliyuncs.com',
  ])('%s', (host) => {
    expect(namesService(host)).toBe(false)
    expect(readTargets(host, '/')).toEqual([bucket])
    expect(readTargets(host, '/dir/key')).toEqual([object])
    expect(readTargets(host, '/-/health/live')).toEqual([
      { bucket: 'bucket', key: '-/health/live' },
    ])
  })

  test('may repeat the bucket in the path, and then there are two readings', () => {
    const host = 'bucket.oss-cn-hangzhou.aliyuncs.com'
    expect(readTargets(host, '/bucket/dir/key')).toEqual([
      { bucket: 'bucket', key: 'bucket/dir/key' },
      object,
    ])
    expect(readTargets(host, '/bucket/')).toEqual([{ bucket: 'bucket', key: 'bucket/' }, bucket])
    expect(readTargets(host, '/bucket')).toEqual([{ bucket: 'bucket', key: 'bucket' }, bucket])
    expect(readTargets(host, '/bucket2/key')).toEqual([{ bucket: 'bucket', key: 'bucket2/key' }])
  })

  test('may hold a name that no bucket can have', () => {
    expect(readTargets('a_b.localhost', '/k')).toEqual([{ bucket: 'a_b', key: 'k' }])
    expect(readTargets('a.b.localhost', '/k')).toEqual([{ bucket: 'a.b', key: 'k' }])
  })
})

describe('hosts of our own', () => {
  const book: AddressBook = {
    baseHosts: ['oss.internal:9000', 'EU.oss.internal', 'lading'],
    cnames: {
      'Files.Example.com:443': 'bucket',
      'files.oss.internal': 'bucket',
      '127.0.0.2': 'bucket',
    },
  }

  test('a base host is the service, and what stands before it is a bucket', () => {
    expect(readTargets('oss.internal', '/bucket/dir/key', book)).toEqual([object])
    expect(readTargets('bucket.oss.internal:9000', '/dir/key', book)).toEqual([object])
    expect(readTargets('bucket.lading', '/dir/key', book)).toEqual([object])
    expect(namesService('oss.internal', book)).toBe(true)
    expect(namesService('bucket.oss.internal', book)).toBe(false)
  })

  test('of two base hosts the longer decides', () => {
    expect(namesService('eu.oss.internal', book)).toBe(true)
    expect(readTargets('bucket.eu.oss.internal', '/dir/key', book)).toEqual([object])
  })

  test('a host that only ends alike is unknown', () => {
    expect(namesService('bucketoss.internal', book)).toBe(true)
  })

  test.each([
    'files.example.com',
    'FILES.example.com:8080',
    'files.oss.internal',
    '127.0.0.2:9000',
  ])('%s belongs to its bucket', (host) => {
    expect(namesService(host, book)).toBe(false)
    expect(readTargets(host, '/', book)).toEqual([bucket])
    expect(readTargets(host, '/dir/key', book)[0]).toEqual(object)
  })

  test('the C SDK puts the bucket in the path of bucket operations on such a host', () => {
    expect(readTargets('files.example.com', '/bucket', book)).toEqual([
      { bucket: 'bucket', key: 'bucket' },
      bucket,
    ])
  })
})

describe('paths', () => {
  const key = (path: string) => readTargets('bucket.localhost', path)[0]?.key
  const both = (path: string) => readTargets('127.0.0.1', path)

  test('an encoded slash is a slash', () => {
    expect(both('/bucket%2Fdir%2Fkey')).toEqual([object])
    expect(both('%2Fbucket%2Fdir%2Fkey')).toEqual([object])
    expect(key('/dir%2Fkey')).toBe('dir/key')
  })

  test('nothing is collapsed', () => {
    expect(both('/bucket//')).toEqual([{ bucket: 'bucket', key: '/' }])
    expect(both('/bucket/a/../b')).toEqual([{ bucket: 'bucket', key: 'a/../b' }])
    expect(both('/bucket/a/./b//c/')).toEqual([{ bucket: 'bucket', key: 'a/./b//c/' }])
    expect(key('//a')).toBe('/a')
    expect(key('/..%2f..')).toBe('../..')
  })

  test('a path that begins with two slashes names no bucket', () => {
    expect(both('//')).toEqual([{ bucket: '', key: undefined }])
    expect(both('//key')).toEqual([{ bucket: '', key: 'key' }])
  })

  test('what is encoded twice is decoded once', () => {
    expect(key('/a%252Fb')).toBe('a%2Fb')
    expect(key('/%2525')).toBe('%25')
  })

  test('a plus is a plus', () => {
    expect(key('/a+b%2Bc%20d')).toBe('a+b+c d')
  })

  test('characters that are often left bare read like their escapes', () => {
    expect(key("/!'()*")).toBe("!'()*")
    expect(key('/%21%27%28%29%2A')).toBe("!'()*")
  })

  test.each(['/%', '/a%2', '/%zz', '/%FF', '/%C0%AF', '/bucket/%ED%A0%80'])(
    '%s is refused',
    (path) => {
      const refusal = expect.objectContaining({ code: 'InvalidObjectName', status: 400 })
      expect(() => readTargets('127.0.0.1', path)).toThrow(refusal)
      expect(() => readTargets('bucket.localhost', path)).toThrow(refusal)
      expect(() => decodePath(path)).toThrow(refusal)
    },
  )
})

describe('endpoints', () => {
  test.each([
    ['oss-cn-hangzhou.aliyuncs.com', 'https', 'oss-cn-hangzhou.aliyuncs.com', 443],
    ['https://oss-cn-hangzhou.aliyuncs.com/', 'https', 'oss-cn-hangzhou.aliyuncs.com', 443],
    ['https://oss-cn-hangzhou.aliyuncs.com:443', 'https', 'oss-cn-hangzhou.aliyuncs.com', 443],
    ['HTTP://OSS.Example.COM', 'http', 'oss.example.com', 80],
    ['http://localhost:9000', 'http', 'localhost:9000', 9000],
    [' http://127.0.0.1:9000/ ', 'http', '127.0.0.1:9000', 9000],
    ['http://[::1]:9000', 'http', '[::1]:9000', 9000],
    ['http://lading_1:80', 'http', 'lading_1', 80],
    ['http://h:443', 'http', 'h:443', 443],
  ] as const)('%s', (text, scheme, host, port) => {
    const endpoint = parseEndpoint(text)
    expect(endpoint).toMatchObject({ scheme, host, port })
    expect(endpoint.hostname).toBe(host.replace(/:\d+$/, '').replace(/[[\]]/g, ''))
  })

  test.each([
    '',
    'http://',
    'ftp://host',
    'oss://bucket/key',
    'http://host/path',
    'http://host?query',
    'http://host#fragment',
    'http://user:secret@host',
    'http://host:0',
    'http://host:65536',
    'http://host:port',
    'http://a..b',
    'http://.host',
    'http://host name',
    'http://host\r\nX: 1',
    'http://::1',
    'http://хост',
  ])('%j is none', (text) => {
    expect(() => parseEndpoint(text)).toThrow(TypeError)
  })

  test('a refusal shows what was given, but never a password', () => {
    expect(() => parseEndpoint('ftp://host')).toThrow('ftp://host')
    expect(() => parseEndpoint('http://user:hunter2@host')).toThrow(/^(?!.*hunter2)/)
  })

  test('IP addresses and localhost are addressed in path style, names with the bucket before', () => {
    const style = (text: string) => defaultStyle(parseEndpoint(text))
    expect(style('http://127.0.0.1:9000')).toBe('path')
    expect(style('http://[::1]')).toBe('path')
    expect(style('http://localhost')).toBe('path')
    expect(style('https://oss-cn-hangzhou.aliyuncs.com')).toBe('virtual')
    expect(style('https://oss.example.com:9000')).toBe('virtual')
  })
})

describe('what the client requests', () => {
  const endpoint = parseEndpoint('https://oss.example.com:9000')

  test.each([
    ['virtual', object, 'bucket.oss.example.com:9000', '/dir/key'],
    ['virtual', bucket, 'bucket.oss.example.com:9000', '/'],
    ['virtual', service, 'oss.example.com:9000', '/'],
    ['path', object, 'oss.example.com:9000', '/bucket/dir/key'],
    ['path', bucket, 'oss.example.com:9000', '/bucket/'],
    ['path', service, 'oss.example.com:9000', '/'],
    ['cname', object, 'oss.example.com:9000', '/dir/key'],
    ['cname', bucket, 'oss.example.com:9000', '/'],
  ] as const)('%s style, %j', (style, target, host, path) => {
    expect(formatTarget(endpoint, style, target)).toEqual({ host, path })
  })

  test('a URL parser on the way leaves dots between slashes alone', () => {
    for (const key of ['a/../b', './a', 'a/.', '../../x']) {
      const { host, path } = formatTarget(endpoint, 'path', { bucket: 'bucket', key })
      const parsed = new URL(`http://${host}${path}`)
      expect(readTargets('127.0.0.1', parsed.pathname)).toEqual([{ bucket: 'bucket', key }])
    }
  })

  test('a bucket that could change the host is refused', () => {
    for (const name of ['evil.com/', 'a@b', '', 'A', 'a_b']) {
      const target = { bucket: name, key: 'k' }
      const refusal = expect.objectContaining({ code: 'InvalidBucketName' })
      expect(() => formatTarget(endpoint, 'virtual', target)).toThrow(refusal)
      expect(() => formatTarget(endpoint, 'path', target)).toThrow(refusal)
    }
  })

  test('a key without a bucket is the programmer’s mistake', () => {
    expect(() => formatTarget(endpoint, 'path', { bucket: undefined, key: 'k' })).toThrow(TypeError)
  })

  test('what the client writes, the server reads', () => {
    const key = fc.string({ unit: 'binary', minLength: 1 })
    const name = fc.stringMatching(/^[a-z0-9][a-z0-9-]{1,20}[a-z0-9]$/)
    const book: AddressBook = { baseHosts: ['oss.example.com'] }
    fc.assert(
      fc.property(name, fc.option(key, { nil: undefined }), (name, key) => {
        fc.pre(name !== 'undefined')
        const target: Target = { bucket: name, key }
        for (const style of ['virtual', 'path'] as const) {
          const { host, path } = formatTarget(endpoint, style, target)
          expect(readTargets(host, path, book)[0]).toEqual(target)
        }
        const cname = formatTarget(endpoint, 'cname', target)
        const cnames = { 'oss.example.com': name }
        expect(readTargets(cname.host, cname.path, { cnames })[0]).toEqual(target)
      }),
    )
  })
})

test('a query is encoded strictly and keeps its order; an empty value is a bare name', () => {
  expect(formatQuery([])).toBe('')
  expect(
    formatQuery([
      ['uploads', ''],
      ['prefix', 'a/b +中'],
      ["key!'()*", '='],
    ]),
  ).toBe('uploads&prefix=a%2Fb%20%2B%E4%B8%AD&key%21%27%28%29%2A=%3D')
})
