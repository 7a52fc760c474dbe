/** The MD5 of all bytes of an object, for those whose parts came in order. */

import type { StoredObject } from '../ports/metadata-store.ts'
import type { StoreDependencies } from './dependencies.ts'
import { opened } from './encryption.ts'
import { readerOf } from './manifest.ts'

/** Bytes. The whole is read once more for its MD5, and whoever waits would not wait for longer. */
export const LARGEST_WITH_MD5: number = 1024 ** 3

/**
 * Reads the object and keeps its MD5 with it. Gives the object as it then is: without an MD5 where it
 * is too large, or was replaced meanwhile, or does not read as what was stored.
 */
export async function keepWholeMd5(
  { blobs, metadata, masterKeys, makeHasher }: StoreDependencies,
  object: StoredObject,
): Promise<StoredObject> {
  const { bucket, key, versionId, size } = object
  if (size > LARGEST_WITH_MD5) return object
  const open = await metadata.openObject(bucket, key, versionId)
  if (!open) return object
  const { encryption } = open.object.attributes
  const reader = readerOf(opened(blobs, masterKeys, encryption), open)
  const hasher = makeHasher()
  try {
    for await (const chunk of reader.read({ offset: 0, length: open.object.size })) {
      await hasher.update(chunk)
    }
    const { md5, crc64 } = await hasher.finish()
    const changed = await metadata.updateObject({ bucket, key, versionId }, (current) => {
      const same = current.etag === object.etag && current.crc64 === crc64
      return same ? { ...current, md5 } : current
    })
    return changed?.etag === object.etag ? changed : object
  } finally {
    hasher.abandon()
    reader.release()
  }
}
