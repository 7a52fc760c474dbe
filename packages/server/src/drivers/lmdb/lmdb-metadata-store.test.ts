import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeMetadataStore } from '../../ports/metadata-store.contract.ts'
import { LmdbMetadataStore } from './lmdb-metadata-store.ts'

describeMetadataStore('lmdb', async (options) => {
  const parent = await mkdtemp(join(tmpdir(), 'lading-meta-'))
  const metadata = await LmdbMetadataStore.open({ ...options, directory: join(parent, 'meta') })
  return {
    metadata,
    close: async () => {
      await metadata.close()
      await rm(parent, { recursive: true })
    },
  }
})
