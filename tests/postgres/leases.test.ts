/** Which of several gateways does what one of them is enough for. */

import { startServer } from '@lading/server'
import { expect, onTestFinished, test } from 'vitest'
import { until } from '../support/until.ts'
import { describeWithPostgres, PostgresMetadataStore, useDatabase } from './database.ts'

const HOUR = 3_600_000

describeWithPostgres('a lease', () => {
  const database = useDatabase()

  async function open(url: string): Promise<PostgresMetadataStore> {
    const metadata = await PostgresMetadataStore.open({ url })
    onTestFinished(() => metadata.close())
    return metadata
  }

  test('is one gateway’s, which may claim it again, and no other gateway’s until it is over', async () => {
    const url = await database.fresh()
    const [{ leases: one }, { leases: other }] = [await open(url), await open(url)]
    expect(await one.claim('scrub', HOUR)).toBe(true)
    expect(await other.claim('scrub', HOUR)).toBe(false)
    expect(await other.claim('orphans', HOUR)).toBe(true)
    expect(await one.claim('scrub', 0)).toBe(true)
    await until(() => other.claim('scrub', HOUR))
    expect(await one.claim('scrub', HOUR)).toBe(false)
  })

  test('is one gateway’s, however many claim it in one instant', async () => {
    const url = await database.fresh()
    const stores = await Promise.all(Array.from({ length: 6 }, () => open(url)))
    for (let round = 0; round < 20; round += 1) {
      const claims = stores.map(({ leases }) => leases.claim(`task-${round}`, HOUR))
      expect((await Promise.all(claims)).filter((isOurs) => isOurs)).toHaveLength(1)
    }
  })

  test('of a gateway that ends is free at once', async () => {
    const url = await database.fresh()
    const [one, other] = [await PostgresMetadataStore.open({ url }), await open(url)]
    expect(await one.leases.claim('scrub', HOUR)).toBe(true)
    await one.close()
    expect(await other.leases.claim('scrub', HOUR)).toBe(true)
  })

  test('keeps two gateways from looking for orphans, ageing and scrubbing at the same time', async () => {
    const url = await database.fresh()
    const schema = /search_path%3D(\w+)/.exec(url)?.[1]
    const holders = async (): Promise<Record<string, string>> => {
      const rows = await database.server.query(
        `SELECT convert_from(task, 'UTF8') AS task, encode(holder, 'hex') AS holder
        FROM ${schema}.leases ORDER BY task`,
      )
      return Object.fromEntries(rows.map(({ task, holder }) => [task, String(holder)]))
    }
    const start = () =>
      startServer({
        metadata: url,
        credentials: [{ accessKeyId: 'LTAI-leases', accessKeySecret: 'a secret of leases' }],
        masterKey: '17'.repeat(32),
        collect: { intervalMs: 1, orphanIntervalMs: 1_000 },
        lifecycle: { intervalMs: 1_000 },
        scrubRate: 1_000,
      })
    const one = await start()
    onTestFinished(() => one.close())
    const tasks = ['lifecycles', 'orphans', 'scrub']
    await until(async () => Object.keys(await holders()).join() === tasks.join())
    const first = await holders()
    const other = await start()
    onTestFinished(() => other.close())
    expect(await holders()).toEqual(first)

    await one.close()
    await until(async () => {
      const { orphans, lifecycles } = await holders()
      return orphans !== undefined && lifecycles !== undefined && orphans !== first.orphans
    })
  })
})
