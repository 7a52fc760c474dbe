/** As many parts at a time as the line is worth, and as many bytes per second as were allowed. */

import { BandwidthLimit, copy, nodeTransport, type Transport, upload } from '@lading/client/node'
import { parseFault } from '@lading/server'
import { describe, expect, test } from 'vitest'
import { BUCKET, KiB, randomContent, startService } from './service.ts'
import { startThrottledProxy } from './throttled-proxy.ts'

const target = { bucket: BUCKET, key: 'adaptive' }
const partSize = 100 * KiB
const content = randomContent(40 * partSize)

describe('an upload through a proxy that is slow for each connection', () => {
  test('takes more connections while they bring more', async () => {
    const { connect, server } = await startService()
    const proxy = await startThrottledProxy(server.port, { bytesPerSecond: 200_000, of: 'each' })

    const parallel = { max: 16 }
    await upload(connect({ endpoint: proxy.url }), content, target, { partSize, parallel }).done

    expect(proxy.most()).toBeGreaterThan(8)
  })

  test('takes no more than it is told, or may at most', async () => {
    const { connect, server } = await startService()
    const few = content.subarray(0, 8 * partSize)
    for (const parallel of [3, { max: 3 }]) {
      const proxy = await startThrottledProxy(server.port, { bytesPerSecond: 800_000, of: 'each' })
      const client = connect({ endpoint: proxy.url })
      await upload(client, few, target, { partSize, parallel }).done
      expect(proxy.most()).toBe(3)
    }
  })
})

test('an upload through a proxy that is slow for all together takes back what brought nothing', async () => {
  const { connect, server } = await startService()
  const proxy = await startThrottledProxy(server.port, { bytesPerSecond: 4_000_000, of: 'all' })

  await upload(connect({ endpoint: proxy.url }), content, target, { partSize }).done

  // A trial is how it finds out; the most is 8, unless another is given.
  expect(proxy.most()).toBeLessThanOrEqual(8)
})

test('after answers of 503 no new part is begun before fewer are under way', async () => {
  const service = await startService({
    faults: [parseFault('UploadPart,nth=1,times=5,fail=ServiceUnavailable')],
  })
  const usual = nodeTransport()
  const underWay: number[] = []
  const begun = new Set<string>()
  let parts = 0
  const transport: Transport = {
    async exchange(request, options) {
      const [, number] = /partNumber=(\d+)/.exec(request.path) ?? []
      parts += number ? 1 : 0
      if (number && !begun.has(number) && begun.add(number).size > 5) underWay.push(parts)
      try {
        return await usual.exchange(request, options)
      } finally {
        parts -= number ? 1 : 0
      }
    },
    close: () => usual.close(),
  }
  const retried: unknown[] = []

  const result = await upload(
    service.connect({ transport }),
    content.subarray(0, 12 * partSize),
    target,
    {
      partSize,
      // Which of the first parts are refused more than once is a matter of chance.
      retries: 5,
      onRetry: ({ error }) => retried.push(error),
    },
  ).done

  expect(result).toMatchObject({ parts: 12, retries: 5 })
  expect(retried).toHaveLength(5)
  expect(underWay).toHaveLength(7)
  expect(Math.max(...underWay)).toBe(2)
})

describe('a bandwidth limit', () => {
  /** As many bytes of bodies as are let through, by time that only the limit waits for. */
  function meter(bytesPerSecond: number) {
    let waited = 0
    const limit = new BandwidthLimit(bytesPerSecond, {
      now: () => waited,
      wait: async (ms) => {
        waited += ms
      },
    })
    return { limit, waited: () => waited }
  }

  test('holds for all parts of an upload together', async () => {
    const { client } = await startService()
    const { limit, waited } = meter(1_000_000)
    const some = content.subarray(0, 10 * partSize)
    await upload(client, some, target, { partSize, bandwidthLimit: limit }).done
    expect(waited()).toBeGreaterThan(some.length / 1000 - 100)
  })

  test('is shared by the uploads that are given it, in parts or whole', async () => {
    const { client } = await startService()
    const { limit, waited } = meter(1_000_000)
    const options = { partSize, multipartThreshold: 5 * partSize, bandwidthLimit: limit }
    const sizes = [10 * partSize, 4 * partSize, 7 * partSize]
    await Promise.all(
      sizes.map((size) => {
        const at = { ...target, key: `of ${size}` }
        return upload(client, content.subarray(0, size), at, options).done
      }),
    )
    const bytes = sizes.reduce((sum, size) => sum + size)
    expect(waited()).toBeGreaterThan(bytes / 1000 - 100)
    expect(waited()).toBeLessThan(bytes / 1000 + 100)
  })

  test('does not hold up a pause or an abort', async () => {
    const { client } = await startService()
    const handle = upload(client, content, target, { partSize, bandwidthLimit: 1000 })
    await handle.pause()
    handle.resume()
    await handle.abort()
    expect(handle.state).toBe('aborted')
    expect((await client.listMultipartUploads({ bucket: BUCKET })).uploads).toEqual([])
  })

  test('that is none is refused', () => {
    const uploading = () => upload({} as never, content, target, { bandwidthLimit: 0 })
    expect(uploading).toThrow(RangeError)
  })
})

test('a copy takes as many parts at a time as it is told', async () => {
  const service = await startService()
  const some = content.subarray(0, 8 * partSize)
  await upload(service.client, some, target, { partSize: some.length }).done
  const usual = nodeTransport()
  let underWay = 0
  let most = 0
  const transport: Transport = {
    async exchange(request, options) {
      underWay += 1
      most = Math.max(most, underWay)
      try {
        return await usual.exchange(request, options)
      } finally {
        underWay -= 1
      }
    },
    close: () => usual.close(),
  }
  for (const parallel of [2, { min: 3, max: 3 }]) {
    most = 0
    const options = { partSize, multipartThreshold: 0, parallel }
    await copy(service.connect({ transport }), target, { ...target, key: 'copy' }, options).done
    expect(most).toBe(typeof parallel === 'number' ? parallel : parallel.max)
  }
})
