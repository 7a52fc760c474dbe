/** An engine that fails, and a network that does, between a store and the gateway of a Ceph. */

import { expect, onTestFinished, test } from 'vitest'
import {
  from,
  pattern,
  readAll,
  same,
} from '../../packages/server/src/ports/blob-store.contract.ts'
import {
  BlobDamagedError,
  type BlobId,
  type BlobStore,
  EngineUnavailableError,
} from '../../packages/server/src/ports/blob-store.ts'
import { until } from '../support/until.ts'
import {
  describeWithCeph,
  flipByte,
  S3BlobStore,
  type S3BlobStoreOptions,
  useEngine,
} from './engine.ts'
import { Meddler } from './meddler.ts'

describeWithCeph('an engine of blobs that fails', () => {
  const engine = useEngine({ rgws: 2 })

  async function meddled(
    options: Partial<S3BlobStoreOptions> = {},
  ): Promise<{ readonly blobs: S3BlobStore; readonly meddler: Meddler }> {
    const meddler = await Meddler.before(engine.cluster.endpoints[1] ?? '')
    const address = engine.fresh([meddler.endpoint])
    const blobs = await S3BlobStore.open({ address, keys: engine.keys, ...options })
    onTestFinished(async () => {
      await blobs.close()
      meddler.close()
    })
    return { blobs, meddler }
  }

  test.each(['lie', 'cut', 'flip'] as const)(
    'a blob is stored once and whole although its request meets a %s',
    async (harm) => {
      const { blobs, meddler } = await meddled()
      const bytes = pattern(300_000, 1)
      meddler.meddle(harm, { methods: /PUT/, times: 1 })
      const { id, size } = await blobs.write(from([bytes]))
      expect(size).toBe(bytes.length)
      expect(same(await readAll(blobs, id, { offset: 0, length: size }), bytes)).toBe(true)
      expect(await idsIn(blobs)).toEqual([id])
    },
  )

  test('a read goes on although one of its requests is cut', async () => {
    const { blobs, meddler } = await meddled()
    const bytes = pattern(3_000_000, 2)
    const { id } = await blobs.write(from([bytes]))
    meddler.meddle('cut', { methods: /GET/, times: 2 })
    const back = await readAll(blobs, id, { offset: 1, length: 2_999_998 })
    expect(same(back, bytes.subarray(1, 2_999_999))).toBe(true)
  })

  test('an engine that never answers is given up in time, asked no more, and used again', async () => {
    const { blobs, meddler } = await meddled({ requestMs: 2_000, totalMs: 2_500 })
    meddler.meddle('silence')
    await expect(blobs.write(from([pattern(10, 1)]))).rejects.toThrow(EngineUnavailableError)
    const asked = meddler.count
    const writes = Array.from({ length: 20 }, () => blobs.write(from([pattern(10, 1)])))
    const outcomes = await Promise.allSettled(writes)
    expect(outcomes.every(({ status }) => status === 'rejected')).toBe(true)
    expect(meddler.count).toBe(asked)
    await expect(blobs.probe()).rejects.toThrow(EngineUnavailableError)
    meddler.leaveAlone()
    await blobs.probe()
    const { id } = await blobs.write(from([pattern(10, 1)]))
    expect(await blobs.find(id)).toEqual({ id, size: 10 })
  })

  test('of two gateways one may die at any time, and come back', async () => {
    const { cluster, keys } = engine
    const blobs = await S3BlobStore.open({ address: engine.fresh(), keys })
    onTestFinished(() => blobs.close())
    const written: BlobId[] = []
    let stopped = false
    const writing = Array.from({ length: 3 }, async () => {
      while (!stopped) written.push((await blobs.write(from([pattern(200_000, 3)]))).id)
    })
    for (const number of [0, 1]) {
      const before = written.length
      await until(() => written.length > before + 3)
      await cluster.killRgw(number)
      const then = written.length
      await until(() => written.length > then + 3)
      await cluster.startRgw(number)
    }
    stopped = true
    await Promise.all(writing)
    expect(await idsIn(blobs)).toEqual(written.sort())
  })

  test('what has no room in memory is refused, and nobody else is harmed', async () => {
    const { blobs } = await meddled({ memory: 200_000, waitMs: 50 })
    let release = (): void => {}
    const gate = new Promise<void>((resolve) => {
      release = resolve
    })
    async function* slow(): AsyncIterable<Uint8Array> {
      yield pattern(100_000, 1)
      await gate
      yield pattern(1, 1)
    }
    const first = blobs.write(slow())
    await expect(blobs.write(from([pattern(100_000, 2)]))).rejects.toThrow(EngineUnavailableError)
    release()
    expect((await first).size).toBe(100_001)
    expect((await blobs.write(from([pattern(100_000, 2)]))).size).toBe(100_000)
  })

  test('a byte that changed in the engine is never given to anybody', async () => {
    const { keys } = engine
    const address = engine.fresh()
    const blobs = await S3BlobStore.open({ address, keys })
    onTestFinished(() => blobs.close())
    const bytes = pattern(500_000, 5)
    const { id } = await blobs.write(from([bytes]))
    await flipByte(engine, address, `${id.slice(0, 2)}/${id}`, 200_000)
    const before = await readAll(blobs, id, { offset: 0, length: 131_072 })
    expect(same(before, bytes.subarray(0, 131_072))).toBe(true)
    await expect(readAll(blobs, id, { offset: 250_000, length: 1 })).rejects.toThrow(
      BlobDamagedError,
    )
  })

  test('a bucket that does not exist is said to be missing when a store is opened', async () => {
    const address = engine.fresh().replace('s3://blobs', 's3://others')
    await expect(S3BlobStore.open({ address, keys: engine.keys })).rejects.toThrow(/others/)
  })
})

async function idsIn(blobs: BlobStore): Promise<BlobId[]> {
  const ids: BlobId[] = []
  const before = new Date(Date.now() + 60_000)
  for await (const { id } of blobs.list({ before })) ids.push(id)
  return ids.sort()
}
