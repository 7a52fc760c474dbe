import { describeBlobStore } from '../../ports/blob-store.contract.ts'
import { MemoryBlobStore } from './memory-blob-store.ts'

describeBlobStore('memory', async () => {
  const blobs = new MemoryBlobStore()
  return { blobs, close: () => blobs.close() }
})
