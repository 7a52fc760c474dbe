/** What grows old, over days that a clock of the test makes short. */

import { describe, expect, it } from 'vitest'
import { startTestService } from '../operations/service.ts'
import { elementOf } from '../support/oss-wire.ts'

const DAY = 24 * 60 * 60 * 1000
let time = Date.parse('2026-01-01T12:00:00Z')
const service = await startTestService({
  now: () => new Date(time),
  lifecycle: { intervalMs: 0, abortUploadsAfterMs: 30 * DAY },
})
const rule = (prefix: string, action: string): string =>
  `<Rule><Prefix>${prefix}</Prefix><Status>Enabled</Status>${action}</Rule>`

async function initiate(bucket: string, key: string): Promise<Record<string, string>> {
  const { text } = await service.call({ method: 'POST', bucket, key, query: { uploads: '' } })
  return { uploadId: elementOf(text, 'UploadId') ?? '' }
}

describe('a lifecycle', () => {
  it('expires objects, moves them, and aborts uploads, each when it is due', async () => {
    const bucket = await service.makeBucket()
    const body = `<LifecycleConfiguration>
      ${rule('logs/', '<Expiration><Days>2</Days></Expiration>')}
      ${rule('films/', '<Transition><Days>1</Days><StorageClass>IA</StorageClass></Transition>')}
      ${rule('', '<AbortMultipartUpload><Days>1</Days></AbortMultipartUpload>')}
      </LifecycleConfiguration>`
    const query = { lifecycle: '' }
    expect((await service.call({ method: 'PUT', bucket, query, body })).status).toBe(200)
    for (const key of ['logs/a', 'films/a', 'else'])
      await service.call({ method: 'PUT', bucket, key, body: 'x' })
    const upload = await initiate(bucket, 'films/b')

    time += 1.6 * DAY
    expect(await service.server.runLifecycle()).toEqual({
      abortedUploads: 1,
      expiredObjects: 0,
      expiredVersions: 0,
      transitions: 1,
    })
    const parts = await service.call({ method: 'GET', bucket, key: 'films/b', query: upload })
    expect([parts.status, parts.code]).toEqual([404, 'NoSuchUpload'])
    const moved = await service.call({ method: 'HEAD', bucket, key: 'films/a' })
    expect(moved.headers.get('x-oss-storage-class')).toBe('IA')

    time += 1.6 * DAY
    await service.server.runLifecycle()
    const keys = ['logs/a', 'films/a', 'else'].map((key) => ({ method: 'HEAD', bucket, key }))
    const answers = await Promise.all(keys.map((request) => service.call(request)))
    expect(answers.map(({ status }) => status)).toEqual([404, 200, 200])
  })

  it('aborts an upload in any bucket after the age that the operator has set', async () => {
    const bucket = await service.makeBucket()
    const upload = await initiate(bucket, 'k')
    const listed = (): ReturnType<typeof service.call> =>
      service.call({ method: 'GET', bucket, key: 'k', query: upload })
    time += 30 * DAY - 1
    await service.server.runLifecycle()
    expect((await listed()).status).toBe(200)
    time += 1
    await service.server.runLifecycle()
    expect((await listed()).code).toBe('NoSuchUpload')
  })
})
