import { describe, expect, it } from 'vitest'
import { type ServiceAnswer, startTestService } from '../operations/service.ts'

const service = await startTestService()

interface Versioned {
  readonly bucket: string
  set(status: 'Enabled' | 'Suspended'): Promise<void>
  put(key: string, body: string): Promise<string | null>
  ask(method: string, key: string, query?: Record<string, string>): Promise<ServiceAnswer>
}

async function versioned(status?: 'Enabled' | 'Suspended'): Promise<Versioned> {
  const bucket = await service.makeBucket()
  const ask: Versioned['ask'] = (method, key, query = {}) =>
    service.call({ method, bucket, key, query })
  const set = async (next: 'Enabled' | 'Suspended'): Promise<void> => {
    const body = `<VersioningConfiguration><Status>${next}</Status></VersioningConfiguration>`
    const answer = await service.call({ method: 'PUT', bucket, query: { versioning: '' }, body })
    expect(answer.status).toBe(200)
  }
  if (status) await set(status)
  return {
    bucket,
    set,
    ask,
    async put(key, body) {
      const { status: put, headers } = await service.call({ method: 'PUT', bucket, key, body })
      expect(put).toBe(200)
      return headers.get('x-oss-version-id')
    },
  }
}

describe('a bucket that keeps versions', () => {
  it('answers a put with the id of its version, by which that one is read when it is replaced', async () => {
    const { put, ask } = await versioned('Enabled')
    const first = (await put('k', 'one')) ?? ''
    const second = (await put('k', 'two')) ?? ''
    expect(first).not.toBe(second)
    const newest = await ask('GET', 'k')
    expect([newest.text, newest.headers.get('x-oss-version-id')]).toEqual(['two', second])
    const older = await ask('GET', 'k', { versionId: first })
    expect([older.text, older.headers.get('x-oss-version-id')]).toEqual(['one', first])
    const head = await ask('HEAD', 'k', { versionId: first })
    expect([head.status, head.headers.get('content-length')]).toEqual([200, '3'])
    const meta = await ask('HEAD', 'k', { versionId: first, objectMeta: '' })
    expect(meta.headers.get('x-oss-version-id')).toBe(first)
  })

  it('says nothing of versions before versioning is ever set, and null of older objects after it', async () => {
    const { put, ask, set } = await versioned()
    expect(await put('k', 'one')).toBeNull()
    expect((await ask('GET', 'k')).headers.get('x-oss-version-id')).toBeNull()
    await set('Enabled')
    expect((await ask('GET', 'k')).headers.get('x-oss-version-id')).toBe('null')
    expect((await ask('HEAD', 'k', { objectMeta: '' })).headers.get('x-oss-version-id')).toBe(
      'null',
    )
  })

  it('answers a plain deletion with a marker, and the key with NoSuchKey that tells of it', async () => {
    const { put, ask } = await versioned('Enabled')
    await put('k', 'one')
    const deleted = await ask('DELETE', 'k')
    const marker = deleted.headers.get('x-oss-version-id') ?? ''
    expect([deleted.status, deleted.headers.get('x-oss-delete-marker')]).toEqual([204, 'true'])
    for (const method of ['GET', 'HEAD']) {
      const gone = await ask(method, 'k')
      expect([gone.status, gone.code]).toEqual([404, 'NoSuchKey'])
      expect(gone.headers.get('x-oss-delete-marker')).toBe('true')
      expect(gone.headers.get('x-oss-version-id')).toBe(marker)
      const byId = await ask(method, 'k', { versionId: marker })
      expect([byId.status, byId.code]).toEqual([405, 'MethodNotAllowed'])
    }
    const again = await ask('DELETE', 'k')
    expect(again.headers.get('x-oss-version-id')).not.toBe(marker)
  })

  it('has the object back when the marker is deleted by its id', async () => {
    const { put, ask } = await versioned('Enabled')
    await put('k', 'one')
    const marker = (await ask('DELETE', 'k')).headers.get('x-oss-version-id') ?? ''
    const undone = await ask('DELETE', 'k', { versionId: marker })
    expect(undone.status).toBe(204)
    expect(undone.headers.get('x-oss-version-id')).toBe(marker)
    expect(undone.headers.get('x-oss-delete-marker')).toBe('true')
    expect((await ask('GET', 'k')).text).toBe('one')
  })

  it('forgets a version deleted by its id, and shows the one before it', async () => {
    const { put, ask } = await versioned('Enabled')
    const first = await put('k', 'one')
    const second = (await put('k', 'two')) ?? ''
    const deleted = await ask('DELETE', 'k', { versionId: second })
    expect([deleted.status, deleted.headers.get('x-oss-delete-marker')]).toEqual([204, null])
    expect((await ask('GET', 'k')).headers.get('x-oss-version-id')).toBe(first)
    const gone = await ask('GET', 'k', { versionId: second })
    expect([gone.status, gone.code]).toEqual([404, 'NoSuchVersion'])
    expect((await ask('DELETE', 'k', { versionId: second })).status).toBe(204)
  })

  it('makes a version of a completed upload, which answers with its id', async () => {
    const { bucket, put, ask } = await versioned('Enabled')
    const first = (await put('k', 'one')) ?? ''
    const begun = await ask('POST', 'k', { uploads: '' })
    const uploadId = /<UploadId>(.*)<\/UploadId>/.exec(begun.text)?.[1] ?? ''
    const query = { uploadId, partNumber: '1' }
    const part = await service.call({ method: 'PUT', bucket, key: 'k', query, body: 'parts' })
    const body = `<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>${part.headers.get('etag')}</ETag></Part></CompleteMultipartUpload>`
    const done = await service.call({ method: 'POST', bucket, key: 'k', query: { uploadId }, body })
    expect(done.status).toBe(200)
    const got = await ask('GET', 'k')
    expect(got.headers.get('x-oss-version-id')).toBe(done.headers.get('x-oss-version-id'))
    expect(got.text).toBe('parts')
    expect((await ask('GET', 'k', { versionId: first })).text).toBe('one')
  })

  it('cannot be deleted while a version or a marker is left', async () => {
    const { bucket, put, ask } = await versioned('Enabled')
    const id = (await put('k', 'one')) ?? ''
    await ask('DELETE', 'k')
    await ask('DELETE', 'k', { versionId: id })
    const refused = await service.call({ method: 'DELETE', bucket })
    expect([refused.status, refused.code]).toEqual([409, 'BucketNotEmpty'])
  })

  it('does not heed x-oss-forbid-overwrite', async () => {
    const { bucket, put } = await versioned('Enabled')
    await put('k', 'one')
    const headers = { 'x-oss-forbid-overwrite': 'true' }
    const again = await service.call({ method: 'PUT', bucket, key: 'k', headers, body: 'two' })
    expect(again.status).toBe(200)
  })
})

describe('a version that was replaced', () => {
  it('has an ACL and tags of its own, set, read and deleted by its id', async () => {
    const { bucket, put, ask } = await versioned('Enabled')
    const first = (await put('k', 'one')) ?? ''
    await put('k', 'two')
    const of = { versionId: first }
    const headers = { 'x-oss-object-acl': 'public-read' }
    const set = { method: 'PUT', bucket, key: 'k', query: { acl: '', ...of }, headers }
    expect((await service.call(set)).headers.get('x-oss-version-id')).toBe(first)
    expect((await ask('GET', 'k', { acl: '', ...of })).text).toContain('<Grant>public-read<')
    expect((await ask('GET', 'k', { acl: '' })).text).toContain('<Grant>default<')

    const body = '<Tagging><TagSet><Tag><Key>a</Key><Value>1</Value></Tag></TagSet></Tagging>'
    const tagging = { tagging: '', ...of }
    await service.call({ method: 'PUT', bucket, key: 'k', query: tagging, body })
    expect((await ask('GET', 'k', tagging)).text).toContain('<Key>a</Key>')
    expect((await ask('GET', 'k', { tagging: '' })).text).not.toContain('<Key>a</Key>')
    expect((await ask('DELETE', 'k', tagging)).status).toBe(204)
    expect((await ask('GET', 'k', tagging)).text).not.toContain('<Key>a</Key>')
  })

  it('is restored by its id, and no other with it', async () => {
    const { bucket, ask } = await versioned('Enabled')
    const headers = { 'x-oss-storage-class': 'Archive' }
    const archive = { method: 'PUT', bucket, key: 'k', headers, body: 'x' }
    const first = (await service.call(archive)).headers.get('x-oss-version-id') ?? ''
    await service.call(archive)
    const restored = await ask('POST', 'k', { restore: '', versionId: first })
    expect([restored.status, restored.headers.get('x-oss-version-id')]).toEqual([202, first])
    const head = await ask('HEAD', 'k', { versionId: first })
    expect(head.headers.get('x-oss-restore')).toBe('ongoing-request="true"')
    expect((await ask('HEAD', 'k')).headers.get('x-oss-restore')).toBeNull()
  })

  it('is a link that still leads where it led', async () => {
    const { bucket, ask } = await versioned('Enabled')
    const ids: string[] = []
    for (const target of ['old', 'new']) {
      const headers = { 'x-oss-symlink-target': target }
      const link = { method: 'PUT', bucket, key: 'link', query: { symlink: '' }, headers }
      ids.push((await service.call(link)).headers.get('x-oss-version-id') ?? '')
    }
    const [first = ''] = ids
    const older = await ask('GET', 'link', { symlink: '', versionId: first })
    expect(older.headers.get('x-oss-symlink-target')).toBe('old')
    expect(older.headers.get('x-oss-version-id')).toBe(first)
    const newest = await ask('GET', 'link', { symlink: '' })
    expect(newest.headers.get('x-oss-symlink-target')).toBe('new')
  })

  it('is the source of a part by its id', async () => {
    const { bucket, put, ask } = await versioned('Enabled')
    const first = (await put('k', 'one')) ?? ''
    await put('k', 'two')
    const begun = await ask('POST', 'copy', { uploads: '' })
    const uploadId = /<UploadId>(.*)<\/UploadId>/.exec(begun.text)?.[1] ?? ''
    const headers = { 'x-oss-copy-source': `/${bucket}/k?versionId=${first}` }
    const query = { uploadId, partNumber: '1' }
    const part = await service.call({ method: 'PUT', bucket, key: 'copy', query, headers })
    expect([part.status, part.headers.get('x-oss-copy-source-version-id')]).toEqual([200, first])
    const all = { 'x-oss-complete-all': 'yes' }
    await service.call({ method: 'POST', bucket, key: 'copy', query: { uploadId }, headers: all })
    expect((await ask('GET', 'copy')).text).toBe('one')
  })
})

describe('a bucket whose versions are suspended', () => {
  it('completes an upload as the version null', async () => {
    const { bucket, put, ask, set } = await versioned('Enabled')
    const kept = (await put('k', 'kept')) ?? ''
    await set('Suspended')
    const begun = await ask('POST', 'k', { uploads: '' })
    const uploadId = /<UploadId>(.*)<\/UploadId>/.exec(begun.text)?.[1] ?? ''
    const query = { uploadId, partNumber: '1' }
    await service.call({ method: 'PUT', bucket, key: 'k', query, body: 'parts' })
    const headers = { 'x-oss-complete-all': 'yes' }
    const done = { method: 'POST', bucket, key: 'k', query: { uploadId }, headers }
    expect((await service.call(done)).headers.get('x-oss-version-id')).toBe('null')
    expect((await ask('GET', 'k')).text).toBe('parts')
    expect((await ask('GET', 'k', { versionId: kept })).text).toBe('kept')
  })

  it('keeps the versions there are, and puts and deletes the version null', async () => {
    const { put, ask, set } = await versioned('Enabled')
    const kept = (await put('k', 'kept')) ?? ''
    await set('Suspended')
    expect(await put('k', 'one')).toBe('null')
    expect(await put('k', 'two')).toBe('null')
    expect((await ask('GET', 'k')).text).toBe('two')
    const deleted = await ask('DELETE', 'k')
    expect([
      deleted.headers.get('x-oss-version-id'),
      deleted.headers.get('x-oss-delete-marker'),
    ]).toEqual(['null', 'true'])
    expect((await ask('GET', 'k')).status).toBe(404)
    expect((await ask('GET', 'k', { versionId: kept })).text).toBe('kept')
    await ask('DELETE', 'k', { versionId: 'null' })
    expect((await ask('GET', 'k')).text).toBe('kept')
  })
})

describe('a bucket that never had versions', () => {
  it('deletes the object under the version null, and tells of no version', async () => {
    const { put, ask } = await versioned()
    await put('k', 'one')
    const deleted = await ask('DELETE', 'k', { versionId: 'null' })
    expect([deleted.status, deleted.headers.get('x-oss-version-id')]).toEqual([204, null])
    expect((await ask('GET', 'k')).status).toBe(404)
    const again = await ask('DELETE', 'k', { versionId: 'null' })
    expect([again.status, again.headers.get('x-oss-version-id')]).toEqual([204, null])
  })

  it.each(['', 'IllegalVersion', '234'])('refuses the version id %j', async (versionId) => {
    const { put, ask } = await versioned()
    await put('k', 'one')
    for (const method of ['GET', 'HEAD', 'DELETE']) {
      const refused = await ask(method, 'k', { versionId })
      expect([refused.status, refused.code]).toEqual([400, 'InvalidArgument'])
    }
  })
})
