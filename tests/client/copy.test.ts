/** `copy`: by one request or in parts, proved, and leaving nothing behind when it fails. */

import { copy, nodeTransport, TransportError } from '@lading/client/node'
import { expect, test } from 'vitest'
import { BUCKET, bytesOf, KiB, randomContent, startService, tampering } from './service.ts'

const bucket = BUCKET
const source = { bucket, key: 'from/source' }
const target = { bucket: 'lading-copies', key: 'to/target' }
const inParts = { multipartThreshold: 0, partSize: 100 * KiB, parallel: 3 }

async function startCopying() {
  const service = await startService()
  await service.client.putBucket({ bucket: target.bucket })
  const content = randomContent(450 * KiB)
  const attributes = {
    contentType: 'text/x-test',
    cacheControl: 'no-cache',
    metadata: { who: 'häns' },
    tagging: { kind: 'film' },
  }
  const put = await service.client.putObject({ ...source, ...attributes, body: content })
  return { ...service, content, put, attributes }
}

test.each([
  ['by one request', {}, 0],
  ['in parts', inParts, 5],
])('an object is copied %s, with all that is said of it, and proved', async (_, options, parts) => {
  const { client, content, put, attributes } = await startCopying()
  const seen: number[] = []

  const result = await copy(client, source, target, {
    ...options,
    onProgress: ({ copied, total }) => seen.push(copied / total),
  })

  const { body, ...head } = await client.getObject(target)
  const { tagging, ...headers } = attributes
  expect(await bytesOf(body)).toEqual(Buffer.from(content))
  expect(head).toMatchObject(headers)
  expect((await client.getObjectTagging(target)).tagging).toEqual(tagging)
  expect(result).toMatchObject({ parts, size: content.length, hashCrc64ecma: put.hashCrc64ecma })
  expect(result.verified).toContain('crc64')
  expect(seen.at(-1)).toBe(1)
  expect(seen).toEqual([...seen].sort((left, right) => left - right))
})

test.each([
  ['by one request', {}],
  ['in parts', inParts],
])('what is given for the copy replaces what the source has, %s', async (_, options) => {
  const { client } = await startCopying()

  await copy(client, source, target, {
    ...options,
    metadata: { who: 'else' },
    tagging: { kind: 'copy' },
    storageClass: 'IA',
    acl: 'public-read',
  })

  expect(await client.headObject(target)).toMatchObject({
    contentType: 'text/x-test',
    cacheControl: undefined,
    metadata: { who: 'else' },
    storageClass: 'IA',
  })
  expect((await client.getObjectTagging(target)).tagging).toEqual({ kind: 'copy' })
  expect((await client.getObjectAcl(target)).acl).toBe('public-read')
})

test.each([
  ['by one request', {}],
  ['in parts', inParts],
])('a key that is taken is not overwritten when that is forbidden, %s', async (_, options) => {
  const { client } = await startCopying()
  await client.putObject({ ...target, body: 'kept' })

  const copying = copy(client, source, target, { ...options, forbidOverwrite: true })

  await expect(copying).rejects.toMatchObject({ code: 'FileAlreadyExists' })
  expect((await client.headObject(target)).size).toBe(4)
  expect((await client.listMultipartUploads({ bucket: target.bucket })).uploads).toEqual([])
})

test('a source that is replaced in the middle is refused, and no parts stay', async () => {
  const { client: owner, connect } = await startCopying()
  const transport = nodeTransport()
  const client = connect({
    transport: {
      async exchange(request, options) {
        const response = await transport.exchange(request, options)
        if (request.path.includes('partNumber=2')) {
          await owner.putObject({ ...source, body: randomContent(450 * KiB) })
        }
        return response
      },
      close: () => transport.close(),
    },
  })

  const copying = copy(client, source, target, { ...inParts, parallel: 1 })

  await expect(copying).rejects.toMatchObject({ code: 'PreconditionFailed' })
  expect((await owner.listMultipartUploads({ bucket: target.bucket })).uploads).toEqual([])
  await expect(owner.headObject(target)).rejects.toMatchObject({ code: 'NoSuchKey' })
})

test('parts that the service copied wrongly never become an object', async () => {
  const { client: owner, connect } = await startCopying()
  const client = connect({
    transport: tampering((request, response) => {
      if (!request.path.includes('partNumber=2')) return response
      return { ...response, headers: new Map(response.headers).set('x-oss-hash-crc64ecma', '1') }
    }),
  })

  const copying = copy(client, source, target, inParts)

  await expect(copying).rejects.toMatchObject({ name: 'IntegrityError', subject: 'object' })
  await expect(owner.headObject(target)).rejects.toMatchObject({ code: 'NoSuchKey' })
  expect((await owner.listMultipartUploads({ bucket: target.bucket })).uploads).toEqual([])
})

test('an abort ends the copy and frees its parts', async () => {
  const { client } = await startCopying()
  const controller = new AbortController()
  const reason = new Error('enough')

  const copying = copy(client, source, target, {
    ...inParts,
    parallel: 1,
    signal: controller.signal,
    onProgress: () => controller.abort(reason),
  })

  await expect(copying).rejects.toBe(reason)
  expect((await client.listMultipartUploads({ bucket: target.bucket })).uploads).toEqual([])
})

test.each([
  ['CopyObject', {}, 'to/target'],
  ['Complete', inParts, 'uploadId='],
])('a lost answer to %s is found to have been success', async (_, options, marker) => {
  const { connect, put } = await startCopying()
  let lost = 0
  const client = connect({
    transport: tampering((request, response) => {
      const isLast = request.path.includes(marker) && !request.path.includes('partNumber')
      if (isLast && request.method !== 'HEAD' && lost++ === 0) throw new TransportError('lost')
      return response
    }),
  })

  const result = await copy(client, source, target, { ...options, forbidOverwrite: true })

  expect(lost).toBeGreaterThan(0)
  expect(result.hashCrc64ecma).toBe(put.hashCrc64ecma)
})

test('one version is copied by its id, and an appended object whole', async () => {
  const { client, put, content } = await startCopying()
  await client.putBucketVersioning({ bucket, versioning: 'Enabled' })
  const second = await client.putObject({ ...source, body: 'second' })
  await client.putObject({ ...source, body: 'third' })

  await copy(client, { ...source, versionId: second.versionId }, target, inParts)
  expect((await client.headObject(target)).size).toBe(6)
  const first = await copy(client, { ...source, versionId: 'null' }, target, inParts)
  expect(first).toMatchObject({ hashCrc64ecma: put.hashCrc64ecma, size: content.length })

  const log = { bucket: target.bucket, key: 'log' }
  await client.appendObject({ ...log, position: 0, body: 'line' })
  const whole = await copy(client, log, { ...target, key: 'log copy' }, inParts)
  expect(whole).toMatchObject({ parts: 0, size: 4, verified: ['crc64'] })
})

test('options that make no sense are refused', async () => {
  const { client } = await startCopying()
  await expect(copy(client, source, target, { parallel: 0 })).rejects.toThrow(RangeError)
  await expect(copy(client, source, target, { partSize: 1 })).rejects.toThrow(RangeError)
})
