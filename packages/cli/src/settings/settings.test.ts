import { expect, test } from 'vitest'
import { parseConfigFile } from './config-file.ts'
import { regionOf, resolveSettings } from './settings.ts'

const file = parseConfigFile(`
[default]
endpoint = oss-cn-beijing.aliyuncs.com
access-key-id = file-id
access-key-secret = file-secret
sts-token = file-token
`)
const environment = {
  OSS_ENDPOINT: 'http://127.0.0.1:9000',
  OSS_ACCESS_KEY_ID: 'env-id',
  OSS_ACCESS_KEY_SECRET: 'env-secret',
}

test('flags win over the environment, and the environment over the file', () => {
  const flags = { endpoint: 'http://flag', accessKeyId: 'flag-id', accessKeySecret: 'flag-secret' }
  expect(resolveSettings(flags, environment, file)).toMatchObject({
    endpoint: 'http://flag',
    credentials: { accessKeyId: 'flag-id', accessKeySecret: 'flag-secret' },
  })
  expect(resolveSettings({}, environment, file)).toMatchObject({
    endpoint: 'http://127.0.0.1:9000',
    credentials: { accessKeyId: 'env-id', accessKeySecret: 'env-secret' },
  })
  expect(resolveSettings({}, {}, file)).toMatchObject({
    endpoint: 'oss-cn-beijing.aliyuncs.com',
    region: 'cn-beijing',
    credentials: {
      accessKeyId: 'file-id',
      accessKeySecret: 'file-secret',
      securityToken: 'file-token',
    },
  })
})

test('a token of one source is never sent with a key pair of another', () => {
  const { credentials } = resolveSettings({}, environment, file)
  expect(credentials).toEqual({ accessKeyId: 'env-id', accessKeySecret: 'env-secret' })
})

test('half a key pair is a configuration error that says where and which half', () => {
  expect(() => resolveSettings({ accessKeyId: 'x' }, environment, file)).toThrow(
    expect.objectContaining({
      exitCode: 3,
      message: 'the command line has half of a key pair: the access key secret is missing',
    }),
  )
})

test('an empty variable says nothing', () => {
  const settings = resolveSettings({}, { ...environment, OSS_ENDPOINT: '' }, file)
  expect(settings.endpoint).toBe('oss-cn-beijing.aliyuncs.com')
})

test('a region alone makes the endpoint; without any region V4 signs cn-hangzhou', () => {
  const keys = { OSS_ACCESS_KEY_ID: 'a', OSS_ACCESS_KEY_SECRET: 'b' }
  expect(resolveSettings({ region: 'cn-shanghai' }, keys, new Map())).toMatchObject({
    endpoint: 'https://oss-cn-shanghai.aliyuncs.com',
    region: 'cn-shanghai',
  })
  expect(resolveSettings({ endpoint: 'http://[::1]:9000' }, keys, new Map()).region).toBe(
    'cn-hangzhou',
  )
})

test('without endpoint or keys the error says what to set', () => {
  expect(() => resolveSettings({}, {}, new Map())).toThrow(
    expect.objectContaining({ exitCode: 3, hint: expect.stringContaining('OSS_ENDPOINT') }),
  )
  expect(() => resolveSettings({ region: 'cn-hangzhou' }, {}, new Map())).toThrow(
    expect.objectContaining({ exitCode: 3, hint: expect.stringContaining('OSS_ACCESS_KEY_ID') }),
  )
})

test.each([
  ['oss-cn-hangzhou.aliyuncs.com', 'cn-hangzhou'],
  ['https://oss-cn-hangzhou-internal.aliyuncs.com:443/', 'cn-hangzhou'],
  ['films.oss-us-west-1.aliyuncs.com', 'us-west-1'],
  ['http://127.0.0.1:9000', undefined],
  ['https://oss.example.com', undefined],
])('the region in %s is %s', (endpoint, region) => {
  expect(regionOf(endpoint)).toBe(region)
})

test("ossutil 1's [Credentials] is read, and [default] wins over it", () => {
  const both = parseConfigFile(`
[Credentials]
language=EN
endpoint=http://one
accessKeyID=id-1
accessKeySecret=secret-1
stsToken=token-1
[default]
endPoint=http://two
`)
  expect(resolveSettings({}, {}, both)).toMatchObject({
    endpoint: 'http://two',
    credentials: { accessKeyId: 'id-1', accessKeySecret: 'secret-1', securityToken: 'token-1' },
  })
})

test('a profile is read alone, by flag or by variable, with dots and any case in its name', () => {
  const profiles = parseConfigFile(`
[default]
endpoint=http://default
accessKeyId=d
accessKeySecret=d
[profile Work.EU]
ACCESS_KEY_ID=w
access-key-secret=w
region=eu-central-1
`)
  const expected = {
    endpoint: 'https://oss-eu-central-1.aliyuncs.com',
    credentials: { accessKeyId: 'w', accessKeySecret: 'w' },
  }
  expect(resolveSettings({ profile: 'work.eu' }, {}, profiles)).toMatchObject(expected)
  expect(resolveSettings({}, { OSSUTIL_PROFILE: 'Work.EU' }, profiles)).toMatchObject(expected)
  expect(resolveSettings({ profile: 'default' }, {}, profiles).endpoint).toBe('http://default')
  expect(() => resolveSettings({ profile: 'home' }, {}, profiles)).toThrow(
    expect.objectContaining({ exitCode: 3 }),
  )
})

test('signature version and addressing style are checked', () => {
  const flags = { signVersion: 'V1', addressingStyle: 'path' }
  expect(resolveSettings(flags, environment, new Map())).toMatchObject({
    signatureVersion: 'v1',
    addressStyle: 'path',
  })
  expect(() => resolveSettings({ signVersion: 'v9' }, environment, new Map())).toThrow(
    expect.objectContaining({ exitCode: 3 }),
  )
})
