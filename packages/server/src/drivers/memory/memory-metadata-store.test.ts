import { describeMetadataStore } from '../../ports/metadata-store.contract.ts'
import { MemoryMetadataStore } from './memory-metadata-store.ts'

describeMetadataStore('memory', async (options) => {
  const metadata = new MemoryMetadataStore(options)
  return { metadata, close: () => metadata.close() }
})
