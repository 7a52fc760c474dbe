/** Symlinks: objects without bytes that name another key of their bucket. */

import { createHash } from 'node:crypto'
import { md5ETag } from '@lading/protocol'
import type { StoredObject } from '../ports/metadata-store.ts'
import { type RequestedAttributes, settleAttributes } from './attributes.ts'
import { getBucket } from './buckets.ts'
import type { StoreDependencies } from './dependencies.ts'
import { guardOf, noSuchBucket, tryAgain } from './refusals.ts'

export interface PutSymlinkRequest {
  readonly bucket: string
  readonly key: string
  /** A key. Nobody looks whether there is such an object before the link is read. */
  readonly target: string
  readonly attributes: RequestedAttributes
  readonly forbidOverwrite: boolean
}

/** Stores a link, in place of whatever its key held. */
export async function putSymlink(
  dependencies: StoreDependencies,
  request: PutSymlinkRequest,
): Promise<StoredObject> {
  const { metadata, now } = dependencies
  const { bucket: name, key, target } = request
  const bucket = await getBucket(metadata, name)
  // There are no bytes to encrypt.
  const { encryption: _, ...attributes } = await settleAttributes(
    dependencies,
    request.attributes,
    bucket,
  )
  const published = await metadata.putObject(
    {
      bucket: name,
      key,
      type: 'Symlink',
      size: 0,
      // Of the target's name, so that it changes when the link does.
      etag: md5ETag(createHash('md5').update(target).digest()),
      crc64: 0n,
      md5: undefined,
      modifiedAt: now(),
      attributes,
      symlinkTarget: target,
      manifest: [],
    },
    guardOf(request, bucket),
  )
  if (published === 'no-bucket') throw noSuchBucket(name)
  if (published === 'condemned') throw tryAgain()
  return published
}
