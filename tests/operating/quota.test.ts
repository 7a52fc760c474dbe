/** What the operator lets every bucket hold. */

import { expect, test } from 'vitest'
import { type ServiceAnswer, startTestService, type TestService } from '../operations/service.ts'
import { elementOf } from '../support/oss-wire.ts'

async function put(service: TestService, bucket: string, key: string, size: number) {
  return await service.call({ method: 'PUT', bucket, key, body: new Uint8Array(size) })
}

function outcome({ status, code }: ServiceAnswer): [number, string | undefined] {
  return [status, code]
}

const refused = [403, 'QuotaExceeded']

test('a bucket holds as many bytes as it may, and not one more', async () => {
  const service = await startTestService({ bucketQuota: { bytes: 1_000 } })
  const bucket = await service.makeBucket()
  expect((await put(service, bucket, 'a', 600)).status).toBe(200)
  expect(outcome(await put(service, bucket, 'b', 401))).toEqual(refused)
  expect((await put(service, bucket, 'b', 400)).status).toBe(200)
  expect(outcome(await put(service, bucket, 'c', 1))).toEqual(refused)
  expect((await service.call({ method: 'GET', bucket, key: 'a' })).bytes).toHaveLength(600)
  const other = await service.makeBucket()
  expect((await put(service, other, 'a', 1_000)).status).toBe(200)
  await service.call({ method: 'DELETE', bucket, key: 'a' })
  expect((await put(service, bucket, 'c', 600)).status).toBe(200)
})

test('parts of open uploads count, and go with their upload', async () => {
  const service = await startTestService({ bucketQuota: { bytes: 1_000 } })
  const bucket = await service.makeBucket()
  const key = 'film'
  const begin = await service.call({ method: 'POST', bucket, key, query: { uploads: '' } })
  const uploadId = elementOf(begin.text, 'UploadId') ?? ''
  const part = async (partNumber: string, size: number) =>
    await service.call({
      method: 'PUT',
      bucket,
      key,
      query: { partNumber, uploadId },
      body: new Uint8Array(size),
    })
  expect((await part('1', 700)).status).toBe(200)
  expect(outcome(await part('2', 400))).toEqual(refused)
  expect(outcome(await put(service, bucket, 'b', 400))).toEqual(refused)
  await service.call({ method: 'DELETE', bucket, key, query: { uploadId } })
  expect((await put(service, bucket, 'b', 400)).status).toBe(200)
})

test('uploads that come at once are held to the quota together', async () => {
  const service = await startTestService({ bucketQuota: { bytes: 1_000_000 } })
  const bucket = await service.makeBucket()
  const answers = await Promise.all(
    Array.from({ length: 10 }, (_, n) => put(service, bucket, `key-${n}`, 300_000)),
  )
  expect(answers.filter(({ status }) => status === 200).length).toBe(3)
  for (const answer of answers.filter(({ status }) => status !== 200)) {
    expect(outcome(answer)).toEqual(refused)
  }
})

test('a bucket holds as many objects as it may, and lets them be replaced', async () => {
  const service = await startTestService({ bucketQuota: { objects: 2 } })
  const bucket = await service.makeBucket()
  expect((await put(service, bucket, 'a', 1)).status).toBe(200)
  expect((await put(service, bucket, 'b', 1)).status).toBe(200)
  expect(outcome(await put(service, bucket, 'c', 1))).toEqual(refused)
  const begin = { method: 'POST', bucket, key: 'c', query: { uploads: '' } }
  expect(outcome(await service.call(begin))).toEqual(refused)
  expect((await put(service, bucket, 'a', 2)).status).toBe(200)
  await service.call({ method: 'DELETE', bucket, key: 'b' })
  expect((await service.call(begin)).status).toBe(200)
  // The upload that is open has the last place.
  expect(outcome(await put(service, bucket, 'd', 1))).toEqual(refused)
})

test("the owner's own bound does not go beyond the operator's", async () => {
  const service = await startTestService({ bucketQuota: { bytes: 10 } })
  const bucket = await service.makeBucket()
  const body = '<BucketUserQos><StorageCapacity>100</StorageCapacity></BucketUserQos>'
  await service.call({ method: 'PUT', bucket, query: { qos: '' }, body })
  expect(outcome(await put(service, bucket, 'a', 11))).toEqual(refused)
  expect((await put(service, bucket, 'a', 10)).status).toBe(200)
})
