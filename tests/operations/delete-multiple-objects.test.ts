import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { elementOf } from '../support/oss-wire.ts'
import { elementsOf } from './multipart.ts'
import { type ServiceAnswer, startTestService } from './service.ts'
import { itRefusesStrangers } from './strangers.ts'

const service = await startTestService()
const bucket = await service.makeBucket()
const query = { delete: '' }

function listOf(keys: readonly string[], quiet?: boolean): string {
  const objects = keys.map((key) => `<Object><Key>${key}</Key></Object>`).join('')
  return `<Delete>${quiet === undefined ? '' : `<Quiet>${quiet}</Quiet>`}${objects}</Delete>`
}

function remove(body: string, headers: Record<string, string> = {}): Promise<ServiceAnswer> {
  const md5 = createHash('md5').update(body).digest('base64')
  return service.call({
    method: 'POST',
    bucket,
    query,
    body,
    headers: { 'content-md5': md5, ...headers },
  })
}

async function put(...keys: string[]): Promise<void> {
  for (const key of keys) await service.call({ method: 'PUT', bucket, key, body: 'x' })
}

async function isThere(key: string): Promise<boolean> {
  return (await service.call({ method: 'HEAD', bucket, key })).status === 200
}

describe('DeleteMultipleObjects', () => {
  it('lists what it deleted in the order of the request, whether it was there or not', async () => {
    await put('b', 'a', 'left')
    const answer = await remove(listOf(['b', 'never', 'a', 'b']))
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/xml'])
    expect(answer.text).not.toContain('xmlns')
    expect(elementsOf(answer.text, 'Key')).toEqual(['b', 'never', 'a', 'b'])
    expect(answer.text).not.toMatch(/DeleteMarker|VersionId/)
    expect([await isThere('a'), await isThere('b'), await isThere('left')]).toEqual([
      false,
      false,
      true,
    ])
  })

  it('says nothing when it is asked to be quiet', async () => {
    await put('a')
    const answer = await remove(listOf(['a'], true))
    expect([answer.status, answer.text, answer.headers.get('content-length')]).toEqual([
      200,
      '',
      '0',
    ])
    expect(await isThere('a')).toBe(false)
    expect((await remove(listOf(['a'], false))).text).toContain('<Key>a</Key>')
  })

  it('takes control characters as references and raw, and a blank at the end for what it is', async () => {
    const keys = ['\x01\n\x0c\x07Pc', 'blank ', 'blank']
    await put(...keys)
    const answer = await remove(listOf(['&#x01;&#xA;\x0c&#x07;Pc', 'blank ']))
    expect(answer.status).toBe(200)
    expect(elementsOf(answer.text, 'Key')[1]).toBe('blank ')
    expect([await isThere('\x01\n\x0c\x07Pc'), await isThere('blank')]).toEqual([false, true])
    expect(await isThere('blank ')).toBe(false)
  })

  it('encodes the keys of its answer on request', async () => {
    const encoded = { ...query, 'encoding-type': 'url' }
    const body = listOf(['a b/+'])
    const answer = await service.call({ method: 'POST', bucket, query: encoded, body })
    expect([elementOf(answer.text, 'EncodingType'), elementOf(answer.text, 'Key')]).toEqual([
      'url',
      'a%20b%2F%2B',
    ])
  })

  it('deletes by the version null where no versions are kept', async () => {
    await put('a')
    const body = '<Delete><Object><Key>a</Key><VersionId>null</VersionId></Object></Delete>'
    const answer = await remove(body)
    expect([answer.status, elementOf(answer.text, 'VersionId')]).toEqual([200, 'null'])
    expect(await isThere('a')).toBe(false)
  })

  it('marks as deleted where versions are kept, and deletes versions and markers by their ids', async () => {
    const versioned = await service.makeBucket()
    const enabled = '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>'
    await service.call({
      method: 'PUT',
      bucket: versioned,
      query: { versioning: '' },
      body: enabled,
    })
    const put = await service.call({ method: 'PUT', bucket: versioned, key: 'k', body: 'x' })
    const version = put.headers.get('x-oss-version-id')
    const deletion = { method: 'POST', bucket: versioned, query }
    const marked = await service.call({ ...deletion, body: listOf(['k', 'never']) })
    expect(elementsOf(marked.text, 'DeleteMarker')).toEqual(['true', 'true'])
    const [marker, other] = elementsOf(marked.text, 'DeleteMarkerVersionId')
    expect(marked.text).not.toContain('<VersionId>')
    expect(other).not.toBe(marker)

    const ids = [marker, version, version].map(
      (id) => `<Object><Key>k</Key><VersionId>${id}</VersionId></Object>`,
    )
    const gone = await service.call({ ...deletion, body: `<Delete>${ids.join('')}</Delete>` })
    expect(elementsOf(gone.text, 'VersionId')).toEqual([marker, version, version])
    expect(elementsOf(gone.text, 'DeleteMarker')).toEqual(['true'])
    expect(elementsOf(gone.text, 'DeleteMarkerVersionId')).toEqual([marker])
    const left = await service.call({ method: 'GET', bucket: versioned, query: { versions: '' } })
    expect(left.text).not.toContain('<Key>k</Key>')
  })

  it('deletes a thousand, and not one more', async () => {
    const keys = Array.from({ length: 1001 }, (_, index) => `many-${index}`)
    await put('many-0', 'many-999', 'many-1000')
    const more = await remove(listOf(keys))
    expect([more.status, more.code]).toEqual([400, 'MalformedXML'])
    expect(await isThere('many-0')).toBe(true)
    const answer = await remove(listOf(keys.slice(0, 1000)))
    expect(elementsOf(answer.text, 'Key')).toEqual(keys.slice(0, 1000))
    expect([await isThere('many-999'), await isThere('many-1000')]).toEqual([false, true])
  })

  it.each([
    ['no object at all', '<Delete></Delete>', 'MalformedXML'],
    ['no XML', 'keys', 'MalformedXML'],
    ['another document', '<Deletion><Object><Key>kept</Key></Object></Deletion>', 'MalformedXML'],
    ['an object without a key', '<Delete><Object></Object></Delete>', 'MalformedXML'],
    ['an empty key', listOf(['kept', '']), 'UserKeyMustBeSpecified'],
    ['what is no key', listOf(['kept', '/key']), 'InvalidObjectName'],
    [
      'a version id that is none',
      '<Delete><Object><Key>kept</Key></Object><Object><Key>a</Key><VersionId>234</VersionId></Object></Delete>',
      'InvalidArgument',
    ],
    ['more than 2 MiB', `<Delete>${' '.repeat(2 * 1024 * 1024)}</Delete>`, 'EntityTooLarge'],
  ])('refuses %s, and deletes nothing', async (_, body, code) => {
    await put('kept')
    const answer = await remove(body)
    expect([answer.status, answer.code]).toEqual([400, code])
    expect(await isThere('kept')).toBe(true)
  })

  it('refuses a body that is not what its Content-MD5 says', async () => {
    await put('kept')
    const answer = await remove(listOf(['kept']), { 'content-md5': '1B2M2Y8AsgTpgAmY7PhCfg==' })
    expect([answer.status, answer.code]).toEqual([400, 'InvalidDigest'])
    expect(await isThere('kept')).toBe(true)
  })

  itRefusesStrangers(service, { method: 'POST', bucket, query, body: listOf(['kept']) })
})
