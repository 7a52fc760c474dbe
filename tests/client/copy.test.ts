/** `copy`: by one request or in parts, proved, and leaving nothing behind when it fails. */

import { copy, nodeTransport, type Transport, TransportError } from '@lading/client/node'
import { parseFault, type ServerOptions } from '@lading/server'
import { describe, expect, test } from 'vitest'
import { BUCKET, bytesOf, KiB, randomContent, startService, tampering } from './service.ts'

const bucket = BUCKET
const source = { bucket, key: 'from/source' }
const target = { bucket: 'lading-copies', key: 'to/target' }
const inParts = { multipartThreshold: 0, partSize: 100 * KiB, parallel: 3 }

async function startCopying(options: ServerOptions = {}) {
  const service = await startService(options)
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
    onProgress: ({ copied, total }) => seen.push(copied / (total ?? 0)),
  }).done

  const { body, ...head } = await client.getObject(target)
  const { tagging, ...headers } = attributes
  expect(Buffer.compare(await bytesOf(body), content)).toBe(0)
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
  }).done

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

  const copying = copy(client, source, target, { ...options, forbidOverwrite: true }).done

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

  const copying = copy(client, source, target, { ...inParts, parallel: 1 }).done

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

  const copying = copy(client, source, target, inParts).done

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
  }).done

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

  const result = await copy(client, source, target, { ...options, forbidOverwrite: true }).done

  expect(lost).toBeGreaterThan(0)
  expect(result.hashCrc64ecma).toBe(put.hashCrc64ecma)
})

test('one version is copied by its id, and an appended object whole', async () => {
  const { client, put, content } = await startCopying()
  await client.putBucketVersioning({ bucket, versioning: 'Enabled' })
  const second = await client.putObject({ ...source, body: 'second' })
  await client.putObject({ ...source, body: 'third' })

  await copy(client, { ...source, versionId: second.versionId }, target, inParts).done
  expect((await client.headObject(target)).size).toBe(6)
  const first = await copy(client, { ...source, versionId: 'null' }, target, inParts).done
  expect(first).toMatchObject({ hashCrc64ecma: put.hashCrc64ecma, size: content.length })

  const log = { bucket: target.bucket, key: 'log' }
  await client.appendObject({ ...log, position: 0, body: 'line' })
  const whole = await copy(client, log, { ...target, key: 'log copy' }, inParts).done
  expect(whole).toMatchObject({ parts: 0, size: 4, verified: ['crc64'] })
})

test('what is no longer than the threshold is copied by one request, and what is longer in parts', async () => {
  const { client, content } = await startCopying()
  const { length } = content
  const whole = await copy(client, source, target, { multipartThreshold: length }).done
  const cut = await copy(client, source, target, { multipartThreshold: length - 1 }).done
  expect([whole.parts, cut.parts]).toEqual([0, 1])
})

test.each([
  ['by one request', {}],
  ['in parts', inParts],
])('directives say what is the copy, whatever else is given, %s', async (_, options) => {
  const { client, attributes } = await startCopying()
  const { tagging, ...headers } = attributes
  const copied = { ...target, key: 'copied' }
  const replaced = { ...target, key: 'replaced' }

  await copy(client, source, copied, {
    ...options,
    metadata: { who: 'else' },
    tagging: { kind: 'else' },
    metadataDirective: 'COPY',
    taggingDirective: 'COPY',
  }).done
  await copy(client, source, replaced, {
    ...options,
    metadataDirective: 'REPLACE',
    taggingDirective: 'REPLACE',
  }).done

  expect(await client.headObject(copied)).toMatchObject(headers)
  expect((await client.getObjectTagging(copied)).tagging).toEqual(tagging)
  expect(await client.headObject(replaced)).toMatchObject({ cacheControl: undefined, metadata: {} })
  expect((await client.getObjectTagging(replaced)).tagging).toEqual({})
})

describe.each([
  ['by one request', {}],
  ['in parts', inParts],
])('a key that is taken, and a copy %s', (_, options) => {
  test('is skipped, and keeps its object', async () => {
    const { client } = await startCopying()
    await client.putObject({ ...target, body: 'kept' })
    const result = await copy(client, source, target, { ...options, onExists: 'skip' }).done
    expect(result).toMatchObject({ skipped: true, size: 4, parts: 0, verified: [] })
    expect((await client.headObject(target)).size).toBe(4)
  })

  test('fails, and keeps its object', async () => {
    const { client } = await startCopying()
    await client.putObject({ ...target, body: 'kept' })
    const { done } = copy(client, source, target, { ...options, onExists: 'fail' })
    await expect(done).rejects.toMatchObject({ code: 'FileAlreadyExists' })
    expect((await client.headObject(target)).size).toBe(4)
  })

  test('is skipped where it has the same bytes, and else overwritten', async () => {
    const { client, put, count } = await startCopying()
    await client.putObject({ ...target, body: 'other' })
    const first = await copy(client, source, target, { ...options, onExists: 'skip-if-same' }).done
    const second = await copy(client, source, target, { ...options, onExists: 'skip-if-same' }).done
    expect(first).toMatchObject({ skipped: false, hashCrc64ecma: put.hashCrc64ecma })
    expect(second).toMatchObject({ skipped: true, verified: ['crc64'], etag: first.etag })
    expect(await count(first.parts === 0 ? 'CopyObject' : 'InitiateMultipartUpload', 1)).toBe(1)
  })

  test('is skipped though it was free when the copy began, and no parts stay', async () => {
    const { client: owner, connect } = await startCopying()
    const usual = nodeTransport()
    let heads = 0
    const transport: Transport = {
      async exchange(request, options) {
        const response = await usual.exchange(request, options)
        heads += request.method === 'HEAD' ? 1 : 0
        const isTarget = request.method === 'HEAD' && heads === 2
        if (isTarget) await owner.putObject({ ...target, body: 'kept' })
        return response
      },
      close: () => usual.close(),
    }
    const given = { ...options, onExists: 'skip' } as const
    const result = await copy(connect({ transport }), source, target, given).done
    expect(result).toMatchObject({ skipped: true, size: 4 })
    expect((await owner.listMultipartUploads({ bucket: target.bucket })).uploads).toEqual([])
  })
})

describe('the handle of a copy', () => {
  test('pauses: no part is copied any more, until it goes on to the end', async () => {
    const { client, content, count } = await startCopying()
    let isPaused: Promise<void> | undefined
    const handle = copy(client, source, target, {
      ...inParts,
      parallel: 1,
      onProgress: ({ copied }) => {
        if (copied > 0) isPaused ??= handle.pause()
      },
    })
    while (!isPaused) await new Promise((resolve) => setImmediate(resolve))
    await isPaused
    expect(handle.state).toBe('paused')
    const { uploadId = '', progress } = handle
    const held = (await client.listParts({ ...target, uploadId })).parts.length
    expect(progress).toEqual({ copied: 100 * KiB, total: content.length })
    expect(await count('UploadPartCopy', held)).toBeLessThanOrEqual(2)

    handle.resume()
    expect(await handle.done).toMatchObject({ parts: 5, uploadId })
    expect(handle.state).toBe('completed')
  })

  test('aborts: nothing is under way any more, and no parts stay', async () => {
    const { client } = await startCopying()
    const handle = copy(client, source, target, {
      ...inParts,
      onProgress: ({ copied }) => {
        if (copied > 0) void handle.abort()
      },
    })
    await expect(handle.done).rejects.toMatchObject({ name: 'AbortError' })
    await handle.abort()
    expect(handle.state).toBe('aborted')
    expect((await client.listMultipartUploads({ bucket: target.bucket })).uploads).toEqual([])
    await expect(client.headObject(target)).rejects.toMatchObject({ code: 'NoSuchKey' })
  })
})

test('a copy whose Initiate was not answered leaves no upload behind', async () => {
  const { client } = await startCopying({
    faults: [parseFault('InitiateMultipartUpload,nth=1,cut=answer')],
  })
  await copy(client, source, target, inParts).done
  expect((await client.listMultipartUploads({ bucket: target.bucket })).uploads).toEqual([])
})

test('options that make no sense are refused', async () => {
  const { client } = await startCopying()
  expect(() => copy(client, source, target, { parallel: 0 })).toThrow(RangeError)
  expect(() => copy(client, source, target, { partSize: 1 })).toThrow(RangeError)
  expect(() =>
    copy(client, source, target, { onExists: 'overwrite', forbidOverwrite: true }),
  ).toThrow(RangeError)
})
