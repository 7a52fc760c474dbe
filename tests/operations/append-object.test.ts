import { crc64 } from '@lading/protocol'
import { describe, expect, it } from 'vitest'
import { elementOf } from '../support/oss-wire.ts'
import { type ServiceAnswer, startTestService } from './service.ts'
import { itRefusesStrangers } from './strangers.ts'

const service = await startTestService()
const bucket = await service.makeBucket()
const next = 'x-oss-next-append-position'

function append(
  key: string,
  position: number | string,
  body: string | Uint8Array,
  headers: Record<string, string> = {},
  place = bucket,
): Promise<ServiceAnswer> {
  const query = { append: '', position: String(position) }
  return service.call({ method: 'POST', bucket: place, key, query, body, headers })
}

function get(key: string, query: Record<string, string> = {}): Promise<ServiceAnswer> {
  return service.call({ method: 'GET', bucket, key, query })
}

function crcOf(text: string): string {
  return String(crc64(Buffer.from(text)))
}

describe('AppendObject', () => {
  it('answers where the next append begins and the CRC-64 of the whole, with a new ETag each time', async () => {
    const pieces = ['123', '456789', 'x'.repeat(100_000)]
    const etags = new Set<string | null>()
    let whole = ''
    for (const piece of pieces) {
      const answer = await append('log', whole.length, piece)
      whole += piece
      expect([answer.status, answer.text]).toEqual([200, ''])
      expect(answer.headers.get(next)).toBe(String(whole.length))
      expect(answer.headers.get('x-oss-hash-crc64ecma')).toBe(crcOf(whole))
      expect(answer.headers.get('x-oss-version-id')).toBeNull()
      expect(answer.headers.get('etag')).toMatch(/^"[0-9A-F]{32}"$/)
      etags.add(answer.headers.get('etag'))
    }
    expect(etags.size).toBe(pieces.length)
    for (const method of ['GET', 'HEAD']) {
      const { headers } = await service.call({ method, bucket, key: 'log' })
      expect(headers.get('x-oss-object-type')).toBe('Appendable')
      expect(headers.get(next)).toBe(String(whole.length))
      expect(headers.get('x-oss-hash-crc64ecma')).toBe(crcOf(whole))
      expect(headers.get('content-md5')).toBeNull()
      expect(etags.has(headers.get('etag'))).toBe(true)
    }
    expect((await get('log')).text).toBe(whole)
  })

  it('goes on for hundreds of pieces, and reads any range of them', async () => {
    let whole = ''
    for (let index = 0; index < 300; index += 1) {
      const piece = `${index},`
      expect((await append('many', whole.length, piece)).status).toBe(200)
      whole += piece
    }
    expect((await get('many')).text).toBe(whole)
    const headers = { range: 'bytes=500-777' }
    const part = await service.call({ method: 'GET', bucket, key: 'many', headers })
    expect(part.text).toBe(whole.slice(500, 778))
  })

  it('refuses any position but the end, and says where that is', async () => {
    await append('position', 0, '123')
    for (const position of [0, 2, 4, 999_999_999_999_999]) {
      const answer = await append('position', position, 'other')
      expect([answer.status, answer.code, answer.ec]).toEqual([
        409,
        'PositionNotEqualToLength',
        '0026-00000016',
      ])
      expect(answer.headers.get(next)).toBe('3')
    }
    const missing = await append('missing', 1, 'other')
    expect([missing.code, missing.headers.get(next)]).toEqual(['PositionNotEqualToLength', '0'])
    expect((await get('position')).text).toBe('123')
  })

  it('lets exactly one of those succeed that append at one position', async () => {
    let whole = ''
    for (let round = 0; round < 5; round += 1) {
      const pieces = Array.from({ length: 8 }, (_, index) => `${round}.${index};`)
      const answers = await Promise.all(
        pieces.map((piece) => append('contested', whole.length, piece)),
      )
      const won = answers.flatMap(({ status }, index) => (status === 200 ? [index] : []))
      expect(won).toHaveLength(1)
      const codes = answers.filter(({ status }) => status !== 200).map(({ code }) => code)
      expect(new Set(codes)).toEqual(new Set(['PositionNotEqualToLength']))
      whole += pieces[won[0] ?? 0]
      expect((await get('contested')).text).toBe(whole)
    }
  })

  it('makes an empty object of no bytes, and changes nothing by none', async () => {
    const made = await append('empty', 0, '')
    expect([made.status, made.headers.get('x-oss-hash-crc64ecma')]).toEqual([200, '0'])
    const got = await get('empty')
    expect([got.headers.get('content-length'), got.headers.get('x-oss-object-type')]).toEqual([
      '0',
      'Appendable',
    ])
    const grown = await append('empty', 0, 'x')
    const same = await append('empty', 1, '')
    expect([same.status, same.headers.get(next)]).toEqual([200, '1'])
    expect(same.headers.get('etag')).toBe(grown.headers.get('etag'))
  })

  it('heeds headers when it makes the object, and later the ACL alone', async () => {
    const first = {
      'content-type': 'text/plain',
      'cache-control': 'no-cache',
      'x-oss-meta-author': 'alice',
      'x-oss-tagging': 'a=1',
      'x-oss-object-acl': 'public-read-write',
      'x-oss-storage-class': 'IA',
    }
    expect((await append('said', 0, 'x', first)).status).toBe(200)
    const later = {
      'content-type': 'text/html',
      'x-oss-meta-author': 'bob',
      'x-oss-meta-new': 'yes',
      'x-oss-tagging': Array.from({ length: 15 }, (_, index) => `k${index}=v`).join('&'),
      'x-oss-object-acl': 'public-read',
    }
    expect((await append('said', 1, 'y', later)).status).toBe(200)
    const { headers } = await get('said')
    expect(headers.get('content-type')).toBe('text/plain')
    expect(headers.get('cache-control')).toBe('no-cache')
    expect(headers.get('x-oss-meta-author')).toBe('alice')
    expect(headers.get('x-oss-meta-new')).toBeNull()
    expect(headers.get('x-oss-tagging-count')).toBe('1')
    expect(headers.get('x-oss-storage-class')).toBe('IA')
    expect(elementOf((await get('said', { acl: '' })).text, 'Grant')).toBe('public-read')
    await append('said', 2, 'z')
    expect(elementOf((await get('said', { acl: '' })).text, 'Grant')).toBe('public-read')
  })

  it('refuses what was put in one piece or in parts', async () => {
    await service.call({ method: 'PUT', bucket, key: 'normal', body: '123' })
    for (const position of [0, 3]) {
      const answer = await append('normal', position, 'x')
      expect([answer.status, answer.code]).toEqual([409, 'ObjectNotAppendable'])
    }
    expect((await get('normal')).text).toBe('123')
  })

  it('gives way to an object that is put', async () => {
    await append('replaced', 0, '123')
    await service.call({ method: 'PUT', bucket, key: 'replaced', body: 'whole' })
    const { text, headers } = await get('replaced')
    expect([text, headers.get('x-oss-object-type'), headers.get(next)]).toEqual([
      'whole',
      'Normal',
      null,
    ])
  })

  it('keeps the version that it grows, and begins a new one behind a delete marker', async () => {
    const versioned = await service.makeBucket()
    const place = { bucket: versioned, key: 'log' }
    const body = '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>'
    await service.call({ method: 'PUT', bucket: versioned, query: { versioning: '' }, body })
    const id = 'x-oss-version-id'
    const first = await append('log', 0, '123', {}, versioned)
    const second = await append('log', 3, '456', {}, versioned)
    expect(first.headers.get(id)).toMatch(/^CAEQ[A-Za-z0-9]{60}$/)
    expect(second.headers.get(id)).toBe(first.headers.get(id))
    const marked = await service.call({ method: 'DELETE', ...place })
    const anew = await append('log', 0, 'abc', {}, versioned)
    expect(anew.status).toBe(200)
    expect(anew.headers.get(id)).not.toBe(first.headers.get(id))
    const versionId = second.headers.get(id) ?? ''
    const old = await service.call({ method: 'GET', ...place, query: { versionId } })
    expect(old.text).toBe('123456')
    await service.call({
      method: 'DELETE',
      ...place,
      query: { versionId: anew.headers.get(id) ?? '' },
    })
    await service.call({
      method: 'DELETE',
      ...place,
      query: { versionId: marked.headers.get(id) ?? '' },
    })
    expect((await append('log', 6, '789', {}, versioned)).status).toBe(200)
    expect((await service.call({ method: 'GET', ...place })).text).toBe('123456789')
  })

  it.each([
    ['without a position', { append: '' }, {}, 'MissingArgument'],
    ['at what is no number', { append: '', position: '-1' }, {}, 'InvalidArgument'],
    ['at a fraction', { append: '', position: '0.5' }, {}, 'InvalidArgument'],
    [
      'with a wrong Content-MD5',
      { append: '', position: '0' },
      { 'content-md5': 'JfnnlDI7RTiF9RgfG2JNCw==' },
      'InvalidDigest',
    ],
    [
      'with tags that cannot be',
      { append: '', position: '0' },
      { 'x-oss-tagging': '=a' },
      'InvalidTag',
    ],
    [
      'with an ACL that there is not',
      { append: '', position: '0' },
      { 'x-oss-object-acl': 'public' },
      'InvalidArgument',
    ],
  ])('makes nothing %s', async (_, query, headers, code) => {
    const answer = await service.call({
      method: 'POST',
      bucket,
      key: 'never',
      query,
      headers: { ...headers },
      body: 'x',
    })
    expect([answer.status, answer.code]).toEqual([400, code])
    expect((await get('never')).status).toBe(404)
  })

  itRefusesStrangers(service, {
    method: 'POST',
    bucket,
    key: 'log',
    query: { append: '', position: '0' },
    body: 'x',
  })
})
