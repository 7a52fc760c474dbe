import { createDecipheriv } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ObjectEncryption } from '../ports/metadata-store.ts'
import {
  blobIds,
  filled,
  gather,
  initiate,
  LEAST,
  noAttributes,
  openStore,
  refusalOf,
  streamOf,
} from './store-samples.contract.ts'

const encryptions: readonly ObjectEncryption[] = [
  { algorithm: 'AES256' },
  { algorithm: 'SM4' },
  { algorithm: 'KMS' },
  { algorithm: 'KMS', keyId: 'k'.repeat(3000) },
  { algorithm: 'KMS', dataAlgorithm: 'SM4', keyId: 'key' },
]

const put = {
  bucket: 'photos',
  key: 'cat.jpg',
  forbidOverwrite: false,
  expected: {},
}

describe.each(encryptions)('encryption as %o', (encryption) => {
  const attributes = { ...noAttributes, encryption }

  test('gives back any range of an object, in one piece or in parts', async () => {
    const { store } = await openStore()
    const whole = filled(70_003, 1)
    await store.putObject({ ...put, attributes, bytes: streamOf(whole, 1009) })
    const parts = [filled(LEAST + 7, 2), filled(LEAST, 3), filled(33, 4)]
    const { bucket, uploadId } = await store.initiateUpload({ ...put, key: 'parts', attributes })
    const upload = { bucket, key: 'parts', uploadId }
    for (const [index, part] of parts.entries()) {
      const bytes = streamOf(part, 4001)
      await store.putPart({ upload, partNumber: index + 1, bytes, expected: {} })
    }
    await store.completeUpload({ upload, parts: 'all', forbidOverwrite: false })

    for (const [key, plain] of [
      ['cat.jpg', whole],
      ['parts', Buffer.concat(parts)],
    ] as const) {
      const reader = await store.openObject('photos', key)
      const offsets = fc.integer({ min: 0, max: plain.length })
      await fc.assert(
        fc.asyncProperty(offsets, offsets, async (one, other) => {
          const [from, to] = [Math.min(one, other), Math.max(one, other)]
          const range = { offset: from, length: to - from }
          const bytes = await gather(reader.read(range))
          expect(Buffer.compare(bytes, plain.subarray(from, to))).toBe(0)
        }),
        // Every class of an offset within a block, and both sides of a part's end.
        {
          numRuns: 60,
          examples: [
            ...Array.from({ length: 17 }, (_, at): [number, number] => [at, at + 40]),
            [LEAST - 3, LEAST + 20],
            [plain.length, plain.length],
          ].filter(([, to = 0]) => to <= plain.length) as [number, number][],
        },
      )
      reader.release()
    }
  })

  test('leaves nothing in the blobs that is like the bytes, and no two blobs alike', async () => {
    const opened = await openStore()
    const zeros = new Uint8Array(4096)
    for (const key of ['a', 'b']) {
      await opened.store.putObject({ ...put, key, attributes, bytes: streamOf(zeros) })
    }
    const stored: Buffer[] = []
    for (const id of await blobIds(opened)) {
      stored.push(Buffer.from(await gather(opened.blobs.read(id, { offset: 0, length: 4096 }))))
    }
    const [one, other] = stored
    if (!one || !other) expect.fail('There are two blobs.')
    for (const blob of stored) expect(blob.indexOf(Buffer.alloc(8))).toBe(-1)
    expect(one.equals(other)).toBe(false)
    expect(one.subarray(0, 16).equals(one.subarray(16, 32))).toBe(false)
  })

  test('keeps the sums of the plain bytes', async () => {
    const { store } = await openStore()
    const bytes = (): AsyncIterable<Uint8Array> => streamOf('123456789')
    const object = await store.putObject({ ...put, attributes, bytes: bytes() })
    expect(object).toMatchObject({ crc64: 11051210869376104954n, size: 9 })
    expect(object.etag).toBe('25F9E794323B453885F5181F1B624D0B')
    expect(object.attributes.encryption).toMatchObject(encryption)
  })
})

test('the key of a blob is of the master key and the blob alone, in the form that is documented', async () => {
  const opened = await openStore()
  const attributes = { ...noAttributes, encryption: { algorithm: 'AES256' } }
  await opened.store.putObject({ ...put, attributes, bytes: streamOf('plain text') })
  const [id] = await blobIds(opened)
  if (!id) expect.fail('There is a blob.')
  const sealed = await gather(opened.blobs.read(id, { offset: 0, length: 10 }))
  const { createHash, hkdfSync } = await import('node:crypto')
  const info = createHash('sha256').update('lading ["blob","AES256","",""]').digest()
  const key = hkdfSync('sha256', new Uint8Array(32).fill(7), Buffer.from(id, 'hex'), info, 32)
  const decipher = createDecipheriv('aes-256-ctr', Buffer.from(key), Buffer.alloc(16))
  expect(decipher.update(sealed).toString()).toBe('plain text')
})

test('an object says nothing of encryption unless it or its bucket is to be encrypted', async () => {
  const { store } = await openStore()
  const plain = await store.putObject({ ...put, attributes: noAttributes, bytes: streamOf('x') })
  expect(plain.attributes).not.toHaveProperty('encryption')
  const rule =
    '<ServerSideEncryptionRule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>SM4</SSEAlgorithm></ApplyServerSideEncryptionByDefault></ServerSideEncryptionRule>'
  await store.putBucketSetting('photos', 'encryption', rule)
  const ruled = await store.putObject({ ...put, attributes: noAttributes, bytes: streamOf('x') })
  expect(ruled.attributes.encryption).toMatchObject({ algorithm: 'SM4' })
  const upload = await initiate(store)
  const part = { upload, partNumber: 1, bytes: streamOf('x'), expected: {} }
  expect((await store.putPart(part)).encryption).toMatchObject({ algorithm: 'SM4' })
  const attributes = { ...noAttributes, encryption: { algorithm: 'AES256' } }
  const own = await store.putObject({ ...put, attributes, bytes: streamOf('x') })
  expect(own.attributes.encryption).toMatchObject({ algorithm: 'AES256' })
})

test('under another master key nothing is read, and nothing wrong', async () => {
  const opened = await openStore()
  const attributes = { ...noAttributes, encryption: { algorithm: 'AES256' } }
  await opened.store.putObject({ ...put, attributes, bytes: streamOf('plain text') })
  await opened.metadata.updateObject({ bucket: 'photos', key: 'cat.jpg' }, (object) => ({
    ...object,
    attributes: {
      ...object.attributes,
      encryption: { algorithm: 'AES256', masterKeyId: '0011223344556677' },
    },
  }))
  const reader = await opened.store.openObject('photos', 'cat.jpg')
  await expect(gather(reader.read({ offset: 0, length: 10 }))).rejects.toThrow('master key')
  reader.release()
})

test('an append is refused where the object was replaced by one that is encrypted otherwise', async () => {
  const { store } = await openStore()
  const append = (
    bytes: AsyncIterable<Uint8Array>,
    encryption?: ObjectEncryption,
  ): Promise<unknown> =>
    store.appendObject({
      bucket: 'photos',
      key: 'log',
      position: 0,
      attributes: () => ({ ...noAttributes, ...(encryption && { encryption }) }),
      acl: undefined,
      bytes,
      declaredLength: undefined,
      expected: {},
    })
  async function* late(): AsyncGenerator<Uint8Array> {
    yield new TextEncoder().encode('late')
    await append(streamOf(''))
  }
  const refusal = await refusalOf(append(late(), { algorithm: 'AES256' }))
  expect(refusal).toMatchObject({ code: 'ServiceUnavailable', status: 503 })
  await append(streamOf('again'))
})
