/** Reading through a symlink: whose bytes they are, and what is said of them. */

import { OssError } from '@lading/protocol'
import type { StoredObject } from '../store/store.ts'
import type { OssRequest } from './operation.ts'

/**
 * What `find` gives for the key that the link names. Whoever may read a link may not therefore read
 * what it leads to, so that is asked for as well.
 *
 * @throws {OssError} `AccessDenied`, `SymlinkTargetNotExist`; `InvalidTargetType` for another link.
 */
export async function followLink<Found>(
  request: OssRequest,
  link: StoredObject,
  find: (bucket: string, key: string) => Promise<Found>,
): Promise<Found> {
  const { bucket, symlinkTarget: key } = link
  if (key === undefined) throw new TypeError('This object is no link.')
  await request.authorize({ action: 'oss:GetObject', access: 'read', bucket, key })
  try {
    return await find(bucket, key)
  } catch (error) {
    if (!(error instanceof OssError) || error.code !== 'NoSuchKey') throw error
    throw new OssError('SymlinkTargetNotExist', { details: { Key: key } })
  }
}

/**
 * The object that a reader of the link is told of: length, sums and ETag are the target's, the date is
 * the later of both, and all else is the link's own. Source: HeadObject, OSS API reference.
 *
 * @throws {OssError} `InvalidTargetType` when the target is a link itself.
 */
export function seenThrough(link: StoredObject, target: StoredObject): StoredObject {
  if (target.type === 'Symlink') throw new OssError('InvalidTargetType')
  const { size, etag, crc64, md5 } = target
  const modifiedAt = link.modifiedAt > target.modifiedAt ? link.modifiedAt : target.modifiedAt
  return { ...link, size, etag, crc64, md5, modifiedAt }
}
