/** One object to one file, or to stdout. */

import { createWriteStream } from 'node:fs'
import { mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { download } from '@lading/client/node'
import { MIN_PART_SIZE } from '@lading/protocol'
import { canAsk, confirm } from '../ask.ts'
import { formatOssUrl } from '../oss-url.ts'
import { printable } from '../output/printable.ts'
import type { Service } from '../service.ts'
import type { CopyOptions } from './copy-options.ts'
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
  const { bucket, key, target, size } = job
  const { signal, onProgress } = context
  const told = { parts: 0, resumedParts: 0 }
  const tell = (loaded: number): void =>
    onProgress({ loaded, resumed: 0, total: size, partsDone: 0, parts: undefined })
  if (target === '-') {
    return {
      ...told,
      size: await writeObject(service, job, { signal, onWritten: tell }),
      facts: {},
    }
  }
  const kind = await kindOf(target)
  if (kind === 'file') await requireLeave(service, target, options, context)
  if (kind === 'nothing') await mkdir(dirname(target), { recursive: true })
  const { partSize, parallel } = options
  const {
    size: downloaded,
    etag,
    hashCrc64ecma,
    verified,
  } = await download(
    service.client,
    { bucket, key },
    // A device or a pipe is written to; only a file is replaced by another one.
    kind === 'other' ? createWriteStream(target) : target,
    {
      ...(partSize !== undefined && { partSize: Math.max(partSize, MIN_PART_SIZE) }),
      ...(parallel !== undefined && { parallel }),
      signal,
      onProgress: ({ loaded }) => tell(loaded),
    },
  )
  if (!verified) {
    const place = printable(formatOssUrl(bucket, key))
    service.output.note(`lading: ${place} could not be verified: the service knows no CRC-64 of it`)
  }
  return { ...told, size: downloaded, facts: { etag, hashCrc64ecma, verified } }
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
