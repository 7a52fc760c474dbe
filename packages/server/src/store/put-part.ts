/** From bytes to a durable part. */

import { OssError } from '@lading/protocol'
import type { MetadataStore, ObjectEncryption, Part, UploadRef } from '../ports/metadata-store.ts'
import type { StoreDependencies } from './dependencies.ts'
import { type Expectations, observe } from './digests.ts'
import { noSuchUpload, noSuchUploadEc, notSequential, tryAgain } from './refusals.ts'
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
  const guard = found.sequential ? nextPartAlone(partNumber) : undefined
  guard?.(await heldUpTo(metadata, upload, partNumber))
  const { encryption } = found.attributes
  return storeBlob(
    dependencies,
    observed,
    { ...options, encryption },
    async (blobId, { md5, crc64, size }) => {
      const part = { partNumber, blobId, size, md5, crc64, uploadedAt: now() }
      const outcome = await metadata.commitPart(upload, part, guard)
      if (outcome === 'committed') return { ...part, encryption }
      throw outcome === 'no-upload' ? gone() : tryAgain()
    },
  )
}

/**
 * Of an upload whose parts come in order the parts held are always the first ones. Source: sequential
 * multipart upload, OSS error reference.
 */
function nextPartAlone(partNumber: number): (held: number) => void {
  return (held) => {
    if (partNumber <= held) throw new OssError('PartAlreadyExist', { ec: '0042-00000108' })
    if (partNumber > held + 1) throw notSequential(partNumber)
  }
}

/** How many are held, counted no further than to `partNumber`: what it takes to refuse before reading. */
async function heldUpTo(
  metadata: MetadataStore,
  upload: UploadRef,
  partNumber: number,
): Promise<number> {
  const query = { after: Math.max(0, partNumber - 2), limit: 2 }
  const page = await metadata.listParts(upload, query)
  return page?.rows.findLast((part) => part.partNumber <= partNumber)?.partNumber ?? 0
}
