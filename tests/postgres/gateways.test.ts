/** Two stores over one database, as two gateways have them: what meets comes out as if one had been first. */

import { expect, onTestFinished, test } from 'vitest'
import { statements } from '../../packages/server/src/drivers/postgres/connections.ts'
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
import type { Garbage, MetadataStore } from '../../packages/server/src/ports/metadata-store.ts'
import { describeWithPostgres, PostgresMetadataStore, useDatabase } from './database.ts'

const ROUNDS = Number(process.env.LADING_RACE_ROUNDS ?? (process.env.CI ? 60 : 15))

const soon = (): Date => new Date(Date.now() + 60_000)

describeWithPostgres('two gateways', () => {
  const database = useDatabase()

  async function twoStores(): Promise<[PostgresMetadataStore, PostgresMetadataStore]> {
    const url = await database.fresh()
    const open = async (): Promise<PostgresMetadataStore> => {
      const metadata = await PostgresMetadataStore.open({ url })
      onTestFinished(() => metadata.close())
      return metadata
    }
    const stores: [PostgresMetadataStore, PostgresMetadataStore] = [await open(), await open()]
    await stores[0].createBucket(bucketNamed('photos'))
    return stores
  }

  /**
   * Complete, complete, abort, two late parts and a put of the same key, all at once. Gives back what is
   * wrong with how it came out.
   */
  async function race(
    [one, two]: readonly [MetadataStore, MetadataStore],
    round: number,
  ): Promise<string[]> {
    const key = `key-${round}`
    const upload = await openUpload(one, key)
    const parts = await commitParts(one, upload, 3)
    const late = [partNumbered(2), partNumbered(4)] as const
    const [first, second, aborted, replaced, added] = await Promise.all([
      one.completeUpload(upload, publishing()),
      round % 2 === 0 ? two.completeUpload(upload, publishing()) : undefined,
      round % 3 === 0 ? two.abortUpload(upload) : false,
      two.commitPart(upload, late[0]),
      one.commitPart(upload, late[1]),
    ])
    const wrong: string[] = []
    const winners = [first, second, aborted].filter(Boolean).length
    if (winners !== 1) wrong.push(`${winners} winners`)
    if (aborted) return wrong
    const held = new Map(parts.map((part) => [part.partNumber, part.blobId]))
    if (replaced === 'committed') held.set(2, late[0].blobId)
    if (added === 'committed') held.set(4, late[1].blobId)
    const { entries } = await readManifest(two, key)
    const published = entries.map(({ blobId }) => blobId).sort()
    if (published.join() !== [...held.values()].sort().join()) {
      wrong.push(`acknowledged ${[...held.keys()]}, and ${published.length} are in the object`)
    }
    return wrong
  }

  test(`of completions, an abort and late parts exactly one wins, and no part is lost: ${ROUNDS} rounds`, async () => {
    const stores = await twoStores()
    const wrong: string[] = []
    for (let round = 0; round < ROUNDS; round++) wrong.push(...(await race(stores, round)))
    expect(wrong).toEqual([])
    const { uploads, parts } = (await stores[0].usage('photos')) ?? {}
    expect({ uploads, parts }).toEqual({ uploads: 0, parts: 0 })
  })

  test('without the lock of a part on its upload, parts are lost', async () => {
    const { addPart, shareUpload } = statements
    statements.addPart = addPart.replace('FOR SHARE', '')
    statements.shareUpload = shareUpload.replace('FOR SHARE', '')
    onTestFinished(() => {
      Object.assign(statements, { addPart, shareUpload })
    })
    const stores = await twoStores()
    const wrong: string[] = []
    for (let round = 0; round < 200 && wrong.length === 0; round++) {
      wrong.push(...(await race(stores, round)))
    }
    expect(wrong).not.toEqual([])
  })

  test('of puts and deletions of one key the last is there, and every other one is garbage', async () => {
    const [one, two] = await twoStores()
    await one.updateBucket('photos', (bucket) => ({ ...bucket, versioning: 'Enabled' }))
    const ids: string[] = []
    await Promise.all(
      Array.from({ length: 24 }, async (_, at) => {
        const store = at % 2 === 0 ? one : two
        if (at % 4 === 3) {
          const deletion = await store.deleteObject('photos', 'a')
          if (deletion.kind === 'marked') ids.push(deletion.versionId)
          return
        }
        const object = await store.putObject(objectOf('a', manifestOf(1)))
        if (typeof object === 'object') ids.push(object.versionId)
      }),
    )
    expect(new Set(ids).size).toBe(24)
    const query = { prefix: '', delimiter: '', after: undefined, afterVersionId: undefined }
    const page = await one.listVersions('photos', { ...query, limit: 100 })
    const listed = page.rows.flatMap((entry) => (entry.kind === 'row' ? [entry.row] : []))
    const order = listed.map((row) =>
      row.kind === 'object' ? row.object.versionId : row.marker.versionId,
    )
    expect(order).toEqual([...ids].sort().reverse())
    expect(listed.map(({ latest }) => latest)).toEqual(order.map((_, at) => at === 0))
  })

  test('upload ids ascend across gateways', async () => {
    const [one, two] = await twoStores()
    const ids: string[] = []
    for (let at = 0; at < 20; at++) {
      ids.push((await openUpload(at % 2 === 0 ? one : two, 'a')).uploadId)
    }
    expect([...ids].sort()).toEqual(ids)
  })

  test('a read through one keeps its blobs from the collector of the other', async () => {
    const [one, two] = await twoStores()
    const manifest = manifestOf(20)
    await one.putObject(objectOf('a', manifest))
    const reader = await one.openObject('photos', 'a')
    await two.deleteObject('photos', 'a')
    expect(await two.dueGarbage({ before: soon(), limit: 10 })).toEqual([])
    reader?.release()
    // The other one learns of it when the term of this one is renewed, or over, or given up.
    await one.close()
    expect(blobsIn(await collectAll(two, soon()))).toEqual(blobsOf(manifest))
  })

  test('two collectors share the garbage: no item is given to both, and none stays', async () => {
    const [one, two] = await twoStores()
    const manifests = Array.from({ length: 60 }, () => manifestOf(2))
    for (const [at, manifest] of manifests.entries()) {
      await one.putObject(objectOf(`key-${at}`, manifest))
      await two.deleteObject('photos', `key-${at}`)
    }
    const given: Garbage[][] = [[], []]
    const collect = async (store: MetadataStore, at: number): Promise<void> => {
      for (;;) {
        const items = await store.dueGarbage({ before: soon(), limit: 7 })
        if (items.length === 0) return
        given[at]?.push(...items)
        for (const item of items) await store.settleGarbage(item)
      }
    }
    await Promise.all([collect(one, 0), collect(two, 1)])
    const all = given.flat()
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length)
    expect(blobsIn(all)).toEqual(blobsOf(manifests.flat()))
    expect((await one.survey({ staleBefore: soon() })).garbageItems).toBe(0)
  })

  test('what a bucket holds is counted exactly by all of them together', async () => {
    const [one, two] = await twoStores()
    await Promise.all(
      Array.from({ length: 80 }, async (_, at) => {
        const store = at % 2 === 0 ? one : two
        await store.putObject(objectOf(`key-${at % 30}`, manifestOf(at % 3)))
      }),
    )
    const page = await two.listObjects('photos', {
      prefix: '',
      delimiter: '',
      after: undefined,
      limit: 1_000,
    })
    const sizes = page.rows.map((entry) => (entry.kind === 'row' ? entry.row.size : 0))
    const bytes = sizes.reduce((sum, size) => sum + size, 0)
    expect((await one.usage('photos'))?.classes).toEqual({ Standard: { objects: 30, bytes } })
  })
})
