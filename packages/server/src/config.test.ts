import { expect, test } from 'vitest'
import { readOptions, type ServerOptions } from './config.ts'

test('without options a server is in memory, on loopback, on any port', () => {
  expect(readOptions({})).toMatchObject({
    data: 'memory',
    host: '127.0.0.1',
    port: 0,
    region: 'cn-hangzhou',
    keys: undefined,
    strictHttp: false,
    collect: {
      graceMs: 300_000,
      intervalMs: 60_000,
      orphanAgeMs: 86_400_000,
      orphanIntervalMs: 3_600_000,
    },
  })
})

test('an option that is undefined counts as not given', () => {
  const none: ServerOptions = { host: undefined, credentials: undefined, collect: undefined }
  expect(readOptions(none)).toMatchObject({ host: '127.0.0.1', keys: undefined })
})

test('key pairs belong to one owner unless they say otherwise', () => {
  const pair = { accessKeySecret: 's' }
  const { keys } = readOptions({
    credentials: [
      { accessKeyId: 'a', ...pair },
      { accessKeyId: 'b', ...pair, owner: 'me' },
    ],
  })
  expect(keys?.map(({ owner }) => owner)).toEqual(['lading', 'me'])
})

test.each([
  ['port', { port: 65_536 }],
  ['region', { region: 'oss-cn-hangzhou' }],
  ['credentials', { credentials: [] }],
  ['credentials.0.accessKeyId', { credentials: [{ accessKeyId: 'a:b', accessKeySecret: 's' }] }],
  ['data', { data: 'disk' as 'memory' }],
  ['faults.0.action.kind', { faults: [{ action: { kind: 'odd' } as never }] }],
  ['options', { prot: 1 } as ServerOptions],
])('a wrong %s is a TypeError that names it', (name, options) => {
  expect(() => readOptions(options)).toThrow(TypeError)
  expect(() => readOptions(options)).toThrow(`${name}: `)
})

test('one key id twice is a TypeError', () => {
  const pair = { accessKeyId: 'a', accessKeySecret: 's' }
  expect(() => readOptions({ credentials: [pair, pair] })).toThrow(TypeError)
})

test('no secret is repeated in the error', () => {
  const credentials = [{ accessKeyId: 'a:b', accessKeySecret: 'the secret' }]
  expect(() => readOptions({ credentials })).not.toThrow('the secret')
})
