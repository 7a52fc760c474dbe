import { describe, expect, it } from 'vitest'
import { startTestService } from './service.ts'
import { itRefusesUnprovedKeys } from './strangers.ts'

const service = await startTestService()
const query = { publicAccessBlock: '' }

describe('DeletePublicAccessBlock', () => {
  it('answers 204', async () => {
    expect((await service.call({ method: 'DELETE', query })).status).toBe(204)
  })

  itRefusesUnprovedKeys(service, { method: 'DELETE', query })
})
