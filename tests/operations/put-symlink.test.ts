import { describe, expect, it } from 'vitest'
import { elementOf } from '../support/oss-wire.ts'
import { type ServiceAnswer, startTestService } from './service.ts'
import { itRefusesStrangers } from './strangers.ts'

let time = Date.parse('2026-01-01T00:00:00.000Z')
const service = await startTestService({ now: () => new Date(time) })
const bucket = await service.makeBucket()
await service.call({
  method: 'PUT',
  bucket,
  key: 'target',
  body: '123456789',
  headers: { 'x-oss-meta-of': 'target', 'content-type': 'text/plain', 'cache-control': 'no-cache' },
})

const link = (
  key: string,
  target: string,
  headers: Record<string, string> = {},
): Promise<ServiceAnswer> =>
  service.call({
    method: 'PUT',
    bucket,
    key,
    query: { symlink: '' },
    headers: { 'x-oss-symlink-target': encodeURIComponent(target), ...headers },
  })

describe('PutSymlink', () => {
  it('makes a link that is read as what it leads to, with its own type and metadata', async () => {
    time += 1000
    const answer = await link('link', 'target', {
      'content-type': 'image/png',
      'x-oss-meta-of': 'link',
      'x-oss-storage-class': 'IA',
    })
    expect([answer.status, answer.text]).toEqual([200, ''])
    for (const method of ['GET', 'HEAD']) {
      const { status, text, headers } = await service.call({ method, bucket, key: 'link' })
      expect([status, text]).toEqual([200, method === 'GET' ? '123456789' : ''])
      const expected = {
        'x-oss-object-type': 'Symlink',
        'content-length': '9',
        etag: '"25F9E794323B453885F5181F1B624D0B"',
        'content-md5': 'JfnnlDI7RTiF9RgfG2JNCw==',
        'x-oss-hash-crc64ecma': '11051210869376104954',
        'last-modified': 'Thu, 01 Jan 2026 00:00:01 GMT',
        'content-type': 'image/png',
        'x-oss-meta-of': 'link',
        'x-oss-storage-class': 'IA',
        'cache-control': null,
      }
      for (const [name, value] of Object.entries(expected)) expect(headers.get(name)).toBe(value)
    }
    const meta = await service.call({
      method: 'HEAD',
      bucket,
      key: 'link',
      query: { objectMeta: '' },
    })
    expect(meta.headers.get('content-length')).toBe('9')
    const range = { range: 'bytes=2-4' }
    const part = await service.call({ method: 'GET', bucket, key: 'link', headers: range })
    expect([part.status, part.text]).toEqual([206, '345'])
  })

  it('stands in listings as a Symlink', async () => {
    await link('listed', 'target')
    for (const query of [{ prefix: 'listed' }, { prefix: 'listed', 'list-type': '2' }]) {
      const { text } = await service.call({ method: 'GET', bucket, query })
      expect(elementOf(text, 'Type')).toBe('Symlink')
      expect(elementOf(text, 'Size')).toBe('0')
    }
  })

  it('may lead nowhere, until there is an object of that name', async () => {
    const target = 'oss/+< >[]/世界/中国.txt'
    expect((await link('dangling', target)).status).toBe(200)
    const none = await service.call({ method: 'GET', bucket, key: 'dangling' })
    expect([none.status, none.code]).toEqual([404, 'SymlinkTargetNotExist'])
    await service.call({ method: 'PUT', bucket, key: target, body: 'here now' })
    expect((await service.call({ method: 'GET', bucket, key: 'dangling' })).text).toBe('here now')
  })

  it('takes a plus in the target for a blank, as the Go SDK writes one', async () => {
    const request = { bucket, key: 'plus', query: { symlink: '' } }
    const headers = { 'x-oss-symlink-target': 'a+b%2Bc' }
    expect((await service.call({ ...request, method: 'PUT', headers })).status).toBe(200)
    const shown = await service.call({ ...request, method: 'GET' })
    expect(shown.headers.get('x-oss-symlink-target')).toBe('a%20b%2Bc')
  })

  it('may lead to a link or to itself, and is then no way to read anything', async () => {
    await link('first', 'target')
    await link('second', 'first')
    await link('self', 'self')
    for (const key of ['second', 'self']) {
      const got = await service.call({ method: 'GET', bucket, key })
      expect([got.status, got.code]).toEqual([400, 'InvalidTargetType'])
      const head = await service.call({ method: 'HEAD', bucket, key })
      expect([head.status, head.code]).toEqual([400, 'InvalidTargetType'])
    }
  })

  it('replaces an object, is replaced by one, and leads elsewhere when it is put again', async () => {
    const key = 'replaced'
    await service.call({ method: 'PUT', bucket, key, body: 'an object' })
    await link(key, 'target')
    expect((await service.call({ method: 'GET', bucket, key })).text).toBe('123456789')
    await service.call({ method: 'PUT', bucket, key: 'elsewhere', body: 'else' })
    await link(key, 'elsewhere')
    expect((await service.call({ method: 'GET', bucket, key })).text).toBe('else')
    await service.call({ method: 'PUT', bucket, key, body: 'an object again' })
    const { text, headers } = await service.call({ method: 'GET', bucket, key })
    expect([text, headers.get('x-oss-object-type')]).toEqual(['an object again', 'Normal'])
    expect((await service.call({ method: 'GET', bucket, key: 'target' })).text).toBe('123456789')
  })

  it('replaces nothing under x-oss-forbid-overwrite', async () => {
    const forbid = { 'x-oss-forbid-overwrite': 'true' }
    expect((await link('once', 'target', forbid)).status).toBe(200)
    const second = await link('once', 'elsewhere', forbid)
    expect([second.status, second.code]).toEqual([409, 'FileAlreadyExists'])
  })

  it.each([
    ['no target', {}, 'MissingArgument'],
    ['a target that is no key', { 'x-oss-symlink-target': '%2Fa' }, 'InvalidObjectName'],
    ['a target that is not encoded', { 'x-oss-symlink-target': '%zz' }, 'InvalidArgument'],
  ])('refuses %s', async (_, headers, code) => {
    const request = { method: 'PUT', bucket, key: 'refused', query: { symlink: '' } }
    const answer = await service.call({ ...request, headers: { ...headers } })
    expect([answer.status, answer.code]).toEqual([400, code])
    expect((await service.call({ method: 'HEAD', bucket, key: 'refused' })).status).toBe(404)
  })

  it('is possible by a URL that carries its signature', async () => {
    for (const signature of ['v1', 'v4'] as const) {
      const request = { method: 'PUT', bucket, key: signature, query: { symlink: '' } }
      const headers = { 'x-oss-symlink-target': 'target' }
      const put = await service.call({ ...request, headers, presigned: true, signature })
      expect(put.status).toBe(200)
    }
  })

  it('is read by whoever may read the link and what it leads to', async () => {
    const open = await service.makeBucket({ headers: { 'x-oss-acl': 'public-read' } })
    await service.call({ method: 'PUT', bucket: open, key: 'public', body: 'x' })
    const headers = { 'x-oss-symlink-target': 'public' }
    await service.call({ method: 'PUT', bucket: open, key: 'l', query: { symlink: '' }, headers })
    const read = { method: 'GET', bucket: open, key: 'l', as: 'anonymous' } as const
    expect((await service.call(read)).text).toBe('x')
  })

  itRefusesStrangers(service, {
    method: 'PUT',
    bucket,
    key: 'strange',
    query: { symlink: '' },
    headers: { 'x-oss-symlink-target': 'target' },
  })
})
