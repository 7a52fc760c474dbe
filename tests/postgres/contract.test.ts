import { describeMetadataStore } from '../../packages/server/src/ports/metadata-store.contract.ts'
import { describeWithPostgres, PostgresMetadataStore, useDatabase } from './database.ts'

describeWithPostgres('the contract over PostgreSQL', () => {
  const database = useDatabase()
  describeMetadataStore('postgres', async ({ now }) => {
    const metadata = await PostgresMetadataStore.open({ url: await database.fresh(), now })
    return { metadata, close: () => metadata.close() }
  })
})
