/** The access logs of buckets, delivered into buckets. */

import { describe, expect, it } from 'vitest'
import { startTestService } from '../operations/service.ts'

const now = new Date('2026-01-31T23:59:58Z')
const service = await startTestService({ now: () => now, bucketLogsIntervalMs: 0 })

async function keysOf(bucket: string): Promise<string[]> {
  const { text } = await service.call({ method: 'GET', bucket })
  return [...text.matchAll(/<Key>(.*?)<\/Key>/g)].map(([, key = '']) => key)
}

describe('the access log of a bucket', () => {
  it('is an object of the target bucket with a line for each request, and no signature', async () => {
    const source = await service.makeBucket({ name: 'source' })
    const target = await service.makeBucket({ name: 'logs' })
    const quiet = await service.makeBucket({ name: 'quiet' })
    const body =
      '<BucketLoggingStatus><LoggingEnabled><TargetBucket>logs</TargetBucket><TargetPrefix>of/</TargetPrefix></LoggingEnabled></BucketLoggingStatus>'
    await service.call({ method: 'PUT', bucket: source, query: { logging: '' }, body })
    await service.call({ method: 'PUT', bucket: source, key: 'a "b"\n', body: 'xyz' })
    await service.call({ method: 'GET', bucket: source, key: 'none', presigned: true })
    await service.call({ method: 'PUT', bucket: quiet, key: 'k', body: 'x' })
    expect(await keysOf(target)).toEqual([])

    await service.server.deliverBucketLogs()
    const keys = await keysOf(target)
    expect(keys).toEqual([expect.stringMatching(/^of\/source2026-01-31-23-59-58-[0-9A-F]{8}$/)])
    const { text } = await service.call({ method: 'GET', bucket: target, key: keys[0] ?? '' })
    const lines = text.trimEnd().split('\n')
    const of = (operation: string): string | undefined =>
      lines.find((line) => line.includes(`"${operation}"`))
    expect(of('PutObject')).toMatch(
      /^127\.0\.0\.1 - - \[31\/Jan\/2026:23:59:58 \+0000\] "PUT \/source\/a%20%22b%22%0A HTTP\/1\.1" 200 0 \d+ /,
    )
    expect(of('GetObject')).toContain('" 404 ')
    expect(of('GetObject')).toContain('"NoSuchKey"')
    expect(text).toContain('x-oss-signature=[redacted]')
    expect(text).not.toMatch(/x-oss-signature=[0-9a-f]/i)
    expect(text).not.toContain('quiet')

    await service.server.deliverBucketLogs()
    expect(await keysOf(target)).toHaveLength(1)
  })

  it('is lost, and nothing else, when its target is gone', async () => {
    const source = await service.makeBucket({ name: 'orphaned' })
    const target = await service.makeBucket({ name: 'short-lived' })
    const body =
      '<BucketLoggingStatus><LoggingEnabled><TargetBucket>short-lived</TargetBucket></LoggingEnabled></BucketLoggingStatus>'
    await service.call({ method: 'PUT', bucket: source, query: { logging: '' }, body })
    await service.call({ method: 'PUT', bucket: source, key: 'k', body: 'x' })
    expect((await service.call({ method: 'DELETE', bucket: target })).status).toBe(204)
    await service.server.deliverBucketLogs()
    expect((await service.call({ method: 'GET', bucket: source, key: 'k' })).status).toBe(200)
  })
})
