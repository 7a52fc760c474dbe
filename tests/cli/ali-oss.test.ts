/** An upload that `ali-oss` begins and the command finishes, and the other way round. */

import { join } from 'node:path'
import OSS from 'ali-oss'
import { expect, test } from 'vitest'
import { type Bench, bench, eventsOf, isSame } from './lading.ts'

const KiB = 1024
const PART = 100 * KiB

function aliOss({ server }: Bench): OSS {
  return new OSS({ endpoint: server.url, ...server.credentials, sldEnable: true, bucket: 'films' })
}

function partsSent({ requests }: Bench): number {
  return requests.filter(({ operation, status }) => operation === 'UploadPart' && status === 200)
    .length
}

test('what ali-oss began, the command goes on with where --find-upload asks for it', async () => {
  const table = await bench()
  const bytes = await table.file('movie', 7 * PART + 5)
  const client = aliOss(table)
  const { uploadId } = await client.initMultipartUpload('movie')
  for (const part of [1, 2, 3]) {
    const from = (part - 1) * PART
    await client.uploadPart(
      'movie',
      uploadId,
      part,
      join(table.directory, 'movie'),
      from,
      from + PART,
    )
  }
  const args = ['cp', 'movie', 'oss://films/movie', '--part-size', '100K', '--json']
  const copied = await table.run([...args, '--find-upload'])
  expect(copied).toMatchObject({
    status: 0,
    stderr: expect.stringContaining('keeps the headers and metadata it was initiated with'),
  })
  expect(eventsOf(copied).find(({ event }) => event === 'copied')).toMatchObject({
    parts: 8,
    resumedParts: 3,
  })
  expect(partsSent(table)).toBe(8)
  expect(isSame((await table.run(['cat', 'oss://films/movie'])).stdout, bytes)).toBe(true)
})

test('what the command began, ali-oss completes', async () => {
  const table = await bench({
    faults: [
      { operation: 'UploadPart', nth: 4, times: 1, action: { kind: 'fail', code: 'AccessDenied' } },
    ],
  })
  const bytes = await table.file('movie', 7 * PART + 5)
  const args = ['cp', 'movie', 'oss://films/movie', '--part-size', '100K', '--parallel', '1']
  expect(await table.run(args)).toMatchObject({ status: 5 })
  const [begun] = eventsOf(await table.run(['uploads', 'ls', 'oss://films', '--json']))
  const uploadId = String(begun?.uploadId)
  const client = aliOss(table)
  const sent = partsSent(table)
  expect(sent).toBe(3)
  const { parts } = await client.listParts('movie', uploadId)
  const doneParts = (parts as { PartNumber: string; ETag: string }[]).map((part) => {
    return { number: Number(part.PartNumber), etag: part.ETag }
  })
  await client.multipartUpload('movie', join(table.directory, 'movie'), {
    partSize: PART,
    parallel: 1,
    checkpoint: {
      file: join(table.directory, 'movie'),
      name: 'movie',
      fileSize: bytes.length,
      partSize: PART,
      uploadId,
      doneParts,
    },
  })
  expect(partsSent(table)).toBe(8)
  expect(isSame((await table.run(['cat', 'oss://films/movie'])).stdout, bytes)).toBe(true)
})
