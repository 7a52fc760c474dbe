import { expect, test } from 'vitest'
import { MemoryBlobStore } from '../../packages/server/src/drivers/memory/memory-blob-store.ts'
import {
  ALL_SEQUENCES,
  compareWithModel,
} from '../../packages/server/src/drivers/model-commands.contract.ts'
import { Clock } from '../../packages/server/src/ports/metadata-samples.contract.ts'
import { describeWithPostgres, PostgresMetadataStore, useDatabase } from './database.ts'

/** The same commands as the other drivers; each costs several answers of a server. */
const SEQUENCES = Number(process.env.LADING_MODEL_SEQUENCES ?? (process.env.CI ? 150 : 15))

describeWithPostgres('the model', () => {
  const database = useDatabase()

  test(`PostgreSQL does what the model does, over ${SEQUENCES} sequences of commands`, async () => {
    const clock = new Clock()
    const metadata = await PostgresMetadataStore.open({
      url: await database.fresh(),
      now: clock.now,
    })
    try {
      const real = { blobs: new MemoryBlobStore(), metadata }
      const unreached = await compareWithModel(real, clock, SEQUENCES)
      if (SEQUENCES >= ALL_SEQUENCES) expect(unreached).toEqual([])
    } finally {
      await metadata.close()
    }
  }, 600_000)
})
