import { describe, expect, it } from 'vitest'
import { initiate, putPart } from './multipart.ts'
import { startTestService } from './service.ts'
import { itRefusesStrangers } from './strangers.ts'

const service = await startTestService()
const bucket = await service.makeBucket()

describe('AbortMultipartUpload', () => {
  it('answers 204, and the id is of no use to any operation after it', async () => {
    const upload = await initiate(service, bucket, 'key')
    await putPart(service, upload, 1)
    const { key, uploadId } = upload
    const at = { bucket, key, query: { uploadId } }
    const answer = await service.call({ method: 'DELETE', ...at })
    expect([answer.status, answer.statusText, answer.text]).toEqual([204, 'No Content', ''])

    const later = [
      await putPart(service, upload, 1),
      await service.call({ method: 'GET', ...at }),
      await service.call({ method: 'POST', ...at, headers: { 'x-oss-complete-all': 'yes' } }),
      await service.call({ method: 'DELETE', ...at }),
    ]
    expect(later.map(({ status, code }) => `${status} ${code}`)).toEqual(
      Array(4).fill('404 NoSuchUpload'),
    )
    const uploads = await service.call({ method: 'GET', bucket, query: { uploads: '' } })
    expect(uploads.text).not.toContain(uploadId)
    expect((await service.call({ method: 'HEAD', bucket, key })).status).toBe(404)
  })

  it('is possible by a URL that carries its signature, with a body that is dropped', async () => {
    const { key, uploadId } = await initiate(service, bucket, 'presigned')
    const request = { method: 'DELETE', bucket, key, query: { uploadId }, presigned: true }
    expect((await service.call({ ...request, body: 'x'.repeat(1000) })).status).toBe(204)
  })

  it('refuses an upload of another key, and an id that is none', async () => {
    const { uploadId } = await initiate(service, bucket, 'one')
    for (const id of [uploadId, 'nonexistent-upload-id']) {
      const query = { uploadId: id }
      const answer = await service.call({ method: 'DELETE', bucket, key: 'other', query })
      expect([answer.status, answer.code, answer.ec]).toEqual([
        404,
        'NoSuchUpload',
        '0042-00000002',
      ])
    }
    const query = { uploadId: '' }
    const empty = await service.call({ method: 'DELETE', bucket, key: 'one', query })
    expect([empty.status, empty.code, empty.ec]).toEqual([404, 'NoSuchUpload', '0017-00000244'])
  })

  const query = { uploadId: '0'.repeat(32) }
  itRefusesStrangers(service, { method: 'DELETE', bucket, key: 'k', query })
})
