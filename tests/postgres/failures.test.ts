/** What becomes of an operation when the connection, or the database, goes away in the middle of it. */

import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import { EngineUnavailableError } from '../../packages/server/src/ports/blob-store.ts'
import {
  blobsIn,
  blobsOf,
  bucketNamed,
  collectAll,
  commitParts,
  manifestOf,
  objectOf,
  openUpload,
  partNumbered,
  publishing,
  readManifest,
} from '../../packages/server/src/ports/metadata-samples.contract.ts'
import type { MetadataStore } from '../../packages/server/src/ports/metadata-store.ts'
import { describeWithPostgres, PostgresMetadataStore, useDatabase } from './database.ts'
import { LosingProxy, type Loss } from './losing-proxy.ts'

const soon = (): Date => new Date(Date.now() + 60_000)

const losses: readonly Loss[] = ['the statement', 'the answer']

describeWithPostgres('failures', () => {
  const database = useDatabase({ syncs: true })

  async function opened(
    options: { readonly connections?: number; readonly waitMs?: number } = {},
  ): Promise<{
    readonly metadata: PostgresMetadataStore
    readonly proxy: LosingProxy
    /** Past the proxy. */
    readonly url: string
  }> {
    const url = await database.fresh()
    const proxy = new LosingProxy()
    const metadata = await PostgresMetadataStore.open({ url: await proxy.before(url), ...options })
    onTestFinished(async () => {
      await metadata.close()
      await proxy.close()
    })
    await metadata.createBucket(bucketNamed('photos'))
    return { metadata, proxy, url }
  }

  async function held(metadata: MetadataStore): Promise<unknown> {
    const { uploads, parts, classes } = (await metadata.usage('photos')) ?? {}
    return { uploads, parts, objects: classes?.Standard?.objects ?? 0 }
  }

  test.each(losses)('a transaction whose commit loses %s happens exactly once', async (loss) => {
    const { metadata, proxy } = await opened()
    const losing = async <Result>(operation: () => Promise<Result>): Promise<Result> => {
      proxy.loseAt('commit', loss)
      return await operation()
    }
    const upload = await losing(() => openUpload(metadata, 'a'))
    const other = await openUpload(metadata, 'b')
    const parts = await commitParts(metadata, upload, 3)
    const replacing = partNumbered(2)
    expect(await losing(() => metadata.commitPart(upload, replacing))).toBe('committed')
    expect(await held(metadata)).toEqual({ uploads: 2, parts: 3, objects: 0 })
    expect(await losing(() => metadata.abortUpload(other))).toBe(true)
    const object = await losing(() => metadata.completeUpload(upload, publishing()))
    expect(object).toBeDefined()
    expect(await metadata.completeUpload(upload, publishing())).toBeUndefined()
    const manifest = manifestOf(2)
    const put = await losing(() => metadata.putObject(objectOf('c', manifest)))
    expect(put).toMatchObject({ key: 'c' })
    expect(await held(metadata)).toEqual({ uploads: 0, parts: 0, objects: 2 })
    expect(await losing(() => metadata.deleteObject('photos', 'c'))).toEqual({ kind: 'deleted' })
    const made = await losing(() => metadata.createBucket(bucketNamed('films')))
    expect(made.created).toBe(true)
    expect(proxy.lost).toBe(7)
    expect(blobsIn(await collectAll(metadata, soon()))).toEqual(
      blobsOf([...parts.filter(({ partNumber }) => partNumber === 2), ...manifest]),
    )
    const { entries } = await readManifest(metadata, 'a')
    const kept = parts.filter(({ partNumber }) => partNumber !== 2)
    expect(blobsOf(entries)).toEqual(blobsOf([...kept, replacing]))
  })

  test.each(losses)('a part whose statement loses %s is committed exactly once', async (loss) => {
    const { metadata, proxy } = await opened()
    const upload = await openUpload(metadata, 'a')
    const part = partNumbered(1)
    proxy.loseAt('addPart', loss)
    expect(await metadata.commitPart(upload, part)).toBe('committed')
    expect(proxy.lost).toBe(1)
    expect((await metadata.listParts(upload, { after: 0, limit: 9 }))?.rows).toEqual([part])
    expect(await held(metadata)).toEqual({ uploads: 1, parts: 1, objects: 0 })
    expect(await collectAll(metadata, soon())).toEqual([])
  })

  test.each(['replaced', 'completed', 'aborted'])(
    'a part whose answer is lost was committed, also when it was %s since',
    async (since) => {
      const { metadata, proxy, url } = await opened()
      const other = await PostgresMetadataStore.open({ url })
      onTestFinished(() => other.close())
      const upload = await openUpload(metadata, 'a')
      proxy.loseAt('addPart', 'the answer', () => {
        if (since === 'replaced') return other.commitPart(upload, partNumbered(1))
        if (since === 'aborted') return other.abortUpload(upload)
        return other.completeUpload(upload, publishing())
      })
      const part = partNumbered(1)
      expect(await metadata.commitPart(upload, part)).toBe('committed')
      const garbage = blobsIn(await collectAll(other, soon()))
      expect(garbage).toEqual(since === 'completed' ? [] : [part.blobId])
    },
  )

  test('connections that the database ended are replaced without anybody noticing', async () => {
    const { metadata } = await opened()
    const upload = await openUpload(metadata, 'a')
    await commitParts(metadata, upload, 40)
    for (let round = 0; round < 5; round++) {
      expect(await database.server.terminateBackends()).toBeGreaterThan(0)
      await metadata.putObject(objectOf(`key-${round}`, manifestOf(1)))
      expect(await metadata.commitPart(upload, partNumbered(100 + round))).toBe('committed')
    }
    expect(await held(metadata)).toEqual({ uploads: 1, parts: 45, objects: 5 })
  })

  test('what is refused while connections are ended all the time was not done, or done once', async () => {
    const { metadata } = await opened()
    const upload = await openUpload(metadata, 'a')
    let done = false
    const ending = (async () => {
      while (!done) {
        await database.server.terminateBackends()
        await sleep(15)
      }
    })()
    const acknowledged: number[] = []
    await Promise.all(
      Array.from({ length: 8 }, async (_, worker) => {
        for (let at = 0; at < 15; at++) {
          const number = 1 + worker * 15 + at
          try {
            const outcome = await metadata.commitPart(upload, partNumbered(number))
            if (outcome === 'committed') acknowledged.push(number)
          } catch (error) {
            if (!(error instanceof EngineUnavailableError)) throw error
          }
        }
      }),
    )
    done = true
    await ending
    const page = await metadata.listParts(upload, { after: 0, limit: 1_000 })
    const numbers = new Set(page?.rows.map(({ partNumber }) => partNumber))
    expect(acknowledged.filter((number) => !numbers.has(number))).toEqual([])
    expect(acknowledged.length).toBeGreaterThan(0)
    expect(await held(metadata)).toEqual({ uploads: 1, parts: numbers.size, objects: 0 })
  })

  test('who waits too long for one of few connections is refused, and the store goes on', async () => {
    const { metadata, url } = await opened({ connections: 2, waitMs: 300 })
    const upload = await openUpload(metadata, 'a')
    const inTheWay = new pg.Client({ connectionString: url })
    await inTheWay.connect()
    await inTheWay.query('BEGIN')
    await inTheWay.query('SELECT 1 FROM buckets FOR UPDATE')
    const waiting = ['b', 'c'].map((key) => metadata.putObject(objectOf(key, manifestOf(1))))
    const late = metadata.commitPart(upload, partNumbered(1))
    await expect(late).rejects.toBeInstanceOf(EngineUnavailableError)
    await expect(metadata.findBucket('photos')).rejects.toBeInstanceOf(EngineUnavailableError)
    await inTheWay.end()
    for (const put of await Promise.all(waiting)) expect(put).toMatchObject({ bucket: 'photos' })
    expect(await metadata.commitPart(upload, partNumbered(1))).toBe('committed')
  })

  test('without the database everything is refused at once, and goes on once it is back', async () => {
    const { metadata } = await opened()
    const manifest = manifestOf(3)
    await metadata.putObject(objectOf('a', manifest))
    const upload = await openUpload(metadata, 'b')
    await database.server.kill()
    const attempts = [
      () => metadata.probe(),
      () => metadata.findBucket('photos'),
      () => metadata.commitPart(upload, partNumbered(1)),
      () => metadata.putObject(objectOf('a', [])),
      () => metadata.completeUpload(upload, publishing()),
      () => metadata.openObject('photos', 'a'),
      () => metadata.dueGarbage({ before: soon(), limit: 10 }),
    ]
    for (const attempt of attempts) {
      await expect(attempt()).rejects.toBeInstanceOf(EngineUnavailableError)
    }
    await database.server.start()
    await metadata.probe()
    expect((await readManifest(metadata, 'a')).entries).toEqual(manifest)
    expect(await metadata.commitPart(upload, partNumbered(1))).toBe('committed')
  })
})
