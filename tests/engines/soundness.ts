/** What is left in a place that gateways shared, once none of them runs any more. */

import { startServer } from '@lading/server'
import { type CheckReport, checkStore } from '../../packages/server/src/inspect/check-store.ts'
import { opened } from '../../packages/server/src/store/encryption.ts'
import { makeHasher, masterKeys } from '../../packages/server/src/store/store-samples.contract.ts'
import { PostgresMetadataStore } from '../postgres/database.ts'
import { S3BlobStore } from '../s3/engine.ts'
import { MASTER_KEY, type Place } from '../support/places.ts'
import { KEY_PAIR } from '../support/serve-process.ts'

/** What `fsck` says of all rows and all bytes. */
export async function checkPlace({ metadata: url, blobs: address }: Place): Promise<CheckReport> {
  const metadata = await PostgresMetadataStore.open({ url })
  const blobs = await S3BlobStore.open({ address })
  const audit = await metadata.audit()
  try {
    const plain = (encryption: Parameters<typeof opened>[2]) =>
      opened(blobs, masterKeys, encryption)
    const dependencies = { audit, metadata, blobs, plain, makeHasher, now: metadata.now }
    return await checkStore(dependencies, { deep: true })
  } finally {
    audit.close()
    await blobs.close()
    await metadata.close()
  }
}

/** Collects whatever nobody names, however young it is, and resolves with how many blobs could not be deleted. */
export async function collectPlace(place: Place): Promise<number> {
  const server = await startServer({
    ...place,
    masterKey: MASTER_KEY,
    credentials: [KEY_PAIR],
    collect: { graceMs: 0, orphanAgeMs: 0 },
  })
  try {
    const { failures } = await server.collectGarbage()
    return failures
  } finally {
    await server.close()
  }
}
