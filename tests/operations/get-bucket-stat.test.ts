import { describe, expect, it } from 'vitest'
import { elementOf } from '../support/oss-wire.ts'
import { startTestService } from './service.ts'
import { itRefusesStrangers } from './strangers.ts'

const service = await startTestService()
const bucket = await service.makeBucket()
const query = { stat: '' }

describe('GetBucketStat', () => {
  it('counts nothing in a fresh bucket, and says so of everything', async () => {
    const { status, text } = await service.call({ method: 'GET', bucket, query })
    expect(status).toBe(200)
    const values = [...text.matchAll(/<(\w+)>(\d+)<\/\1>/g)]
    expect(values).toHaveLength(21)
    expect(values.every(([, , value]) => value === '0')).toBe(true)
  })

  it('counts an object at once, by its class, and an open upload with its parts', async () => {
    await service.call({ method: 'PUT', bucket, key: 'a', body: '1234567' })
    const headers = { 'x-oss-storage-class': 'IA' }
    await service.call({ method: 'PUT', bucket, key: 'b', headers, body: '12' })
    const initiated = await service.call({
      method: 'POST',
      bucket,
      key: 'c',
      query: { uploads: '' },
    })
    const uploadId = elementOf(initiated.text, 'UploadId') ?? ''
    const part = { uploadId, partNumber: '1' }
    await service.call({ method: 'PUT', bucket, key: 'c', query: part, body: '123' })
    const { text } = await service.call({ method: 'GET', bucket, query })
    const expected = {
      Storage: '9',
      ObjectCount: '2',
      StandardStorage: '7',
      StandardObjectCount: '1',
      InfrequentAccessStorage: '2',
      InfrequentAccessRealStorage: '2',
      InfrequentAccessObjectCount: '1',
      ArchiveStorage: '0',
      MultipartUploadCount: '1',
      MultipartPartCount: '1',
      LiveChannelCount: '0',
    }
    for (const [name, value] of Object.entries(expected)) {
      expect([name, elementOf(text, name)]).toEqual([name, value])
    }
    expect(Number(elementOf(text, 'LastModifiedTime'))).toBeGreaterThan(1_600_000_000)
  })

  itRefusesStrangers(service, { method: 'GET', bucket, query })
})
