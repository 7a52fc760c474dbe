import { describe, expect, it } from 'vitest'
import { completeBody, elementOf, etagOf } from '../support/oss-wire.ts'
import { initiate, LEAST, putPart } from './multipart.ts'
import { type ServiceAnswer, startTestService } from './service.ts'
import { itRefusesStrangers } from './strangers.ts'

const stranger = { accessKeyId: 'stranger', accessKeySecret: 'secret' }
const clock = { at: Date.parse('2026-01-01T00:00:00Z') }
const service = await startTestService({
  credentials: [
    { accessKeyId: 'owner', accessKeySecret: 'secret' },
    { ...stranger, owner: 'stranger' },
  ],
  now: () => new Date(clock.at),
})
const bucket = await service.makeBucket()
const other = await service.makeBucket()

const said = {
  'content-type': 'text/plain',
  'cache-control': 'no-cache',
  'content-disposition': 'attachment',
  'content-encoding': 'br',
  'content-language': 'zh',
  expires: '1000000',
  'x-oss-meta-author': 'alice',
}

async function put(key: string, body: string, headers: Record<string, string> = {}): Promise<void> {
  const { status, text } = await service.call({ method: 'PUT', bucket, key, body, headers })
  if (status !== 200) throw new Error(text)
}

function copy(
  source: string,
  key: string,
  headers: Record<string, string> = {},
  rest: { bucket?: string; as?: typeof stranger } = {},
): Promise<ServiceAnswer> {
  const from = { 'x-oss-copy-source': source }
  return service.call({ method: 'PUT', bucket, key, headers: { ...from, ...headers }, ...rest })
}

function head(key: string, from = bucket): Promise<ServiceAnswer> {
  return service.call({ method: 'HEAD', bucket: from, key })
}

describe('CopyObject', () => {
  it('answers 200 with the ETag of its source first, then the date, and the copy is there', async () => {
    await put('source', '123456789')
    for (const to of [bucket, other]) {
      const answer = await copy(`/${bucket}/source`, 'copy', {}, { bucket: to })
      expect(answer.status).toBe(200)
      const etag = '"25F9E794323B453885F5181F1B624D0B"'
      expect(answer.text.replaceAll('&quot;', '"')).toMatch(
        /<CopyObjectResult>\s*<ETag>"25F9E794323B453885F5181F1B624D0B"<\/ETag>\s*<LastModified>2026-01-01T00:00:00.000Z<\/LastModified>\s*<\/CopyObjectResult>/,
      )
      expect(answer.headers.get('etag')).toBe(etag)
      expect(answer.headers.get('x-oss-hash-crc64ecma')).toBe('11051210869376104954')
      expect(answer.headers.get('x-oss-version-id')).toBeNull()
      expect(answer.headers.get('x-oss-copy-source-version-id')).toBeNull()
      const got = await service.call({ method: 'GET', bucket: to, key: 'copy' })
      expect([got.text, got.headers.get('etag')]).toEqual(['123456789', etag])
      expect(got.headers.get('x-oss-object-type')).toBe('Normal')
    }
  })

  it('stays whole when its source is replaced and deleted', async () => {
    await put('fleeting', 'bytes')
    await copy(`/${bucket}/fleeting`, 'kept')
    await put('fleeting', 'others')
    await service.call({ method: 'DELETE', bucket, key: 'fleeting' })
    await service.server.collectGarbage()
    expect((await service.call({ method: 'GET', bucket, key: 'kept' })).text).toBe('bytes')
  })

  it.each(['', 'COPY', 'copy'])(
    'takes metadata and tags over under the directive %j',
    async (how) => {
      await put('said', 'x', { ...said, 'x-oss-tagging': 'a=1', 'x-oss-object-acl': 'public-read' })
      const directives = how && {
        'x-oss-metadata-directive': how,
        'x-oss-tagging-directive': how,
      }
      const own = { 'x-oss-meta-author': 'bob', 'x-oss-tagging': 'b=2&c=3' }
      expect((await copy(`/${bucket}/said`, 'heard', { ...own, ...directives })).status).toBe(200)
      const { headers } = await head('heard')
      for (const [name, value] of Object.entries(said)) expect(headers.get(name)).toBe(value)
      expect(headers.get('x-oss-tagging-count')).toBe('1')
      const acl = await service.call({ method: 'GET', bucket, key: 'heard', query: { acl: '' } })
      expect(elementOf(acl.text, 'Grant')).toBe('default')
    },
  )

  it.each(['REPLACE', 'replace'])('takes the request’s own under the directive %s', async (how) => {
    await put('said', 'x', { ...said, 'x-oss-meta-client-side-encryption-key': 'k' })
    const answer = await copy(`/${bucket}/said`, 'replaced', {
      'x-oss-metadata-directive': how,
      'x-oss-tagging-directive': how,
      'x-oss-tagging': 'b=2&c=3',
      'x-oss-meta-new': 'yes',
      'cache-control': 'private',
      'x-oss-object-acl': 'private',
      'x-oss-storage-class': 'IA',
    })
    expect(answer.status).toBe(200)
    const { headers } = await head('replaced')
    expect(headers.get('content-type')).toBe('text/plain')
    expect(headers.get('cache-control')).toBe('private')
    expect(headers.get('content-disposition')).toBeNull()
    expect(headers.get('x-oss-meta-author')).toBeNull()
    expect(headers.get('x-oss-meta-new')).toBe('yes')
    expect(headers.get('x-oss-meta-client-side-encryption-key')).toBe('k')
    expect(headers.get('x-oss-storage-class')).toBe('IA')
    expect(headers.get('x-oss-tagging-count')).toBe('2')
    const acl = await service.call({ method: 'GET', bucket, key: 'replaced', query: { acl: '' } })
    expect(elementOf(acl.text, 'Grant')).toBe('private')
  })

  it('drops the tags where they are replaced by none, and keeps the metadata then', async () => {
    await put('tagged', 'x', { ...said, 'x-oss-tagging': 'a=1' })
    await copy(`/${bucket}/tagged`, 'untagged', { 'x-oss-tagging-directive': 'Replace' })
    const { headers } = await head('untagged')
    expect(headers.get('x-oss-tagging-count')).toBeNull()
    expect(headers.get('x-oss-meta-author')).toBe('alice')
  })

  it('onto itself changes what is said of an object, and nothing of what it is', async () => {
    const key = 'itself'
    const upload = await initiate(service, bucket, key, { ...said, 'x-oss-tagging': 'a=1' })
    const large = Buffer.alloc(LEAST, 'a')
    await putPart(service, upload, 1, large)
    await putPart(service, upload, 2, 'last')
    const { uploadId } = upload
    await service.call({
      method: 'POST',
      bucket,
      key,
      query: { uploadId },
      body: completeBody([
        [1, etagOf(large)],
        [2, etagOf(Buffer.from('last'))],
      ]),
    })
    const before = await head(key)
    clock.at += 10_000
    const answer = await copy(`/${bucket}/${key}`, key, { 'cache-control': 'private' })
    expect(answer.status).toBe(200)
    const after = await head(key)
    for (const name of ['etag', 'content-length', 'x-oss-hash-crc64ecma', 'x-oss-object-type']) {
      expect(after.headers.get(name)).toBe(before.headers.get(name))
    }
    expect(after.headers.get('content-type')).toBe('text/plain')
    expect(after.headers.get('cache-control')).toBe('private')
    expect(after.headers.get('x-oss-meta-author')).toBeNull()
    expect(after.headers.get('x-oss-tagging-count')).toBe('1')
    expect(Date.parse(after.headers.get('last-modified') ?? '')).toBe(clock.at)
    expect((await service.call({ method: 'GET', bucket, key })).text).toBe(`${large}last`)
  })

  it('of an object in parts is one in a piece, whose ETag is the MD5 of its bytes', async () => {
    const upload = await initiate(service, bucket, 'parts')
    await putPart(service, upload, 1, '123456789')
    const { uploadId } = upload
    const body = completeBody([[1, etagOf(Buffer.from('123456789'))]])
    await service.call({ method: 'POST', bucket, key: 'parts', query: { uploadId }, body })
    const answer = await copy(`/${bucket}/parts`, 'piece')
    expect(answer.headers.get('etag')).toBe('"25F9E794323B453885F5181F1B624D0B"')
    expect(answer.headers.get('x-oss-hash-crc64ecma')).toBe('11051210869376104954')
    expect((await head('piece')).headers.get('x-oss-object-type')).toBe('Normal')
  })

  it('of a link is a link', async () => {
    await put('linked', 'bytes')
    const headers = { 'x-oss-symlink-target': 'linked' }
    await service.call({ method: 'PUT', bucket, key: 'link', query: { symlink: '' }, headers })
    expect((await copy(`/${bucket}/link`, 'copied-link')).status).toBe(200)
    const query = { symlink: '' }
    const link = await service.call({ method: 'GET', bucket, key: 'copied-link', query })
    expect(link.headers.get('x-oss-symlink-target')).toBe('linked')
  })

  it('refuses a source in an archive until it is restored, and its way out of there', async () => {
    await put('archived', 'bytes', { 'x-oss-storage-class': 'Archive' })
    for (const key of ['never', 'archived']) {
      const answer = await copy(`/${bucket}/archived`, key, { 'x-oss-storage-class': 'Standard' })
      expect([answer.status, answer.code]).toEqual([403, 'InvalidObjectState'])
    }
    expect((await copy(`/${bucket}/archived`, 'archived', { 'x-oss-meta-a': 'b' })).status).toBe(
      200,
    )
  })

  it('makes a version of each copy where versions are kept, and says of which one it is', async () => {
    const versioned = await service.makeBucket()
    const body = '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>'
    const query = { versioning: '' }
    expect((await service.call({ method: 'PUT', bucket: versioned, query, body })).status).toBe(200)
    const place = { bucket: versioned, key: 'k' }
    const first = await service.call({ method: 'PUT', ...place, body: 'first' })
    await service.call({ method: 'PUT', ...place, body: 'second' })
    const old = first.headers.get('x-oss-version-id')
    const back = await copy(`/${versioned}/k?versionId=${old}`, 'k', {}, { bucket: versioned })
    expect(back.status).toBe(200)
    expect(back.headers.get('x-oss-copy-source-version-id')).toBe(old)
    const current = back.headers.get('x-oss-version-id')
    expect(current).toMatch(/^CAEQ[A-Za-z0-9]{60}$/)
    expect(current).not.toBe(old)
    expect((await service.call({ method: 'GET', ...place })).text).toBe('first')
    const unasked = await copy(`/${versioned}/k`, 'elsewhere')
    expect(unasked.headers.get('x-oss-copy-source-version-id')).toBe(current)
    expect(unasked.headers.get('x-oss-version-id')).toBeNull()
    const marked = await service.call({ method: 'DELETE', ...place })
    const gone = await copy(`/${versioned}/k`, 'elsewhere')
    expect([gone.status, gone.code]).toEqual([404, 'NoSuchKey'])
    const marker = marked.headers.get('x-oss-version-id')
    const unreadable = await copy(`/${versioned}/k?versionId=${marker}`, 'elsewhere')
    expect([unreadable.status, unreadable.code]).toEqual([405, 'MethodNotAllowed'])
  })

  it('finds a source whose key is written in any way', async () => {
    const key = "a b/测+*%&?'"
    await put(key, 'found')
    const slashes = encodeURIComponent(key)
    for (const written of [slashes, slashes.replaceAll('%2F', '/')]) {
      for (const start of ['/', '']) {
        const { status } = await copy(`${start}${bucket}/${written}`, 'odd')
        expect(status).toBe(200)
      }
    }
    expect((await service.call({ method: 'GET', bucket, key: 'odd' })).text).toBe('found')
  })

  it('takes the version null of a bucket without versions', async () => {
    await put('null', 'x')
    expect((await copy(`/${bucket}/null?versionId=null`, 'of-null')).status).toBe(200)
  })

  it.each([
    ['x-oss-copy-source-if-match', 'F'.repeat(32), 412],
    ['x-oss-copy-source-if-match', '25F9E794323B453885F5181F1B624D0B', 200],
    ['x-oss-copy-source-if-none-match', '"25F9E794323B453885F5181F1B624D0B"', 304],
    ['x-oss-copy-source-if-none-match', 'none', 200],
    ['x-oss-copy-source-if-unmodified-since', 'Wed, 31 Dec 2025 23:59:59 GMT', 412],
    ['x-oss-copy-source-if-unmodified-since', 'Thu, 01 Jan 2026 00:00:00 GMT', 200],
    ['x-oss-copy-source-if-modified-since', 'Thu, 01 Jan 2026 00:00:00 GMT', 304],
    ['x-oss-copy-source-if-modified-since', 'Wed, 31 Dec 2025 23:59:59 GMT', 200],
  ])('under %s: %s is answered %i', async (name, value, status) => {
    clock.at = Date.parse('2026-01-01T00:00:00Z')
    await put('conditional', '123456789')
    const key = `copied-${name}-${value}`
    const answer = await copy(`/${bucket}/conditional`, key, { [name]: value })
    expect(answer.status).toBe(status)
    if (status === 304) expect(answer.text).toBe('')
    if (status === 412) {
      expect(answer.code).toBe('PreconditionFailed')
      const plain = name.includes('since') ? 'If-Unmodified-Since' : 'If-Match'
      expect(elementOf(answer.text, 'Condition')).toBe(plain)
    }
    expect((await head(key)).status).toBe(status === 200 ? 200 : 404)
  })

  it('refuses to replace an object where that is forbidden, itself included', async () => {
    await put('there', 'old')
    await put('new', 'new')
    const forbidden = { 'x-oss-forbid-overwrite': 'true' }
    for (const source of ['new', 'there']) {
      const answer = await copy(`/${bucket}/${source}`, 'there', forbidden)
      expect([answer.status, answer.code]).toEqual([409, 'FileAlreadyExists'])
    }
    expect((await service.call({ method: 'GET', bucket, key: 'there' })).text).toBe('old')
  })

  it.each([
    ['', 400, 'InvalidArgument'],
    ['/', 400, 'InvalidArgument'],
    [`/${bucket}`, 400, 'InvalidArgument'],
    [`/${bucket}/`, 400, 'InvalidArgument'],
    [`/${bucket}/%FF`, 400, 'InvalidArgument'],
    [`/${bucket}/%2Fkey`, 400, 'InvalidObjectName'],
    [`/${bucket}/${'k'.repeat(1024)}`, 400, 'InvalidObjectName'],
    [`/${bucket}/there?versionId=`, 400, 'InvalidArgument'],
    [`/${bucket}/there?versionId`, 400, 'InvalidArgument'],
    [`/${bucket}/there?part=1`, 400, 'InvalidArgument'],
    [`/${bucket}/there?versionId=IllegalVersion`, 400, 'InvalidArgument'],
    [`/${bucket}/there?versionId=CAEQ${'A'.repeat(60)}`, 404, 'NoSuchVersion'],
    [`/${bucket}/missing`, 404, 'NoSuchKey'],
    ['/no-such-bucket/key', 404, 'NoSuchBucket'],
  ])('refuses the source %s', async (source, status, code) => {
    await put('there', 'x')
    const answer = await copy(source, 'never')
    expect([answer.status, answer.code]).toEqual([status, code])
    expect((await head('never')).status).toBe(404)
  })

  it.each([
    ['x-oss-metadata-directive', 'MOVE', 'InvalidArgument'],
    ['x-oss-tagging-directive', 'MOVE', 'InvalidArgument'],
    ['x-oss-object-acl', 'public', 'InvalidArgument'],
    ['x-oss-storage-class', 'Warm', 'InvalidArgument'],
    ['x-oss-forbid-overwrite', 'perhaps', 'InvalidArgument'],
  ])('refuses %s: %s', async (name, value, code) => {
    await put('there', 'x')
    for (const key of ['never', 'there']) {
      const answer = await copy(`/${bucket}/there`, key, { [name]: value })
      expect([answer.status, answer.code]).toEqual([400, code])
    }
    expect((await head('never')).status).toBe(404)
  })

  it('needs the right to read the source as well as to write the copy', async () => {
    await put('secret', 'x')
    const theirs = 'bucket-of-a-stranger'
    await service.call({ method: 'PUT', bucket: theirs, as: stranger })
    const answer = await copy(`/${bucket}/secret`, 'stolen', {}, { bucket: theirs, as: stranger })
    expect([answer.status, answer.code]).toEqual([403, 'AccessDenied'])
    await put('secret', 'x', { 'x-oss-object-acl': 'public-read' })
    const allowed = await copy(`/${bucket}/secret`, 'given', {}, { bucket: theirs, as: stranger })
    expect(allowed.status).toBe(200)
    const back = await copy(`/${theirs}/given`, 'back', {}, { as: stranger })
    expect([back.status, back.code]).toEqual([403, 'AccessDenied'])
  })

  itRefusesStrangers(service, {
    method: 'PUT',
    bucket,
    key: 'k',
    headers: { 'x-oss-copy-source': `/${bucket}/source` },
  })
})
