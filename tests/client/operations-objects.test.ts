/** Copies, appends, deletions, tags, ACLs, links, archives, versions, forms: one round trip of each. */

import { type OssClient, TransportError } from '@lading/client/node'
import { crc64 } from '@lading/protocol'
import { expect, test } from 'vitest'
import { BUCKET, bytesOf, KiB, randomContent, startService, tampering } from './service.ts'

const bucket = BUCKET

async function textOf(client: OssClient, key: string, versionId?: string): Promise<string> {
  const { body } = await client.getObject({ bucket, key, versionId })
  return (await bytesOf(body)).toString()
}

test('a copy has the bytes of its source, and its metadata unless other is given', async () => {
  const { client } = await startService()
  const source = { bucket, key: 'from/ü+%?.txt' }
  const put = await client.putObject({
    ...source,
    body: 'bytes',
    contentType: 'text/plain',
    metadata: { who: 'häns' },
    tagging: { a: '1' },
  })

  const plain = await client.copyObject({ bucket, key: 'plain', source })
  await client.copyObject({
    bucket,
    key: 'other',
    source,
    metadata: { who: 'else' },
    tagging: { b: '2' },
  })

  expect(plain).toMatchObject({ etag: put.etag, hashCrc64ecma: put.hashCrc64ecma, status: 200 })
  expect(plain.lastModified).toBeInstanceOf(Date)
  expect(await client.headObject({ bucket, key: 'plain' })).toMatchObject({
    contentType: 'text/plain',
    metadata: { who: 'häns' },
  })
  expect(await client.headObject({ bucket, key: 'other' })).toMatchObject({
    metadata: { who: 'else' },
  })
  expect((await client.getObjectTagging({ bucket, key: 'plain' })).tagging).toEqual({ a: '1' })
  expect((await client.getObjectTagging({ bucket, key: 'other' })).tagging).toEqual({ b: '2' })
})

test('a copy happens only if its source is as the conditions say, and the key is free', async () => {
  const { client } = await startService()
  const source = { bucket, key: 'source' }
  const { etag } = await client.putObject({ ...source, body: 'bytes' })
  const target = { bucket, key: 'target', source }

  const refused = client.copyObject({ ...target, conditions: { ifMatch: 'OTHER' } })
  await expect(refused).rejects.toMatchObject({ code: 'PreconditionFailed', status: 412 })
  const same = client.copyObject({ ...target, conditions: { ifNoneMatch: etag } })
  await expect(same).rejects.toMatchObject({ code: 'NotModified', status: 304 })
  await client.copyObject({ ...target, conditions: { ifMatch: etag } })
  const again = client.copyObject({ ...target, forbidOverwrite: true })
  await expect(again).rejects.toMatchObject({ code: 'FileAlreadyExists' })
  const missing = client.copyObject({ ...target, source: { bucket, key: 'none' } })
  await expect(missing).rejects.toMatchObject({ code: 'NoSuchKey' })
})

test('parts are copied out of ranges of an object', async () => {
  const { client } = await startService()
  const source = { bucket, key: 'source' }
  const content = randomContent(200 * KiB)
  await client.putObject({ ...source, body: content })
  const target = { bucket, key: 'joined' }
  const { uploadId } = await client.initiateMultipartUpload(target)

  const one = await client.uploadPartCopy({
    ...target,
    uploadId,
    partNumber: 1,
    source,
    range: { start: 100 * KiB, end: 200 * KiB - 1 },
  })
  const two = await client.uploadPartCopy({ ...target, uploadId, partNumber: 2, source })
  await client.completeMultipartUpload({
    ...target,
    uploadId,
    parts: [
      { partNumber: 1, etag: one.etag },
      { partNumber: 2, etag: two.etag },
    ],
  })

  const { body } = await client.getObject(target)
  expect(
    Buffer.compare(await bytesOf(body), Buffer.concat([content.subarray(100 * KiB), content])),
  ).toBe(0)
  expect(one.hashCrc64ecma).toBe(crc64(content.subarray(100 * KiB)))
  const senseless = { start: 5, end: 4 }
  await expect(
    client.uploadPartCopy({ ...target, uploadId, partNumber: 1, source, range: senseless }),
  ).rejects.toThrow(RangeError)
})

test('an object grows by what is appended, and is proved as a whole', async () => {
  const { client } = await startService()
  const target = { bucket, key: 'log' }

  const first = await client.appendObject({
    ...target,
    position: 0,
    body: 'one ',
    contentType: 'text/plain',
  })
  const second = await client.appendObject({
    ...target,
    position: first.nextAppendPosition,
    hashCrc64ecma: first.hashCrc64ecma,
    body: 'two',
  })

  expect(second.nextAppendPosition).toBe(7)
  expect(await textOf(client, 'log')).toBe('one two')
  const late = client.appendObject({ ...target, position: 4, body: 'two' })
  await expect(late).rejects.toMatchObject({ code: 'PositionNotEqualToLength', status: 409 })
  const wrong = client.appendObject({ ...target, position: 7, hashCrc64ecma: 1n, body: '!' })
  await expect(wrong).rejects.toMatchObject({ name: 'IntegrityError', subject: 'object' })
})

test('an append whose answer is lost is found to have happened, and is not made twice', async () => {
  const { client: owner, connect } = await startService()
  let lost = 0
  const client = connect({
    transport: tampering((request, response) => {
      if (request.method === 'POST' && lost++ === 0) throw new TransportError('lost')
      return response
    }),
  })
  const target = { bucket, key: 'log' }

  const answer = await client.appendObject({ ...target, position: 0, body: 'once' })

  expect(answer).toMatchObject({ nextAppendPosition: 4, hashCrc64ecma: crc64(Buffer.from('once')) })
  expect(await textOf(owner, 'log')).toBe('once')
})

test('many objects are deleted by one request', async () => {
  const { client } = await startService()
  const keys = ['a', 'b & <c>', 'd\u0001', ' blank ']
  for (const key of keys) await client.putObject({ bucket, key, body: key })

  const { deleted } = await client.deleteMultipleObjects({ bucket, objects: [...keys, 'never'] })
  const quiet = await client.deleteMultipleObjects({ bucket, objects: ['a'], quiet: true })

  expect(deleted.map(({ key }) => key)).toEqual([...keys, 'never'])
  expect(quiet.deleted).toEqual([])
  expect((await client.listObjectsV2({ bucket })).contents).toEqual([])
  await expect(client.deleteMultipleObjects({ bucket, objects: [] })).rejects.toThrow(RangeError)
})

test('the tags and the ACL of an object are set, read and deleted', async () => {
  const { client } = await startService()
  const target = { bucket, key: 'object' }
  await client.putObject({ ...target, body: 'x', acl: 'private' })

  await client.putObjectTagging({ ...target, tagging: { kind: 'film', year: '1927' } })
  expect((await client.getObjectTagging(target)).tagging).toEqual({ kind: 'film', year: '1927' })
  expect(await client.deleteObjectTagging(target)).toMatchObject({ status: 204 })
  expect((await client.getObjectTagging(target)).tagging).toEqual({})

  expect((await client.getObjectAcl(target)).acl).toBe('private')
  await client.putObjectAcl({ ...target, acl: 'public-read' })
  expect((await client.getObjectAcl(target)).acl).toBe('public-read')
})

test('a link leads to another key of any name', async () => {
  const { client } = await startService()
  const symlinkTarget = 'films/ä b+%.mov'
  await client.putObject({ bucket, key: symlinkTarget, body: 'the film' })

  await client.putSymlink({ bucket, key: 'latest', symlinkTarget, metadata: { by: 'me' } })

  expect(await client.getSymlink({ bucket, key: 'latest' })).toMatchObject({
    symlinkTarget,
    metadata: { by: 'me' },
  })
  expect(await textOf(client, 'latest')).toBe('the film')
  await expect(client.getSymlink({ bucket, key: symlinkTarget })).rejects.toMatchObject({
    code: 'NotSymlink',
  })
})

test('an archived object is restored once', async () => {
  const { client } = await startService()
  const target = { bucket, key: 'old' }
  await client.putObject({ ...target, body: 'x', storageClass: 'ColdArchive' })

  await expect(client.getObject(target)).rejects.toMatchObject({ code: 'InvalidObjectState' })
  expect(await client.restoreObject({ ...target, days: 2, tier: 'Bulk' })).toMatchObject({
    status: 202,
    begun: true,
  })
  await expect(client.restoreObject(target)).rejects.toMatchObject({
    code: 'RestoreAlreadyInProgress',
  })
})

test('every version is read, copied and deleted by its id, and listed over all pages', async () => {
  const { client } = await startService()
  const target = { bucket, key: 'versioned' }
  await client.putBucketVersioning({ bucket, versioning: 'Enabled' })
  const one = await client.putObject({ ...target, body: 'one' })
  const two = await client.putObject({ ...target, body: 'two' })
  const marker = await client.deleteObject(target)

  expect(marker).toMatchObject({ deleteMarker: true, versionId: expect.any(String) })
  expect(await textOf(client, target.key, one.versionId)).toBe('one')
  expect(await client.headObject({ ...target, versionId: two.versionId })).toMatchObject({
    etag: two.etag,
    versionId: two.versionId,
  })
  const copied = await client.copyObject({
    bucket,
    key: 'copy',
    source: { ...target, versionId: one.versionId },
  })
  expect(copied.sourceVersionId).toBe(one.versionId)
  expect(await textOf(client, 'copy')).toBe('one')

  const listed: string[] = []
  const pages = client.listObjectVersionsPages({ bucket, prefix: 'versioned', maxKeys: 2 })
  for await (const page of pages) {
    listed.push(...page.versions.map(({ kind, versionId }) => `${kind} ${versionId}`))
  }
  expect(listed).toEqual([
    `marker ${marker.versionId}`,
    `object ${two.versionId}`,
    `object ${one.versionId}`,
  ])

  const { deleted } = await client.deleteMultipleObjects({
    bucket,
    objects: [{ key: target.key, versionId: marker.versionId }],
  })
  expect(deleted).toMatchObject([{ versionId: marker.versionId, deleteMarker: true }])
  expect(await textOf(client, target.key)).toBe('two')
})

test.each(['v1', 'v4'] as const)(
  'a form signed by %s stores what it allows, and nothing else',
  async (signatureVersion) => {
    const { client: owner, connect } = await startService()
    const client = connect({ signatureVersion })
    const { url, fields, expiration } = await client.signPostPolicy({
      bucket,
      keyPrefix: 'uploads/',
      contentLength: { min: 1, max: 10 },
      fields: { 'x-oss-object-acl': 'private' },
    })
    const post = (key: string, content: string): Promise<Response> => {
      const form = new FormData()
      for (const [name, value] of Object.entries({ ...fields, key })) form.append(name, value)
      form.append('file', new Blob([content]), 'name.txt')
      return fetch(url, { method: 'POST', body: form })
    }

    expect((await post('uploads/a', 'content')).status).toBe(204)
    expect((await post('elsewhere/a', 'content')).status).toBe(403)
    expect((await post('uploads/b', 'far too much')).status).toBe(400)
    expect(await textOf(owner, 'uploads/a')).toBe('content')
    expect(expiration.getTime()).toBeGreaterThan(Date.now())
  },
)

test.each(['v1', 'v4'] as const)(
  'URLs of operations on buckets and the service are signed by %s as well',
  async (signatureVersion) => {
    const { connect } = await startService()
    const client = connect({ signatureVersion })

    const acl = await client.presign({ method: 'GET', bucket, query: { acl: '' } })
    const buckets = await client.presign({ method: 'GET' })

    expect(await (await fetch(acl.url)).text()).toContain('<Grant>private</Grant>')
    expect(await (await fetch(buckets.url)).text()).toContain(`<Name>${bucket}</Name>`)
    await expect(client.presign({ method: 'GET', key: 'k' })).rejects.toThrow(TypeError)
  },
)
