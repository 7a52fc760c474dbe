import { decodeListObjectVersionsResult, type ListObjectVersionsResult } from '@lading/protocol'
import { describe, expect, it } from 'vitest'
import { startTestService } from './service.ts'

const service = await startTestService()
const bucket = await service.makeBucket()
const plain = await service.makeBucket()

/** The bucket as its owner finds it after putting, deleting and putting again. */
const ids: string[] = []
await setVersioning('Enabled')
for (const key of ['a/1', 'a/2', 'b', 'b']) await put(key)
await service.call({ method: 'DELETE', bucket, key: 'a/1' })

async function setVersioning(status: string): Promise<void> {
  const body = `<VersioningConfiguration><Status>${status}</Status></VersioningConfiguration>`
  const answer = await service.call({ method: 'PUT', bucket, query: { versioning: '' }, body })
  if (answer.status !== 200) throw new Error(answer.text)
}

async function put(key: string): Promise<void> {
  const { headers } = await service.call({ method: 'PUT', bucket, key, body: key })
  ids.push(headers.get('x-oss-version-id') ?? '')
}

async function list(
  query: Record<string, string> = {},
  from = bucket,
): Promise<ListObjectVersionsResult> {
  const answer = await service.call({
    method: 'GET',
    bucket: from,
    query: { versions: '', ...query },
  })
  if (answer.status !== 200) throw new Error(answer.text)
  return decodeListObjectVersionsResult(answer.text)
}

function shown({ versions }: ListObjectVersionsResult): string[] {
  return versions.map(({ key, kind, isLatest }) => `${key} ${kind}${isLatest ? ' latest' : ''}`)
}

describe('ListObjectVersions', () => {
  it('lists keys ascending and the versions of a key from the newest, with its delete markers', async () => {
    const page = await list()
    expect(shown(page)).toEqual([
      'a/1 marker latest',
      'a/1 object',
      'a/2 object latest',
      'b object latest',
      'b object',
    ])
    expect(page.versions[4]?.versionId).toBe(ids[2])
    expect(page.versions[3]?.versionId).toBe(ids[3])
    expect(page).toMatchObject({
      name: bucket,
      prefix: '',
      keyMarker: '',
      versionIdMarker: '',
      maxKeys: 100,
      delimiter: '',
      isTruncated: false,
      nextKeyMarker: undefined,
    })
  })

  it('gives versions and markers an owner and a date, and versions what a listing gives objects', async () => {
    const { versions } = await list()
    expect(versions[0]).toMatchObject({ owner: { id: 'lading' }, lastModified: expect.any(Date) })
    expect(versions[1]).toMatchObject({
      owner: { id: 'lading' },
      lastModified: expect.any(Date),
      size: 3,
      type: 'Normal',
      storageClass: 'Standard',
    })
  })

  it('gives ids of 64 characters, by which versions are got', async () => {
    for (const id of ids) expect(id).toMatch(/^CAEQ[A-Za-z0-9]{60}$/)
    const query = { versionId: ids[0] ?? '' }
    const old = await service.call({ method: 'GET', bucket, key: 'a/1', query })
    expect([old.status, old.text, old.headers.get('x-oss-version-id')]).toEqual([
      200,
      'a/1',
      ids[0],
    ])
  })

  it.each([1, 2, 3, 4])('pages by %i so that no version comes twice or not at all', async (max) => {
    const seen: string[] = []
    let query: Record<string, string> = { 'max-keys': String(max) }
    for (;;) {
      const page = await list(query)
      seen.push(...shown(page))
      if (!page.isTruncated) break
      query = {
        'max-keys': String(max),
        'key-marker': page.nextKeyMarker ?? '',
        'version-id-marker': page.nextVersionIdMarker ?? '',
      }
    }
    expect(seen).toEqual(shown(await list()))
  })

  it('passes over all versions of the key marker without a version id marker', async () => {
    expect(shown(await list({ 'key-marker': 'a/2' }))).toEqual(['b object latest', 'b object'])
  })

  it('groups by delimiter and narrows by prefix, keys encoded when asked', async () => {
    const grouped = await list({ delimiter: '/', 'encoding-type': 'url' })
    expect([grouped.commonPrefixes, shown(grouped)]).toEqual([
      ['a/'],
      ['b object latest', 'b object'],
    ])
    expect(shown(await list({ prefix: 'a/2' }))).toEqual(['a/2 object latest'])
    const raw = await service.call({
      method: 'GET',
      bucket,
      query: { versions: '', 'encoding-type': 'url', prefix: 'a/' },
    })
    expect(raw.text).toContain('<Key>a%2F1</Key>')
  })

  it('lists a bucket that never had versions with the version null, and markers none', async () => {
    await service.call({ method: 'PUT', bucket: plain, key: 'k', body: 'x' })
    const { versions } = await list({}, plain)
    expect(versions).toMatchObject([{ kind: 'object', versionId: 'null', isLatest: true }])
  })

  it.each([
    [{ 'max-keys': '1001' }, 'max-keys'],
    [{ 'max-keys': '0' }, 'max-keys'],
    [{ prefix: 'x'.repeat(1025) }, 'prefix'],
    [{ 'key-marker': 'x'.repeat(1025) }, 'key-marker'],
    [{ delimiter: 'x'.repeat(1025) }, 'delimiter'],
    [{ 'version-id-marker': 'null' }, 'version-id-marker'],
    [{ 'key-marker': 'a', 'version-id-marker': 'x'.repeat(1025) }, 'version-id-marker'],
    [{ 'encoding-type': 'gzip' }, 'encoding-type'],
  ])('refuses %j with InvalidArgument', async (query, argument) => {
    const answer = await service.call({ method: 'GET', bucket, query: { versions: '', ...query } })
    expect([answer.status, answer.code]).toEqual([400, 'InvalidArgument'])
    expect(answer.text).toContain(`<ArgumentName>${argument}</ArgumentName>`)
  })

  it('answers NoSuchBucket for a bucket that is not there, and AccessDenied to strangers', async () => {
    const query = { versions: '' }
    const missing = await service.call({ method: 'GET', bucket: 'no-such-bucket', query })
    expect([missing.status, missing.code]).toEqual([404, 'NoSuchBucket'])
    const stranger = await service.call({ method: 'GET', bucket, query, as: 'anonymous' })
    expect([stranger.status, stranger.code]).toEqual([403, 'AccessDenied'])
  })
})
