/** From bytes to a durable part. */

import type { ObjectEncryption, Part, UploadRef } from '../ports/metadata-store.ts'
import type { StoreDependencies } from './dependencies.ts'
import { type Expectations, observe } from './digests.ts'
import { noSuchUpload, noSuchUploadEc, tryAgain } from './refusals.ts'
import { storeBlob } from './store-blob.ts'

export interface PutPartRequest {
  readonly upload: UploadRef
  readonly partNumber: number
  readonly bytes: AsyncIterable<Uint8Array>
  readonly expected: Expectations
  /** What a missing upload is refused under. Default: that of UploadPart. */
  readonly noSuchUploadEc?: string
}

/** A part, and how its bytes are kept. */
export interface StoredPart extends Part {
  readonly encryption: ObjectEncryption | undefined
}

/**
 * Stores one part. Durable when it resolves; until the commit nothing refers to the blob, so failing
 * anywhere leaves garbage for the collector and never a damaged upload.
 */
export async function putPart(
  dependencies: StoreDependencies,
  { upload, partNumber, bytes, expected, noSuchUploadEc: ec }: PutPartRequest,
  options: { signal?: AbortSignal } = {},
): Promise<StoredPart> {
  const { metadata, makeHasher, now } = dependencies
  const gone = (): Error => noSuchUpload(upload.uploadId, ec ?? noSuchUploadEc.uploadPart)
  // Ask before reading: nobody should have to send 5 GiB to learn that the upload is gone.
  const found = await metadata.findUpload(upload)
  if (!found) throw gone()

  const observed = observe(bytes, makeHasher, expected)
  const { encryption } = found.attributes
  return storeBlob(
    dependencies,
    observed,
    { ...options, encryption },
    async (blobId, { md5, crc64, size }) => {
      const part = { partNumber, blobId, size, md5, crc64, uploadedAt: now() }
      const outcome = await metadata.commitPart(upload, part)
      if (outcome === 'committed') return { ...part, encryption }
      throw outcome === 'no-upload' ? gone() : tryAgain()
    },
  )
}
