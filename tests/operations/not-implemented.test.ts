/** What OSS has and we do not: refused in words, and never taken for another operation. */

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { startTestService } from './service.ts'

interface Refused {
  readonly operation: string
  readonly method: string
  readonly target: string
}

const refused = JSON.parse(
  readFileSync(new URL('not-implemented.json', import.meta.url), 'utf8'),
) as readonly Refused[]

const service = await startTestService()
await service.makeBucket({ name: 'bucket' })

describe('what is not implemented', () => {
  it.each(refused)('is refused as such: $operation', async ({ method, target }) => {
    const { pathname, searchParams } = new URL(target, service.url)
    const [, bucket, key] = pathname.split('/')
    const answer = await service.call({
      method,
      ...(bucket && { bucket }),
      ...(key && { key }),
      query: Object.fromEntries(searchParams),
    })
    expect([answer.status, answer.code]).toEqual([400, 'NotImplemented'])
  })
})
