import { describe, expect, it } from 'vitest'
import { startTestService } from './service.ts'
import { itRefusesUnprovedKeys } from './strangers.ts'

const service = await startTestService()
const query = { publicAccessBlock: '' }

describe('PutPublicAccessBlock', () => {
  it.each([
    ['false', 200, undefined],
    ['true', 400, 'NotImplemented'],
    ['perhaps', 400, 'MalformedXML'],
  ])('answers %s with %s', async (block, status, code) => {
    const body = `<PublicAccessBlockConfiguration><BlockPublicAccess>${block}</BlockPublicAccess></PublicAccessBlockConfiguration>`
    const answer = await service.call({ method: 'PUT', query, body })
    expect([answer.status, answer.code]).toEqual([status, code])
  })

  itRefusesUnprovedKeys(service, { method: 'PUT', query })
})
