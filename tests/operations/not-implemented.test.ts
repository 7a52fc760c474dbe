/** What OSS has and we do not: refused in words, and never taken for another operation. */

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { operations } from '../../packages/server/src/api/operations.ts'
import { SELECTORS } from '../../packages/server/src/http/router.ts'
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
  it('is all that a query can ask for and no operation is', () => {
    const spoken = operations.flatMap(({ query }) => query)
    const listed = refused.flatMap(({ target }) => [...new URL(target, service.url).searchParams])
    const known = new Set([...spoken, ...listed.map(([name]) => name)])
    expect([...SELECTORS].filter((name) => !known.has(name))).toEqual([])
  })

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
