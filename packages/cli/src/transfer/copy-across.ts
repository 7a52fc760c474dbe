/** From bucket to bucket, by the service itself: no byte passes here. */

import { basename } from 'node:path/posix'
import { copy } from '@lading/client/node'
import { OssError } from '@lading/protocol'
import { CommandError, usageError } from '../command-error.ts'
import { exitCodes } from '../exit-codes.ts'
import { formatOssUrl, type OssUrl, parseObjectUrl, parseOssUrl } from '../oss-url.ts'
import type { Service } from '../service.ts'
import type { Transfer } from './copy-one.ts'
import type { CopyOptions } from './copy-options.ts'
import { folderPrefix, listFolder } from './list-folder.ts'
import { withLeaveToOverwrite } from './overwrite.ts'
import type { TransferContext, Transferred } from './transfer.ts'

export interface AcrossJob {
  readonly source: OssUrl
  readonly target: OssUrl
  /** Bytes. */
  readonly size: number
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
  const replaces = options.contentType !== undefined || Object.keys(options.metadata).length > 0
  if (from.bucket === to.bucket && from.key === to.key && !replaces) {
    throw usageError('the source and the target are the same object')
  }
  const { client, signal } = service
  const { size, lastModified } = await client.headObject(from, { signal })
  return acrossTransfer(service, { source: from, target: to, size, lastModified }, options)
}

/** `cp -r oss://BUCKET/[KEY] oss://BUCKET/[KEY]`. */
export async function planAcrossFolder(
  service: Service,
  source: string,
  target: string,
  options: CopyOptions,
): Promise<Transfer[]> {
  const from = parseOssUrl(source)
  const to = parseOssUrl(target)
  const prefix = folderPrefix(to.key)
  if (from.bucket === to.bucket && folderPrefix(from.key) === prefix) {
    throw usageError('the source and the target are the same folder')
  }
  const transfers: Transfer[] = []
  for await (const { key, relative, size, lastModified } of listFolder(service, from)) {
    if (prefix + relative === '' || !options.selects(relative)) continue
    const job = {
      source: { bucket: from.bucket, key },
      target: { bucket: to.bucket, key: prefix + relative },
      size,
      lastModified,
    }
    transfers.push(acrossTransfer(service, job, options))
  }
  if (transfers.length === 0) {
    throw new CommandError(exitCodes.notFound, `there is nothing to copy under ${source}`)
  }
  return transfers
}

export function acrossTransfer(service: Service, job: AcrossJob, options: CopyOptions): Transfer {
  const { source, target, size } = job
  return {
    source: formatOssUrl(source.bucket, source.key),
    target: formatOssUrl(target.bucket, target.key),
    label: basename(source.key),
    size,
    isCurrent: (signal) => isCurrent(service, job, signal),
    run: (context) => copyAcross(service, job, options, context),
  }
}

async function isCurrent(
  { client }: Service,
  { target, size, lastModified }: AcrossJob,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const found = await client.headObject(target, { signal })
    return found.size === size && (found.lastModified ?? 0) >= (lastModified ?? Infinity)
  } catch (error) {
    if (error instanceof OssError && error.status === 404) return false
    throw error
  }
}

function copyAcross(
  service: Service,
  { source, target }: AcrossJob,
  options: CopyOptions,
  context: TransferContext,
): Promise<Transferred> {
  const { client, output } = service
  const { partSize, parallel, contentType, metadata } = options
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
        contentType,
        ...(Object.keys(metadata).length > 0 && { metadata }),
        forbidOverwrite: !overwrite,
        signal,
        onProgress: ({ copied, total }) =>
          onProgress({ loaded: copied, resumed: 0, total, partsDone: 0, parts: undefined }),
        onNotice: (notice) => output.note(`lading: ${notice}`),
      },
    )
    const facts = { uploadId, etag, hashCrc64ecma, versionId, verified }
    return { size, parts, resumedParts: 0, facts }
  })
}
