import { describe, expect, it } from 'vitest'
import { elementOf } from '../support/oss-wire.ts'
import { startTestService } from './service.ts'
import { itRefusesUnprovedKeys } from './strangers.ts'

const service = await startTestService()

describe('DescribeRegions', () => {
  it.each(['', 'oss-cn-hangzhou'])('answers its own region for %j', async (regions) => {
    const { status, text } = await service.call({ method: 'GET', query: { regions } })
    expect([status, elementOf(text, 'Region')]).toEqual([200, 'oss-cn-hangzhou'])
    for (const name of ['InternetEndpoint', 'InternalEndpoint', 'AccelerateEndpoint']) {
      expect(elementOf(text, name)).toMatch(/./)
    }
  })

  it('answers none for another one', async () => {
    const query = { regions: 'oss-us-west-1' }
    const { status, text } = await service.call({ method: 'GET', query })
    expect([status, text.includes('RegionInfo>')]).toEqual([200, false])
  })

  itRefusesUnprovedKeys(service, { method: 'GET', query: { regions: '' } })
})
