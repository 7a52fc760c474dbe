/** One file, or what comes on stdin, to one object. */

import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { fileCheckpoints, type UploadProgress, upload } from '@lading/client/node'
import { CommandError, usageError } from '../command-error.ts'
import { exitCodes } from '../exit-codes.ts'
import type { Service } from '../service.ts'
import { contentTypeOf } from './content-type.ts'
import type { CopyOptions } from './copy-options.ts'
import { withLeaveToOverwrite } from './overwrite.ts'
import { rememberAcl } from './remember-acl.ts'
import type { TransferContext, TransferProgress, Transferred } from './transfer.ts'

export interface UploadJob {
  /** A path, or `-` for stdin. */
  readonly source: string
  readonly bucket: string
  readonly key: string
}

/** Resolves once the object is proved to be the file. */
export async function uploadOne(
  service: Service,
  job: UploadJob,
  options: CopyOptions,
  context: TransferContext,
): Promise<Transferred> {
  // Stdin can be read once, and it is not free to answer questions.
  const asking = { ...context, mayAsk: context.mayAsk && job.source !== '-' }
  return withLeaveToOverwrite(service, job, options, asking, (overwrite) =>
    attempt(service, job, options, context, overwrite),
  )
}

async function attempt(
  { client, output }: Service,
  { source, bucket, key }: UploadJob,
  options: CopyOptions,
  { onProgress, signal }: TransferContext,
  overwrite: boolean,
): Promise<Transferred> {
  const { partSize, parallel, verify, contentType, metadata } = options
  const { acl, cacheControl, storageClass, tagging, bandwidthLimit } = options
  const stream = await openStream(source)
  try {
    const handle = upload(
      client,
      stream ?? source,
      { bucket, key },
      {
        ...(partSize !== undefined && { partSize }),
        ...(parallel !== undefined && { parallel }),
        ...(verify !== undefined && { verify }),
        ...(bandwidthLimit && { bandwidthLimit }),
        multipartThreshold: options.bigfileThreshold,
        checkpoint: rememberAcl(fileCheckpoints({ directory: options.checkpointDirectory }), acl),
        findUpload: options.findUpload,
        // Fed the same bytes again, a stream resumes: a part counts only if it equals what is read.
        ...(stream && { sourceName: source === '-' ? 'stdin' : source }),
        forbidOverwrite: !overwrite,
        contentType: contentType ?? contentTypeOf(source === '-' ? key : source),
        metadata,
        ...(acl !== undefined && { acl }),
        cacheControl,
        storageClass,
        ...(Object.keys(tagging).length > 0 && { tagging }),
        signal,
        onProgress: withResumed(onProgress, options.bigfileThreshold),
        onNotice: (notice) => output.note(`lading: ${notice}`),
      },
    )
    const { size, parts, resumedParts, ...facts } = await handle.done
    return { size, parts, resumedParts, facts }
  } finally {
    stream?.destroy()
  }
}

/** The client tells of each part that was there already by itself, so its bytes can be told apart. */
function withResumed(
  listener: (progress: TransferProgress) => void,
  threshold: number,
): (progress: UploadProgress) => void {
  let [loaded, resumed, partsResumed] = [0, 0, 0]
  return (progress) => {
    if (progress.partsResumed > partsResumed) resumed += progress.loaded - loaded
    loaded = progress.loaded
    partsResumed = progress.partsResumed
    const { total } = progress
    // The client counts one request as one part until it is done; as in the end, it is none.
    const isWhole = total !== undefined && total <= threshold && progress.parts === 1
    const { partsDone, parts } = isWhole ? { partsDone: 0, parts: 0 } : progress
    listener({ loaded, resumed, total, partsDone, parts })
  }
}

/** `undefined` for a file, which is read by position and by several parts at once. */
async function openStream(source: string): Promise<Readable | undefined> {
  if (source === '-') return process.stdin
  return (await requireUploadable(source)) === 'file' ? undefined : createReadStream(source)
}

/** @throws {CommandError} when there is nothing to read, or a directory. */
export async function requireUploadable(path: string): Promise<'file' | 'stream'> {
  const stats = await stat(path).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'ENOENT') throw cause
    throw new CommandError(exitCodes.notFound, `cannot read ${path}: no such file`, { cause })
  })
  if (stats.isDirectory()) throw usageError(`${path} is a directory`, 'Pass -r to copy all of it.')
  return stats.isFile() ? 'file' : 'stream'
}
