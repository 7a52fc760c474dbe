/** How the tables come to be, and what is done about tables that are not known. */

import { expect, onTestFinished, test } from 'vitest'
import { migrations } from '../../packages/server/src/drivers/postgres/schema.ts'
import { bucketNamed } from '../../packages/server/src/ports/metadata-samples.contract.ts'
import { describeWithPostgres, PostgresMetadataStore, useDatabase } from './database.ts'

describeWithPostgres('the tables', () => {
  const database = useDatabase()

  async function open(url: string): Promise<PostgresMetadataStore> {
    const metadata = await PostgresMetadataStore.open({ url })
    onTestFinished(() => metadata.close())
    return metadata
  }

  /** Looks into the place that `url` names. */
  async function ask(url: string, text: string): Promise<Record<string, unknown>[]> {
    const schema = /search_path%3D(\w+)/.exec(url)?.[1]
    return await database.server.query(text.replaceAll('@', `${schema}.`))
  }

  test('are made once, however many gateways open an empty database in one instant', async () => {
    const url = await database.fresh()
    const stores = await Promise.all(Array.from({ length: 6 }, () => open(url)))
    await Promise.all(stores.map((store, at) => store.createBucket(bucketNamed(`bucket-${at}`))))
    expect(await stores[0]?.findBucket('bucket-5')).toEqual(bucketNamed('bucket-5'))
    const versions = await ask(url, 'SELECT version FROM @lading_version')
    expect(versions).toEqual([{ version: migrations.length }])
    expect(await ask(url, 'SELECT count(*)::int4 AS slots FROM @key_locks')).toEqual([
      { slots: 4_096 },
    ])
  })

  test('stay as they are when they are opened again', async () => {
    const url = await database.fresh()
    await (await open(url)).createBucket(bucketNamed('photos'))
    expect(await (await open(url)).findBucket('photos')).toEqual(bucketNamed('photos'))
  })

  test('of a newer version are refused and not touched', async () => {
    const url = await database.fresh()
    await open(url)
    const newer = migrations.length + 1
    await ask(url, `UPDATE @lading_version SET version = ${newer}`)
    await expect(PostgresMetadataStore.open({ url })).rejects.toThrow(
      `The tables are of version ${newer}`,
    )
    expect(await ask(url, 'SELECT version FROM @lading_version')).toEqual([{ version: newer }])
  })

  test('whose making broke off are made by the next', async () => {
    const url = await database.fresh()
    await ask(url, 'CREATE TABLE @lading_version (id int4 PRIMARY KEY, version int4 NOT NULL)')
    await (await open(url)).createBucket(bucketNamed('photos'))
  })
})
