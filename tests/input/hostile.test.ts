/** Nothing that a client sends makes the service fail: 2,000 requests here, and many under fuzz. */

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type ServiceRequest, startTestService } from '../operations/service.ts'
import { type HostileRequest, hostileRequest } from './hostile.ts'

/** Requests that are on their way at once. */
const BATCH = 20

const BUCKET = 'hostile-bucket'

test('no request, whatever is in it, is answered with a fault of ours', async () => {
  const faults: string[] = []
  const service = await startTestService({
    log: {
      write(line) {
        const { level, status = 0 } = JSON.parse(line) as { level: string; status?: number }
        if (level === 'error' || status >= 500) faults.push(line)
      },
    },
  })

  async function meet(hostile: HostileRequest): Promise<void> {
    const { method, resource, key, query, headers, body, anonymous } = hostile
    const bodiless = method === 'GET' || method === 'HEAD'
    const request: ServiceRequest = {
      method,
      query,
      headers,
      ...(resource !== 'service' && { bucket: BUCKET }),
      ...(resource === 'object' && { key }),
      ...(!bodiless && { body }),
      ...(anonymous && { as: 'anonymous' }),
    }
    const { status, text } = await service.call(request)
    expect(status).toBeGreaterThanOrEqual(200)
    expect(status).toBeLessThan(500)
    expect(text).not.toContain('root:')
  }

  await fc.assert(
    fc.asyncProperty(
      fc.array(hostileRequest, { minLength: BATCH, maxLength: BATCH }),
      async (batch) => {
        // Some of them delete or close the bucket, and that is right.
        await service.makeBucket({ name: BUCKET, headers: { 'x-oss-acl': 'public-read-write' } })
        await service.call({ method: 'PUT', bucket: BUCKET, key: 'key', body: 'bytes' })
        await Promise.all(batch.map(meet))
        expect(faults).toEqual([])
      },
    ),
  )
})
