/** What `fsck` says of a store over PostgreSQL: nothing of a sound one, and what is wrong of another. */

import { expect, onTestFinished, test } from 'vitest'
import { MemoryBlobStore } from '../../packages/server/src/drivers/memory/memory-blob-store.ts'
import { type CheckReport, checkStore } from '../../packages/server/src/inspect/check-store.ts'
import {
  bucketNamed,
  commitParts,
  manifestOf,
  objectOf,
  openUpload,
} from '../../packages/server/src/ports/metadata-samples.contract.ts'
import { opened } from '../../packages/server/src/store/encryption.ts'
import { createStore } from '../../packages/server/src/store/store.ts'
import {
  initiate,
  makeHasher,
  masterKeys,
  putPart,
  putText,
} from '../../packages/server/src/store/store-samples.contract.ts'
import { describeWithPostgres, PostgresMetadataStore, useDatabase } from './database.ts'

describeWithPostgres('an audit', () => {
  const database = useDatabase()

  async function openedStore() {
    const url = await database.fresh()
    const schema = /search_path%3D(\w+)/.exec(url)?.[1] ?? ''
    const metadata = await PostgresMetadataStore.open({ url })
    onTestFinished(() => metadata.close())
    const blobs = new MemoryBlobStore()
    const now = metadata.now
    const store = createStore({ blobs, metadata, masterKeys, makeHasher, now })
    await metadata.createBucket(bucketNamed('photos'))
    for (const key of ['a', 'b', 'c']) await putText(store, key, `the bytes of ${key}`)
    await metadata.updateBucket('photos', (bucket) => ({ ...bucket, versioning: 'Enabled' }))
    await putText(store, 'a', 'newer bytes')
    await metadata.deleteObject('photos', 'b')
    const upload = await initiate(store, 'd')
    for (const number of [1, 2, 2]) await putPart(store, upload, number, `part ${number}`)
    const check = async (options: { readonly repair?: boolean } = {}): Promise<CheckReport> => {
      const audit = await metadata.audit()
      const plain = (encryption: Parameters<typeof opened>[2]) =>
        opened(blobs, masterKeys, encryption)
      try {
        const dependencies = { audit, metadata, blobs, plain, makeHasher, now }
        return await checkStore(dependencies, { deep: true, ...options })
      } finally {
        audit.close()
      }
    }
    /** Changes a row behind everybody's back. */
    const damage = async (text: string): Promise<void> => {
      await database.server.query(text.replaceAll('@', `${schema}.`))
    }
    return { metadata, store, check, damage }
  }

  test('finds nothing wrong where nothing is', async () => {
    const { check } = await openedStore()
    expect(await check()).toMatchObject({
      problems: [],
      buckets: 1,
      objects: 4,
      uploads: 1,
      parts: 2,
      garbageBlobs: 1,
    })
  })

  test('sees one moment, and no blob of it is collected while it looks', async () => {
    const { metadata } = await openedStore()
    const upload = await openUpload(metadata, 'x')
    await commitParts(metadata, upload, 2)
    const audit = await metadata.audit()
    await metadata.abortUpload(upload)
    await metadata.putObject(objectOf('later', manifestOf(1)))
    const keys: string[] = []
    for await (const { object } of audit.objects()) keys.push(object.key)
    expect(keys.sort()).toEqual(['a', 'a', 'b', 'c'])
    const uploads: string[] = []
    for await (const found of audit.uploads()) uploads.push(found.upload.key)
    expect(uploads.sort()).toEqual(['d', 'x'])
    const soon = new Date(Date.now() + 60_000)
    const kept = await metadata.dueGarbage({ before: soon, limit: 10 })
    expect(kept.filter(({ blobs }) => blobs.length === 2)).toEqual([])
    audit.close()
    audit.close()
    const due = await metadata.dueGarbage({ before: soon, limit: 10 })
    expect(due.filter(({ blobs }) => blobs.length === 2)).toHaveLength(1)
  })

  test.each([
    ['a claim that is gone', 'DELETE FROM @blobs', 'unclaimed-blob'],
    [
      'a claim that nothing needs',
      "INSERT INTO @blobs VALUES (decode(repeat('ab', 16), 'hex'), false)",
      'idle-claim',
    ],
    ['a count that is wrong', 'UPDATE @usage SET objects = objects + 1, bytes = 7', 'wrong-count'],
  ])('finds %s, and puts it right', async (_, text, kind) => {
    const { check, damage } = await openedStore()
    await damage(text)
    const found = await check()
    expect(found.problems.map((problem) => problem.kind)).toContain(kind)
    const repaired = await check({ repair: true })
    expect(repaired.repaired).toBeGreaterThan(0)
    expect((await check()).problems).toEqual([])
  })

  test.each([
    ['parts whose upload is gone', 'DELETE FROM @uploads', /parts of upload \w+ are left/],
    [
      'a manifest that no object has',
      "INSERT INTO @segments VALUES (decode(repeat('cd', 16), 'hex'), 0, 0, '')",
      /manifest (cd)+ is left/,
    ],
  ])('finds %s', async (_, text, what) => {
    const { check, damage } = await openedStore()
    await damage(text)
    const found = (await check()).problems.find(({ kind }) => kind === 'contradiction')
    expect(found?.what).toMatch(what)
  })
})
