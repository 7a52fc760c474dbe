/** What an upload does about an object that its key has already. */

import { nodeTransport, type OnExists, upload } from '@lading/client/node'
import { describe, expect, test } from 'vitest'
import { BUCKET, bytesOf, KiB, randomContent, type Service, startService } from './service.ts'

const target = { bucket: BUCKET, key: 'key' }
const content = randomContent(250 * KiB)
const ways = [
  ['in parts', { partSize: 100 * KiB }],
  ['by one request', { multipartThreshold: 300 * KiB }],
] as const

async function stored({ client }: Service): Promise<Buffer> {
  const { body } = await client.getObject(target)
  return bytesOf(body)
}

describe.each(ways)('%s', (_, options) => {
  test('a free key is used, whatever is said of taken ones', async () => {
    for (const onExists of ['overwrite', 'skip', 'fail', 'skip-if-same'] as const) {
      const service = await startService()
      const result = await upload(service.client, content, target, { ...options, onExists }).done
      expect(result.skipped).toBe(false)
      expect(Buffer.compare(await stored(service), content)).toBe(0)
    }
  })

  test('a taken key is overwritten by default', async () => {
    const service = await startService()
    await service.client.putObject({ ...target, body: 'old' })
    const { skipped } = await upload(service.client, content, target, options).done
    expect(skipped).toBe(false)
    expect(Buffer.compare(await stored(service), content)).toBe(0)
  })

  test('a taken key fails, and keeps its object', async () => {
    const service = await startService()
    await service.client.putObject({ ...target, body: 'old' })
    const { done } = upload(service.client, content, target, { ...options, onExists: 'fail' })
    await expect(done).rejects.toMatchObject({ code: 'FileAlreadyExists' })
    expect((await stored(service)).toString()).toBe('old')
  })

  test('a taken key is skipped, and nothing is sent', async () => {
    const service = await startService()
    const { etag } = await service.client.putObject({ ...target, body: 'old' })
    const uploading = upload(service.client, content, target, { ...options, onExists: 'skip' })
    expect(await uploading.done).toMatchObject({ skipped: true, etag, size: 3, verified: [] })
    expect(await service.count('PutObject', 1)).toBe(1)
    expect((await stored(service)).toString()).toBe('old')
  })

  test('the same bytes are skipped, and others are overwritten', async () => {
    const service = await startService()
    const onExists: OnExists = 'skip-if-same'
    await service.client.putObject({ ...target, body: content })

    const same = upload(service.client, content, target, { ...options, onExists })
    expect(await same.done).toMatchObject({ skipped: true, verified: ['crc64'] })
    expect(same.progress).toMatchObject({ loaded: content.length, total: content.length })
    expect(await service.count('PutObject', 1)).toBe(1)

    const changed = Uint8Array.from(content)
    changed[7] = (content[7] ?? 0) ^ 1
    const other = upload(service.client, changed, target, { ...options, onExists })
    expect((await other.done).skipped).toBe(false)
    expect(Buffer.compare(await stored(service), changed)).toBe(0)
  })
})

test('somebody who was faster is left alone, and no parts stay', async () => {
  const service = await startService()
  const transport = nodeTransport()
  const client = service.connect({
    transport: {
      async exchange(request, options) {
        if (request.path.includes('partNumber=2')) {
          await service.client.putObject({ ...target, body: 'faster' })
        }
        return transport.exchange(request, options)
      },
      close: () => transport.close(),
    },
  })

  const { done } = upload(client, content, target, {
    partSize: 100 * KiB,
    parallel: 1,
    onExists: 'skip',
  })

  expect(await done).toMatchObject({ skipped: true, size: 6, parts: 0 })
  expect((await stored(service)).toString()).toBe('faster')
  expect((await service.client.listMultipartUploads({ bucket: BUCKET })).uploads).toEqual([])
})

test('what may not overwrite says so when it is begun and when it is completed', async () => {
  const service = await startService()
  const transport = nodeTransport()
  const forbids: unknown[] = []
  const client = service.connect({
    transport: {
      exchange(request, options) {
        if (request.method === 'POST') forbids.push(request.headers.get('x-oss-forbid-overwrite'))
        return transport.exchange(request, options)
      },
      close: () => transport.close(),
    },
  })
  const partSize = 100 * KiB

  await upload(client, content, target, { partSize, onExists: 'fail' }).done
  await upload(client, content, { ...target, key: 'other' }, { partSize, onExists: 'skip' }).done
  await upload(client, content, target, { partSize }).done

  expect(forbids).toEqual(['true', 'true', 'true', 'true', undefined, undefined])
})

test('what cannot be is refused at once', async () => {
  const { client } = await startService()
  const start = (options: object) => upload(client, content, target, options)
  expect(() => start({ onExists: 'sometimes' })).toThrow(RangeError)
  expect(() => start({ onExists: 'overwrite', forbidOverwrite: true })).toThrow(RangeError)
  const stream = new Blob([content]).stream()
  const { done } = upload(client, stream, target, { onExists: 'skip-if-same' })
  await expect(done).rejects.toThrow(TypeError)
})

test.each(ways)('an upload %s brings what is said of its object', async (_, options) => {
  const { client } = await startService()
  await upload(client, content, target, {
    ...options,
    contentType: 'video/mp4',
    metadata: { who: 'häns' },
    tagging: { kind: 'film' },
    storageClass: 'IA',
    acl: 'public-read',
  }).done

  expect(await client.headObject(target)).toMatchObject({
    contentType: 'video/mp4',
    metadata: { who: 'häns' },
    storageClass: 'IA',
  })
  expect((await client.getObjectTagging(target)).tagging).toEqual({ kind: 'film' })
  expect((await client.getObjectAcl(target)).acl).toBe('public-read')
})
