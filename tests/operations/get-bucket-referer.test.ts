import { describe, expect, it } from 'vitest'
import { elementOf } from '../support/oss-wire.ts'
import { startTestService } from './service.ts'
import { itRefusesStrangers } from './strangers.ts'

const service = await startTestService()
const bucket = await service.makeBucket()
const query = { referer: '' }

describe('GetBucketReferer', () => {
  it('answers that everybody may come as long as nothing was put', async () => {
    const { status, text } = await service.call({ method: 'GET', bucket, query })
    expect(status).toBe(200)
    expect(elementOf(text, 'AllowEmptyReferer')).toBe('true')
    expect(elementOf(text, 'AllowTruncateQueryString')).toBe('true')
    expect(text).toContain('<RefererList></RefererList>')
    expect(text).not.toContain('RefererBlacklist')
  })

  it('answers an empty list for one that holds an empty referer', async () => {
    const body =
      '<RefererConfiguration><AllowEmptyReferer>true</AllowEmptyReferer><RefererList><Referer></Referer></RefererList></RefererConfiguration>'
    await service.call({ method: 'PUT', bucket, query, body })
    const { text } = await service.call({ method: 'GET', bucket, query })
    expect(text).toContain('<RefererList></RefererList>')
  })

  itRefusesStrangers(service, { method: 'GET', bucket, query })
})
