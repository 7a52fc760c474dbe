/** Whether a file that is offered is the one that an upload began with. */

import { md5ETag, sameETag } from '@lading/protocol'
import { blobBody } from '../body.ts'
import { IntegrityError } from '../errors.ts'
import { isMd5ETag, sumsOf } from '../operations/prove.ts'
import type { UploadClient } from '../upload-client.ts'
import type { Checkpoint } from '../uploader/checkpoint.ts'

/** What to call a file in checkpoints: its path below the folder that was chosen, or its name. */
export function fileName(file: File): string {
  return file.webkitRelativePath || file.name
}

/**
 * Resolves if `file` can be what the upload was begun with: it has the same name, size and time, or at
 * least the same size and the same bytes in every part that the service has; of a file that is called
 * the same, the first and the last of those are compared. Sends nothing.
 *
 * @throws {IntegrityError} with the reason, for a human to read.
 */
export async function requireSameFile(
  client: UploadClient,
  checkpoint: Checkpoint,
  file: File,
): Promise<void> {
  const { bucket, key, uploadId, partSize, source, sourceVersion } = checkpoint
  const size = Number(sourceVersion.split('-')[0])
  if (file.size !== size) {
    throw other(checkpoint, file, `it has ${file.size} bytes and not ${size}`)
  }
  const looksSame =
    fileName(file) === source && `${file.size}-${file.lastModified}` === sourceVersion
  const held = []
  for await (const { parts } of client.listPartsPages({ bucket, key, uploadId }))
    held.push(...parts)
  const comparable = held.filter(({ etag }) => isMd5ETag(etag))
  const compared = looksSame
    ? comparable.filter((_, at, { length }) => at % (length - 1 || 1) === 0)
    : comparable
  if (!looksSame && compared.length === 0) {
    throw other(
      checkpoint,
      file,
      'its name or time differ, and there is no part to compare it with',
    )
  }
  const makeHasher = await client.hasher({ crc64: false })
  for (const { partNumber, etag, size } of compared) {
    const offset = (partNumber - 1) * partSize
    const slice = file.slice(offset, offset + size)
    const { md5 } = await sumsOf(blobBody(slice).open(), makeHasher)
    if (!sameETag(etag, md5ETag(md5))) {
      throw other(checkpoint, file, `part ${partNumber} of the upload has other bytes`)
    }
  }
}

function other({ source }: Checkpoint, file: File, why: string): IntegrityError {
  return new IntegrityError(
    'source',
    `${fileName(file)} is not the ${source} that this upload was begun with: ${why}. Choose that file, or begin a new upload. Nothing was sent.`,
  )
}
