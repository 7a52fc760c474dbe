/** Which objects become which files. */

import type { Stats } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename, join, sep } from 'node:path'
import { CommandError, usageError } from '../command-error.ts'
import { exitCodes } from '../exit-codes.ts'
import { formatOssUrl, parseObjectUrl, parseOssUrl } from '../oss-url.ts'
import type { Service } from '../service.ts'
import type { Transfer } from './copy-one.ts'
import type { CopyOptions } from './copy-options.ts'
import { crc64Of } from './crc64-of.ts'
import { type DownloadJob, downloadOne } from './download-one.ts'
import type { Comparison } from './existing.ts'
import { listMeant } from './list-folder.ts'
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
  return downloadTransfer(service, job, options, { size, lastModified })
}

/**
 * `cp -r oss://BUCKET/[KEY] DIRECTORY`: what is under `KEY/` goes into the directory.
 *
 * @throws {CommandError} not found, when that is nothing.
 */
export async function* downloadFolder(
  service: Service,
  source: string,
  target: string,
  options: CopyOptions,
): AsyncGenerator<Transfer, void, void> {
  let isEmpty = true
  const url = parseOssUrl(source)
  const { bucket } = url
  for await (const { key, name, ...known } of listMeant(service, url, options)) {
    const transfer = downloadBelow(service, { bucket, key, name, target }, options, known)
    if (!transfer) continue
    isEmpty = false
    yield transfer
  }
  if (isEmpty) throw new CommandError(exitCodes.notFound, `there is nothing under ${source}`)
}

export interface ObjectBelow {
  readonly bucket: string
  readonly key: string
  /** Below the folder. */
  readonly name: string
  /** The directory. */
  readonly target: string
}

/** Its transfer into the directory; `undefined` for a folder marker. */
export function downloadBelow(
  service: Service,
  { bucket, key, name, target }: ObjectBelow,
  options: CopyOptions,
  known: Known = {},
): Transfer | undefined {
  try {
    const path = localPathOf(target, name)
    if (path === undefined) return undefined
    const job = { bucket, key, size: known.size, target: path }
    return downloadTransfer(service, job, options, known)
  } catch (error) {
    return refused(formatOssUrl(bucket, key), target, error)
  }
}

/** A transfer that fails when its turn comes, so that it is counted and told like any other. */
function refused(source: string, target: string, error: unknown): Transfer {
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
  return (await statOrNothing(path))?.isDirectory() ?? false
}

/** What a listing said of the object. */
interface Known {
  /** Bytes. */
  readonly size?: number | undefined
  readonly lastModified?: Date | undefined
}

export function downloadTransfer(
  service: Service,
  job: DownloadJob,
  options: CopyOptions,
  known: Known,
): Transfer {
  const { bucket, key, target, size } = job
  return {
    source: formatOssUrl(bucket, key),
    target,
    label: target === '-' ? basename(key) : basename(target),
    size,
    isCurrent: (comparison, signal) => isCurrent(service, job, known, { comparison, signal }),
    run: (context) => downloadOne(service, job, options, context),
  }
}

async function isCurrent(
  { client }: Service,
  { bucket, key, target }: DownloadJob,
  known: Known,
  { comparison, signal }: { readonly comparison: Comparison; readonly signal: AbortSignal },
): Promise<boolean> {
  const file = target === '-' ? undefined : await statOrNothing(target)
  if (!file?.isFile() || comparison === 'existence') return file?.isFile() ?? false
  const isKnown = known.size !== undefined && comparison !== 'checksum'
  const object = isKnown ? known : await client.headObject({ bucket, key }, { signal })
  if (file.size !== object.size) return false
  if (comparison === 'size') return true
  if (comparison === 'time') return file.mtimeMs >= (object.lastModified?.getTime() ?? Infinity)
  const crc64 = 'hashCrc64ecma' in object ? object.hashCrc64ecma : undefined
  return crc64 !== undefined && crc64 === (await crc64Of(target, signal))
}

async function statOrNothing(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw error
  }
}
