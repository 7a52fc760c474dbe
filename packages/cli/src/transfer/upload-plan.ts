/** Which files become which objects. */

import { stat } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { OssError } from '@lading/protocol'
import { usageError } from '../command-error.ts'
import { formatOssUrl, parseOssUrl } from '../oss-url.ts'
import type { Service } from '../service.ts'
import type { Transfer } from './copy-one.ts'
import type { CopyOptions } from './copy-options.ts'
import { listFiles } from './list-files.ts'
import { folderPrefix } from './list-folder.ts'
import { requireUploadable, type UploadJob, uploadOne } from './upload-one.ts'

/** `cp FILE oss://BUCKET/[KEY]`: without a key, or with one that ends with a slash, the name is kept. */
export async function planUpload(
  service: Service,
  source: string,
  target: string,
  options: CopyOptions,
): Promise<Transfer> {
  const { bucket, key } = parseOssUrl(target)
  const keepsName = key === '' || key.endsWith('/')
  if (source === '-') {
    if (keepsName)
      throw usageError('what comes on stdin needs a key', 'Try: lading cp - oss://BUCKET/KEY')
    return uploadTransfer(service, { source, bucket, key }, undefined, options)
  }
  const kind = await requireUploadable(source)
  const size = kind === 'file' ? (await stat(source)).size : undefined
  const name = basename(resolve(source))
  const job = { source, bucket, key: keepsName ? key + name : key }
  return uploadTransfer(service, job, size, options)
}

/** `cp -r DIRECTORY oss://BUCKET/[KEY]`: what is in the directory goes under `KEY/`. */
export async function uploadFolder(
  service: Service,
  source: string,
  target: string,
  options: CopyOptions,
): Promise<Transfer[]> {
  const { bucket, key } = parseOssUrl(target)
  const prefix = folderPrefix(key)
  const transfers: Transfer[] = []
  for await (const { name, path, size } of listFiles(service, source, options.selects)) {
    const job = { source: path, bucket, key: prefix + name }
    transfers.push(uploadTransfer(service, job, size, options))
  }
  return transfers
}

export function uploadTransfer(
  service: Service,
  job: UploadJob,
  size: number | undefined,
  options: CopyOptions,
): Transfer {
  const { source, bucket, key } = job
  return {
    source,
    target: formatOssUrl(bucket, key),
    label: source === '-' ? 'stdin' : basename(source),
    size,
    isCurrent: (signal) => isCurrent(service, job, signal),
    run: (context) => uploadOne(service, job, options, context),
  }
}

async function isCurrent(
  { client }: Service,
  { source, bucket, key }: UploadJob,
  signal: AbortSignal,
): Promise<boolean> {
  if (source === '-') return false
  try {
    const { size, lastModified } = await client.headObject({ bucket, key }, { signal })
    const file = await stat(source)
    // OSS tells whole seconds; a file of the same second counts as old.
    return (
      size === file.size && (lastModified?.getTime() ?? 0) >= Math.floor(file.mtimeMs / 1000) * 1000
    )
  } catch (error) {
    if (error instanceof OssError && error.status === 404) return false
    throw error
  }
}
