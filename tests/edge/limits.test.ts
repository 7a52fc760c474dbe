/** Limits of key pairs: requests above them are refused, bytes above them wait. */

import { randomBytes } from 'node:crypto'
import { startTestServer, type TestServerOptions } from '@lading/server/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { encodePolicy, post, signPolicy } from '../operations/post-form.ts'
import { startTestService } from '../operations/service.ts'
import { OssWire } from '../support/oss-wire.ts'

const BUCKET = 'limited-bucket'
const busy = { accessKeyId: 'busy', accessKeySecret: 'secret of busy' }
const calm = { accessKeyId: 'calm', accessKeySecret: 'secret of calm' }

async function start(options: TestServerOptions): Promise<{
  readonly as: (credentials: typeof busy) => OssWire
  readonly pass: (ms: number) => void
}> {
  let time = Date.now()
  const server = await startTestServer({
    credentials: [busy, calm],
    buckets: [BUCKET],
    now: () => new Date(time),
    ...options,
  })
  const wires: OssWire[] = []
  onTestFinished(async () => {
    for (const wire of wires) wire.close()
    await server.close()
  })
  return {
    as(credentials) {
      const wire = new OssWire({ port: server.port, credentials })
      wires.push(wire)
      return wire
    },
    pass: (ms) => {
      time += ms
    },
  }
}

describe('a limit of requests', () => {
  it('answers what is above it with 503 and when to come back, and then serves again', async () => {
    const { as, pass } = await start({ limits: { keys: { busy: { requestsPerSecond: 0.5 } } } })
    const wire = as(busy)
    expect((await wire.send('GET', { bucket: BUCKET })).status).toBe(200)
    const refused = await wire.send('GET', { bucket: BUCKET })
    expect([refused.status, refused.code, refused.headers['retry-after']]).toEqual([
      503,
      'TotalQpsLimitExceeded',
      '2',
    ])
    pass(2000)
    expect((await wire.send('GET', { bucket: BUCKET })).status).toBe(200)
  })

  it('is that key’s alone', async () => {
    const { as } = await start({ limits: { keys: { busy: { requestsPerSecond: 1 } } } })
    const [one, other] = [as(busy), as(calm)]
    const statuses: number[] = []
    for (const wire of [one, one, other, other, other]) {
      statuses.push((await wire.send('GET', { bucket: BUCKET })).status)
    }
    expect(statuses).toEqual([200, 503, 200, 200, 200])
  })

  it('counts forms that the key has signed, which nobody else is asked for', async () => {
    const service = await startTestService({
      credentials: [busy],
      limits: { keys: { busy: { requestsPerSecond: 2 } } },
      now: () => new Date('2026-06-01T00:00:00Z'),
    })
    const bucket = await service.makeBucket()
    const signed = signPolicy(encodePolicy([]), busy, 'v1')
    const answers = [
      await post(service, bucket, { key: 'a', ...signed }),
      await post(service, bucket, { key: 'b', ...signed }),
    ]
    expect(answers.map(({ status, code }) => [status, code])).toEqual([
      [204, undefined],
      [503, 'TotalQpsLimitExceeded'],
    ])
  })

  it('can be that of every key, and of all who ask without one', async () => {
    const once = { requestsPerSecond: 1 }
    const limits = { everyKey: { requestsPerSecond: 2 }, keys: { calm: {} }, anonymous: once }
    const { as } = await start({ limits })
    const wire = as(busy)
    await wire.send('PUT', { bucket: BUCKET, headers: { 'x-oss-acl': 'public-read' } })
    const ask = async (from: OssWire, signature: 'v4' | 'none' = 'v4'): Promise<number> =>
      (await from.send('GET', { bucket: BUCKET, signature })).status
    expect([await ask(wire), await ask(wire)]).toEqual([200, 503])
    expect([await ask(wire, 'none'), await ask(wire, 'none')]).toEqual([200, 503])
    const free = as(calm)
    expect([await ask(free), await ask(free), await ask(free)]).toEqual([200, 200, 200])
  })

  it('does nothing of a refused request, and reads nothing of its body', async () => {
    const { as, pass } = await start({ limits: { everyKey: { requestsPerSecond: 1 } } })
    const wire = as(busy)
    await wire.send('GET', { bucket: BUCKET })
    const refused = await wire.send('PUT', { bucket: BUCKET, key: 'key', body: 'x' })
    expect(refused.code).toBe('TotalQpsLimitExceeded')
    pass(1000)
    expect((await wire.send('HEAD', { bucket: BUCKET, key: 'key' })).status).toBe(404)
  })
})

describe('a limit of bandwidth', () => {
  it('is shared by the uploads of a key, all of which are stored', async () => {
    const { as } = await start({ limits: { keys: { busy: { uploadBytesPerSecond: 100_000 } } } })
    const wire = as(busy)
    const bodies = [randomBytes(10_000), randomBytes(10_000)]
    const since = performance.now()
    await Promise.all(
      bodies.map((body, at) => wire.send('PUT', { bucket: BUCKET, key: `key-${at}`, body })),
    )
    expect(performance.now() - since).toBeGreaterThanOrEqual(140)
    for (const [at, body] of bodies.entries()) {
      const { bytes } = await wire.send('GET', { bucket: BUCKET, key: `key-${at}` })
      expect(bytes.equals(body)).toBe(true)
    }
  })

  it('is shared by the downloads of a key', async () => {
    const { as } = await start({ limits: { everyKey: { downloadBytesPerSecond: 100_000 } } })
    const wire = as(busy)
    const body = randomBytes(10_000)
    await wire.send('PUT', { bucket: BUCKET, key: 'key', body })
    const since = performance.now()
    const answers = await Promise.all(
      [1, 2].map(() => wire.send('GET', { bucket: BUCKET, key: 'key' })),
    )
    expect(performance.now() - since).toBeGreaterThanOrEqual(140)
    expect(answers.every(({ bytes }) => bytes.equals(body))).toBe(true)
  })
})
