/** The service, in a process that tells what it costs. */

import { randomBytes } from 'node:crypto'
import { freeBodiesEarly, startServer } from '@lading/server'
import { answerAsks, settings } from './answer-asks.ts'
import { type BlobDriver, loadFilesBlobStore, loadMemoryBlobStore } from './server-internals.ts'

export interface LadingServerSettings {
  /** Without it, metadata is kept in memory. */
  readonly directory?: string
  /**
   * What becomes of bodies. `durable`, the service as it is; `unsynced`, without the syncs of files;
   * `dropped`, hashed and forgotten. Rows are durable wherever there is a directory.
   */
  readonly blobs: 'durable' | 'unsynced' | 'dropped'
  /** Addresses of engines on other machines: `metadata` without `engine` leaves bytes to memory. */
  readonly metadata?: string
  readonly engine?: string
}

const { directory, blobs, metadata, engine } = settings<LadingServerSettings>()
const files = await loadFilesBlobStore()
if (blobs === 'unsynced') {
  const { open } = files
  files.open = (path, options) => open.call(files, path, { ...options, syncs: 'off' })
} else if (blobs === 'dropped') {
  dropping(files.prototype)
  dropping((await loadMemoryBlobStore()).prototype)
}

// As `lading serve` does.
freeBodiesEarly()
const credentials = { accessKeyId: 'bench', accessKeySecret: 'bench-secret' }
const server = await startServer({
  data: directory ? { directory } : 'memory',
  credentials: [credentials],
  buckets: metadata ? ['bench', 'few', 'many'] : ['bench'],
  // Gateways share it.
  ...(metadata && { metadata, masterKey: '17'.repeat(32) }),
  ...(engine && { blobs: engine }),
})
answerAsks({ address: () => server.port })

function dropping(driver: BlobDriver): void {
  driver.write = async (bytes) => {
    let size = 0
    for await (const chunk of bytes) size += chunk.length
    return { id: randomBytes(16).toString('hex'), size }
  }
}
