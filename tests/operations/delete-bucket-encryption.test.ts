import { describe, expect, it } from 'vitest'
import { startTestService } from './service.ts'
import { itRefusesStrangers } from './strangers.ts'

const service = await startTestService()
const bucket = await service.makeBucket()
const query = { encryption: '' }
const body = `<ServerSideEncryptionRule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>KMS</SSEAlgorithm><KMSMasterKeyID>0022012****</KMSMasterKeyID></ApplyServerSideEncryptionByDefault></ServerSideEncryptionRule>`

describe('DeleteBucketEncryption', () => {
  it('answers 204, whether there is one or not, and then there is none', async () => {
    await service.call({ method: 'PUT', bucket, query, body })
    for (const _ of ['once', 'and again']) {
      const answer = await service.call({ method: 'DELETE', bucket, query })
      expect([answer.status, answer.statusText, answer.text]).toEqual([204, 'No Content', ''])
    }
    const gone = await service.call({ method: 'GET', bucket, query })
    expect([gone.status, gone.code]).toEqual([404, 'NoSuchServerSideEncryptionRule'])
  })

  itRefusesStrangers(service, { method: 'DELETE', bucket, query })
})
