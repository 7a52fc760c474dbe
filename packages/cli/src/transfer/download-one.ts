/** One object to one file, or to stdout. */

import { createWriteStream } from 'node:fs'
import { mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Writable } from 'node:stream'
import { download, downloadCheckpoints } from '@lading/client/node'
import { canAsk, confirm } from '../ask.ts'
import { printable } from '../output/printable.ts'
import type { Service } from '../service.ts'
import { type CopyOptions, defaultPartSize } from './copy-options.ts'
import { existsError } from './overwrite.ts'
import type { TransferContext, Transferred } from './transfer.ts'
import { writeObject } from './write-object.ts'

export interface DownloadJob {
  readonly bucket: string
  readonly key: string
  /** A path, or `-` for stdout. */
  readonly target: string
  /** Bytes; `undefined` when nobody has asked. */
  readonly size: number | undefined
}

/** Resolves once the file is there under its name and proved to be the object. */
export async function downloadOne(
  service: Service,
  job: DownloadJob,
  options: CopyOptions,
  context: TransferContext,
): Promise<Transferred> {
  const { target } = job
  if (target === '-') return toStdout(service, job, context, options)
  const kind = await kindOf(target)
  if (kind === 'file') await requireLeave(service, target, options, context)
  if (kind === 'nothing') await mkdir(dirname(target), { recursive: true })
  // A device or a pipe is written to; only a file is replaced by another one.
  const destination = kind === 'other' ? createWriteStream(target) : target
  const mayReplace = kind === 'file' || options.existing.replaces
  return fetchTo(service, job, destination, { ...context, options, mayReplace })
}

async function toStdout(
  service: Service,
  job: DownloadJob,
  { signal, onProgress }: TransferContext,
  { bandwidthLimit }: CopyOptions,
): Promise<Transferred> {
  const total = job.size
  const onWritten = (loaded: number): void =>
    onProgress({ loaded, resumed: 0, total, partsDone: 0, parts: 0 })
  const size = await writeObject(service, job, { signal, onWritten, bandwidthLimit })
  return { size, parts: 0, resumedParts: 0, facts: {} }
}

interface FetchContext extends TransferContext {
  readonly options: CopyOptions
  /** Else a file that has come meanwhile is left alone, and that is a failure. */
  readonly mayReplace: boolean
}

async function fetchTo(
  { client, output }: Service,
  { bucket, key, size: listed }: DownloadJob,
  destination: string | Writable,
  { options, mayReplace, signal, onProgress }: FetchContext,
): Promise<Transferred> {
  const { partSize = defaultPartSize, parallel, verify, bandwidthLimit } = options
  // Of a tree's many small files none is worth a lock and a look at what was left of it.
  const isRemembered = listed === undefined || listed > partSize
  const downloading = download(client, { bucket, key }, destination, {
    partSize,
    ...(parallel !== undefined && { parallel }),
    ...(verify !== undefined && { verify }),
    ...(bandwidthLimit && { bandwidthLimit }),
    ...(isRemembered && {
      checkpoint: downloadCheckpoints({ directory: options.checkpointDirectory }),
    }),
    onExists: mayReplace ? 'overwrite' : 'fail',
    signal,
    onProgress: ({ parts, ...progress }) =>
      onProgress({ ...progress, parts: parts === 1 ? 0 : parts }),
    onNotice: (notice) => output.note(`lading: ${printable(notice)}`),
  })
  const { size, parts, resumedParts, etag, hashCrc64ecma, verified } = await downloading.done
  const facts = { etag, hashCrc64ecma, verified }
  // What goes in one request has no parts.
  return { size, parts: parts === 1 ? 0 : parts, resumedParts, facts }
}

async function kindOf(path: string): Promise<'nothing' | 'file' | 'other'> {
  try {
    return (await stat(path)).isFile() ? 'file' : 'other'
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 'nothing'
    throw error
  }
}

/** @throws {CommandError} exists, unless the file may be overwritten. */
async function requireLeave(
  { output }: Service,
  path: string,
  { existing }: CopyOptions,
  { mayAsk, signal }: TransferContext,
): Promise<void> {
  if (existing.replaces) return
  if (mayAsk && existing.asks && canAsk()) {
    output.close()
    if (await confirm(`${printable(path)} exists. Overwrite it?`, signal)) return
  }
  throw existsError(path)
}
