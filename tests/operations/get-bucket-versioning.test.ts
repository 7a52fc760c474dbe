import { describe, expect, it } from 'vitest'
import { startTestService } from './service.ts'
import { itRefusesStrangers } from './strangers.ts'

const service = await startTestService()
const bucket = await service.makeBucket()
const query = { versioning: '' }

describe('GetBucketVersioning', () => {
  it('says nothing as long as it was never set', async () => {
    const { status, text } = await service.call({ method: 'GET', bucket, query })
    expect(status).toBe(200)
    expect(text).toContain('<VersioningConfiguration></VersioningConfiguration>')
    const info = await service.call({ method: 'GET', bucket, query: { bucketInfo: '' } })
    expect(info.text).not.toContain('<Versioning>')
  })

  itRefusesStrangers(service, { method: 'GET', bucket, query })
})
