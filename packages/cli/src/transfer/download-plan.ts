/** Which objects become which files. */

import { stat } from 'node:fs/promises'
import { basename, join, sep } from 'node:path'
import { CommandError, usageError } from '../command-error.ts'
import { exitCodes } from '../exit-codes.ts'
import { formatOssUrl, parseObjectUrl, parseOssUrl } from '../oss-url.ts'
import type { Service } from '../service.ts'
import type { Transfer } from './copy-one.ts'
import type { CopyOptions } from './copy-options.ts'
import { type DownloadJob, downloadOne } from './download-one.ts'
import { listFolder } from './list-folder.ts'
import { localPathOf } from './local-path.ts'

/** `cp oss://BUCKET/KEY FILE`: into a directory the last part of the key is the name. */
export async function planDownload(
  service: Service,
  source: string,
  target: string,
  options: CopyOptions,
): Promise<Transfer> {
  const { bucket, key } = parseObjectUrl(source)
  const { client, signal } = service
  const { size, lastModified } = await client.headObject({ bucket, key }, { signal })
  const job = { bucket, key, size, target: await resolveTarget(target, key) }
  return downloadTransfer(service, job, lastModified, options)
}

/** `cp -r oss://BUCKET/[KEY] DIRECTORY`: what is under `KEY/` goes into the directory. */
export async function downloadFolder(
  service: Service,
  source: string,
  target: string,
  options: CopyOptions,
): Promise<Transfer[]> {
  const url = parseOssUrl(source)
  const transfers: Transfer[] = []
  for await (const { key, relative, size, lastModified } of listFolder(service, url)) {
    if (!options.selects(relative)) continue
    const { bucket } = url
    try {
      const path = localPathOf(target, relative)
      if (path === undefined) continue
      const job = { bucket, key, size, target: path }
      transfers.push(downloadTransfer(service, job, lastModified, options))
    } catch (error) {
      transfers.push(refused(formatOssUrl(bucket, key), target, error))
    }
  }
  if (transfers.length === 0) {
    throw new CommandError(exitCodes.notFound, `there is nothing under ${source}`)
  }
  return transfers
}

/** A transfer that fails when its turn comes, so that it is counted and told like any other. */
export function refused(source: string, target: string, error: unknown): Transfer {
  return {
    source,
    target,
    label: source,
    size: 0,
    isCurrent: async () => false,
    run: () => Promise.reject(error),
  }
}

async function resolveTarget(target: string, key: string): Promise<string> {
  if (target === '-') return target
  const namesFolder = target.endsWith('/') || target.endsWith(sep)
  if (!namesFolder && !(await isDirectory(target))) return target
  const name = localPathOf('.', key.slice(key.lastIndexOf('/') + 1))
  if (name !== undefined) return join(target, name)
  throw usageError(`"${key}" ends with a slash, so it gives no file name`, 'Name the file.')
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}

export function downloadTransfer(
  service: Service,
  job: DownloadJob,
  lastModified: Date | undefined,
  options: CopyOptions,
): Transfer {
  const { bucket, key, target, size } = job
  return {
    source: formatOssUrl(bucket, key),
    target,
    label: target === '-' ? basename(key) : basename(target),
    size,
    isCurrent: () => isCurrent(job, lastModified),
    run: (context) => downloadOne(service, job, options, context),
  }
}

async function isCurrent(
  { target, size }: DownloadJob,
  lastModified: Date | undefined,
): Promise<boolean> {
  if (target === '-' || lastModified === undefined) return false
  try {
    const file = await stat(target)
    return file.size === size && file.mtimeMs >= lastModified.getTime()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}
