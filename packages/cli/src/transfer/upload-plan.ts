/** Which files become which objects. */

import { stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { usageError } from '../command-error.ts'
import { formatOssUrl, parseOssUrl } from '../oss-url.ts'
import type { Service } from '../service.ts'
import type { Transfer } from './copy-one.ts'
import type { CopyOptions } from './copy-options.ts'
import { crc64Of } from './crc64-of.ts'
import type { Comparison } from './existing.ts'
import { namesIn } from './files-from.ts'
import { findObject } from './find-object.ts'
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
export async function* uploadFolder(
  service: Service,
  source: string,
  target: string,
  options: CopyOptions,
): AsyncGenerator<Transfer, void, void> {
  const { bucket, key } = parseOssUrl(target)
  const prefix = folderPrefix(key)
  if (options.filesFrom !== undefined) {
    for await (const name of namesIn(options.filesFrom)) {
      if (!options.selects(name)) continue
      const path = join(source, name)
      const size = (await stat(path).catch(() => undefined))?.size
      // What is not there fails when its turn comes, like any other.
      yield uploadTransfer(service, { source: path, bucket, key: prefix + name }, size, options)
    }
    return
  }
  for await (const { name, path, size } of listFiles(service, source, options.selects)) {
    const job = { source: path, bucket, key: prefix + name }
    yield uploadTransfer(service, job, size, options)
  }
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
    isCurrent: (comparison, signal) => isCurrent(service, job, comparison, signal),
    run: (context) => uploadOne(service, job, options, context),
  }
}

async function isCurrent(
  service: Service,
  { source, bucket, key }: UploadJob,
  comparison: Comparison,
  signal: AbortSignal,
): Promise<boolean> {
  const object = await findObject(service, { bucket, key }, signal)
  if (!object || comparison === 'existence') return object !== undefined
  // Stdin cannot be looked at before it is read.
  if (source === '-') return false
  const { size, mtimeMs } = await stat(source)
  if (size !== object.size) return false
  if (comparison === 'size') return true
  if (comparison === 'time') {
    // OSS tells whole seconds; a file of the same second counts as old.
    return (object.lastModified?.getTime() ?? 0) >= Math.floor(mtimeMs / 1000) * 1000
  }
  const { hashCrc64ecma } = object
  return hashCrc64ecma !== undefined && hashCrc64ecma === (await crc64Of(source, signal))
}
