/** From bucket to bucket, by the service itself: no byte passes here. */

import { basename } from 'node:path/posix'
import { copy, type HeadObjectAnswer } from '@lading/client/node'
import { CommandError, usageError } from '../command-error.ts'
import { exitCodes } from '../exit-codes.ts'
import { formatOssUrl, type OssUrl, parseObjectUrl, parseOssUrl } from '../oss-url.ts'
import type { Service } from '../service.ts'
import type { Transfer } from './copy-one.ts'
import type { CopyOptions } from './copy-options.ts'
import type { Comparison } from './existing.ts'
import { findObject } from './find-object.ts'
import { folderPrefix, listMeant } from './list-folder.ts'
import { givenAttributes } from './object-options.ts'
import { withLeaveToOverwrite } from './overwrite.ts'
import type { TransferContext, Transferred } from './transfer.ts'

export interface AcrossJob {
  readonly source: OssUrl
  readonly target: OssUrl
  /** Bytes; `undefined` when nobody has asked. */
  readonly size: number | undefined
  readonly lastModified: Date | undefined
}

/** `cp oss://BUCKET/KEY oss://BUCKET/[KEY]`: without a key, or with one that ends with a slash, the name is kept. */
export async function planAcross(
  service: Service,
  source: string,
  target: string,
  options: CopyOptions,
): Promise<Transfer> {
  const from = parseObjectUrl(source)
  const { bucket, key } = parseOssUrl(target)
  const keepsName = key === '' || key.endsWith('/')
  if (keepsName && from.key.endsWith('/')) {
    throw usageError(`"${from.key}" ends with a slash, so it gives no name`, 'Name the target.')
  }
  const to = { bucket, key: keepsName ? key + basename(from.key) : key }
  const replaces = Object.values(givenAttributes(options)).some((value) => value !== undefined)
  if (from.bucket === to.bucket && from.key === to.key && !replaces) {
    throw usageError('the source and the target are the same object')
  }
  const { client, signal } = service
  const { size, lastModified } = await client.headObject(from, { signal })
  return acrossTransfer(service, { source: from, target: to, size, lastModified }, options)
}

/**
 * `cp -r oss://BUCKET/[KEY] oss://BUCKET/[KEY]`.
 *
 * @throws {CommandError} not found, when there is nothing in the source.
 */
export async function* planAcrossFolder(
  service: Service,
  source: string,
  target: string,
  options: CopyOptions,
): AsyncGenerator<Transfer, void, void> {
  const from = parseOssUrl(source)
  const to = parseOssUrl(target)
  const prefix = folderPrefix(to.key)
  if (from.bucket === to.bucket && folderPrefix(from.key) === prefix) {
    throw usageError('the source and the target are the same folder')
  }
  let isEmpty = true
  for await (const { key, name, size, lastModified } of listMeant(service, from, options)) {
    if (prefix + name === '') continue
    isEmpty = false
    const job = {
      source: { bucket: from.bucket, key },
      target: { bucket: to.bucket, key: prefix + name },
      size,
      lastModified,
    }
    yield acrossTransfer(service, job, options)
  }
  if (isEmpty) {
    throw new CommandError(exitCodes.notFound, `there is nothing to copy under ${source}`)
  }
}

export function acrossTransfer(service: Service, job: AcrossJob, options: CopyOptions): Transfer {
  const { source, target, size } = job
  return {
    source: formatOssUrl(source.bucket, source.key),
    target: formatOssUrl(target.bucket, target.key),
    label: basename(source.key),
    size,
    isCurrent: (comparison, signal) => isCurrent(service, job, comparison, signal),
    run: (context) => copyAcross(service, job, options, context),
  }
}

async function isCurrent(
  service: Service,
  { source, target, size, lastModified }: AcrossJob,
  comparison: Comparison,
  signal: AbortSignal,
): Promise<boolean> {
  const there = await findObject(service, target, signal)
  if (!there || comparison === 'existence') return there !== undefined
  if (size === undefined || comparison === 'checksum') {
    const head = await service.client.headObject(source, { signal })
    return isSameObject(comparison, head, there)
  }
  return isSameObject(comparison, { size, lastModified, hashCrc64ecma: undefined }, there)
}

type Compared = Pick<HeadObjectAnswer, 'size' | 'lastModified' | 'hashCrc64ecma'>

function isSameObject(comparison: Comparison, source: Compared, target: Compared): boolean {
  if (source.size !== target.size) return false
  if (comparison === 'size') return true
  if (comparison === 'time') return (target.lastModified ?? 0) >= (source.lastModified ?? Infinity)
  return target.hashCrc64ecma !== undefined && target.hashCrc64ecma === source.hashCrc64ecma
}

function copyAcross(
  service: Service,
  { source, target }: AcrossJob,
  options: CopyOptions,
  context: TransferContext,
): Promise<Transferred> {
  const { client, output } = service
  const { partSize, parallel } = options
  const { onProgress, signal } = context
  return withLeaveToOverwrite(service, target, options, context, async (overwrite) => {
    const { size, parts, uploadId, etag, hashCrc64ecma, versionId, verified } = await copy(
      client,
      source,
      target,
      {
        partSize,
        parallel,
        // Whoever names a size of parts wants parts.
        ...(partSize !== undefined && { multipartThreshold: partSize }),
        ...givenAttributes(options),
        forbidOverwrite: !overwrite,
        signal,
        onProgress: ({ copied, total }) =>
          onProgress({ loaded: copied, resumed: 0, total, partsDone: 0, parts: undefined }),
        onNotice: (notice) => output.note(`lading: ${notice}`),
      },
    ).done
    const facts = { uploadId, etag, hashCrc64ecma, versionId, verified }
    return { size, parts, resumedParts: 0, facts }
  })
}
