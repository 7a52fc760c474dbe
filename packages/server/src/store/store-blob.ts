/** Bytes into a blob, and the blob into the metadata, or no trace of either. */

import { OssError } from '@lading/protocol'
import { type BlobId, NoSpaceError } from '../ports/blob-store.ts'
import type { ObjectEncryption } from '../ports/metadata-store.ts'
import type { StoreDependencies } from './dependencies.ts'
import type { Digests, Observed } from './digests.ts'
import { sealed } from './encryption.ts'
import { discard } from './refusals.ts'

/**
 * Writes `observed`, encrypted so, and then lets `publish` name the blob. When that refuses, the blob is deleted.
 * When it fails otherwise, nobody can say whether it happened, and the blob stays: the collector
 * knows whether anything names it.
 */
export async function storeBlob<Result>(
  { blobs, masterKeys }: Pick<StoreDependencies, 'blobs' | 'masterKeys'>,
  observed: Observed,
  options: { signal?: AbortSignal | undefined; encryption: ObjectEncryption | undefined },
  publish: (blobId: BlobId, digests: Digests) => Promise<Result>,
): Promise<Result> {
  const { signal, encryption } = options
  const source = await sealed(masterKeys, encryption, observed.bytes)
  const blob = await blobs.write(source, signal ? { signal } : {})
  const digests = observed.digests()
  if (blob.size !== digests.size) {
    throw new Error(`Blob ${blob.id} holds ${blob.size} of ${digests.size} bytes.`)
  }
  try {
    return await publish(blob.id, digests)
  } catch (error) {
    if (error instanceof OssError || error instanceof NoSpaceError) await discard(blobs, blob.id)
    throw error
  }
}
