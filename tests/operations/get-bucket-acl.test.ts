import { describe, expect, it } from 'vitest'
import { elementOf } from '../support/oss-wire.ts'
import { startTestService } from './service.ts'
import { itRefusesStrangers } from './strangers.ts'

const service = await startTestService()
const bucket = await service.makeBucket()
const query = { acl: '' }

describe('GetBucketAcl', () => {
  it('tells the owner and the grant', async () => {
    const answer = await service.call({ method: 'GET', bucket, query })
    expect(answer.status).toBe(200)
    expect(['ID', 'DisplayName', 'Grant'].map((name) => elementOf(answer.text, name))).toEqual([
      'lading',
      'lading',
      'private',
    ])
  })

  it('is not public where the objects are', async () => {
    const open = await service.makeBucket({ headers: { 'x-oss-acl': 'public-read-write' } })
    const answer = await service.call({ method: 'GET', bucket: open, query, as: 'anonymous' })
    expect([answer.status, answer.code]).toEqual([403, 'AccessDenied'])
  })

  itRefusesStrangers(service, { method: 'GET', bucket, query })
})
