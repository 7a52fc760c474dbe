import { describe, expect, it } from 'vitest'
import { elementOf } from '../support/oss-wire.ts'
import { startTestService } from './service.ts'
import { itRefusesStrangers } from './strangers.ts'

const service = await startTestService()
const bucket = await service.makeBucket()

describe('DeleteBucket', () => {
  it('answers 204 with a Date, and the second time 404', async () => {
    const own = await service.makeBucket()
    const answer = await service.call({ method: 'DELETE', bucket: own })
    expect([answer.status, answer.statusText, answer.text]).toEqual([204, 'No Content', ''])
    expect(answer.headers.get('date')).toMatch(/GMT$/)
    const again = await service.call({ method: 'DELETE', bucket: own })
    expect([again.status, again.code]).toEqual([404, 'NoSuchBucket'])
  })

  it('refuses a bucket that holds an object', async () => {
    const own = await service.makeBucket()
    await service.call({ method: 'PUT', bucket: own, key: 'k' })
    const refused = await service.call({ method: 'DELETE', bucket: own })
    expect([refused.status, refused.code]).toEqual([409, 'BucketNotEmpty'])
    await service.call({ method: 'DELETE', bucket: own, key: 'k' })
    expect((await service.call({ method: 'DELETE', bucket: own })).status).toBe(204)
  })

  it('refuses a bucket that holds nothing but an open upload, in words of its own', async () => {
    const own = await service.makeBucket()
    const query = { uploads: '' }
    const { text } = await service.call({ method: 'POST', bucket: own, key: 'k', query })
    const refused = await service.call({ method: 'DELETE', bucket: own })
    expect([refused.status, refused.code]).toEqual([409, 'BucketNotEmpty'])
    expect(elementOf(refused.text, 'Message')).toMatch(/^The bucket has Multipart Uploads\./)
    const uploadId = elementOf(text, 'UploadId') ?? ''
    await service.call({ method: 'DELETE', bucket: own, key: 'k', query: { uploadId } })
    expect((await service.call({ method: 'DELETE', bucket: own })).status).toBe(204)
  })

  itRefusesStrangers(service, { method: 'DELETE', bucket })
})
