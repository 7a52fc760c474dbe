import { describe, expect, it } from 'vitest'
import { elementOf } from '../support/oss-wire.ts'
import { startTestService } from './service.ts'
import { itRefusesStrangers } from './strangers.ts'

const service = await startTestService()
const bucket = await service.makeBucket()
const query = { bucketInfo: '' }

describe('GetBucketInfo', () => {
  it('tells everything that SDKs read, whatever the bucket has', async () => {
    const answer = await service.call({ method: 'GET', bucket, query })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toBe('application/xml')
    const expected = {
      Name: bucket,
      Location: 'oss-cn-hangzhou',
      StorageClass: 'Standard',
      DataRedundancyType: 'LRS',
      ID: 'lading',
      DisplayName: 'lading',
      Grant: 'private',
      SSEAlgorithm: 'None',
      AccessMonitor: 'Disabled',
      BlockPublicAccess: 'true',
      TransferAcceleration: 'Disabled',
      CrossRegionReplication: 'Disabled',
    }
    for (const [name, value] of Object.entries(expected)) {
      expect([name, elementOf(answer.text, name)]).toEqual([name, value])
    }
    for (const name of ['ExtranetEndpoint', 'IntranetEndpoint', 'ResourceGroupId']) {
      expect([name, elementOf(answer.text, name)]).toEqual([name, expect.stringMatching(/./)])
    }
    expect(elementOf(answer.text, 'CreationDate')).toMatch(/^\d{4}-\d\d-\d\dT[\d:]{8}\.000Z$/)
    for (const empty of ['Comment', 'LogBucket', 'LogPrefix']) {
      expect(answer.text).toMatch(new RegExp(`<${empty}/>|<${empty}></${empty}>`))
    }
    expect(answer.text).not.toContain('xmlns')
  })

  itRefusesStrangers(service, { method: 'GET', bucket, query })

  it('tells a name that no bucket can have as a missing one', async () => {
    const answer = await service.call({ method: 'GET', bucket: 'un_likely', query })
    expect([answer.status, answer.code]).toEqual([404, 'NoSuchBucket'])
  })
})
