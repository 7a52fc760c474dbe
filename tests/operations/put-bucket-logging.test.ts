import { describe, expect, it } from 'vitest'
import { elementOf } from '../support/oss-wire.ts'
import { startTestService } from './service.ts'
import { itRefusesStrangers } from './strangers.ts'

const alice = { accessKeyId: 'alice-key', accessKeySecret: 'secret of alice', owner: 'alice' }
const bob = { accessKeyId: 'bob-key', accessKeySecret: 'secret of bob', owner: 'bob' }
const service = await startTestService({ credentials: [alice, bob] })
const bucket = await service.makeBucket()
const query = { logging: '' }
const put = (inner: string): ReturnType<typeof service.call> =>
  service.call({
    method: 'PUT',
    bucket,
    query,
    body: `<BucketLoggingStatus>${inner}</BucketLoggingStatus>`,
  })
const to = (target: string, prefix: string): string =>
  `<LoggingEnabled><TargetBucket>${target}</TargetBucket><TargetPrefix>${prefix}</TargetPrefix></LoggingEnabled>`

describe('PutBucketLogging', () => {
  it('sends the logs to the bucket itself or to another one', async () => {
    expect((await put(to(bucket, '日志+/'))).status).toBe(200)
    const { text } = await service.call({ method: 'GET', bucket, query })
    expect(elementOf(text, 'TargetBucket')).toBe(bucket)
    expect(elementOf(text, 'TargetPrefix')).toBe('日志+/')
    const info = await service.call({ method: 'GET', bucket, query: { bucketInfo: '' } })
    expect(elementOf(info.text, 'LogBucket')).toBe(bucket)
    expect(elementOf(info.text, 'LogPrefix')).toBe('日志+/')
    expect((await put(to(await service.makeBucket(), ''))).status).toBe(200)
  })

  it('switches logging off when it is not told where to', async () => {
    await put(to(bucket, ''))
    expect((await put('')).status).toBe(200)
    const { text } = await service.call({ method: 'GET', bucket, query })
    expect(text).not.toContain('LoggingEnabled')
  })

  it('refuses a target that is missing, cannot be, or is somebody else’s', async () => {
    const made = await service.call({ method: 'PUT', bucket: 'of-bob', as: bob })
    expect(made.status).toBe(200)
    for (const target of ['no-such-bucket', 'Not A Bucket', 'of-bob']) {
      const answer = await put(to(target, ''))
      expect([answer.status, answer.code]).toEqual([400, 'InvalidTargetBucketForLogging'])
    }
  })

  it('refuses a prefix that no key can begin with', async () => {
    for (const prefix of ['/logs', 'p'.repeat(1000)]) {
      const answer = await put(to(bucket, prefix))
      expect([answer.status, answer.code]).toEqual([400, 'InvalidArgument'])
    }
  })

  it('refuses a body without a target as MalformedXML', async () => {
    const answer = await put('<LoggingEnabled/>')
    expect([answer.status, answer.code]).toEqual([400, 'MalformedXML'])
  })

  itRefusesStrangers(service, { method: 'PUT', bucket, query })
})
