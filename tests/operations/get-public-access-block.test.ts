import { describe, expect, it } from 'vitest'
import { elementOf } from '../support/oss-wire.ts'
import { startTestService } from './service.ts'
import { itRefusesUnprovedKeys } from './strangers.ts'

const service = await startTestService()
const query = { publicAccessBlock: '' }

describe('GetPublicAccessBlock', () => {
  it('answers that nothing is blocked', async () => {
    const { status, text } = await service.call({ method: 'GET', query })
    expect([status, elementOf(text, 'BlockPublicAccess')]).toEqual([200, 'false'])
  })

  itRefusesUnprovedKeys(service, { method: 'GET', query })
})
