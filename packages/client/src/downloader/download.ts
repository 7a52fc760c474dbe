/** An object into a file or a stream; nothing is called a success before its bytes are proved. */

import { randomUUID } from 'node:crypto'
import { type FileHandle, open, realpath, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { combineCrc64, DEFAULT_PART_SIZE, loadCrc64 } from '@lading/protocol'
import { IntegrityError } from '../errors.ts'
import type { HeadObjectAnswer } from '../operations/objects.ts'
import { type CallOptions, requireInteger } from '../options.ts'
import type { OssClient } from '../oss-client.ts'
import { forEachConcurrent } from '../uploader/for-each-concurrent.ts'
import { planParts } from '../uploader/plan-parts.ts'
import { GatheredWrites } from './gathered-writes.ts'
import { type ObjectToRead, readObject, readRange } from './read-object.ts'

export interface DownloadProgress {
  /** Bytes received; never goes down, and equals `total` in the end. */
  readonly loaded: number
  readonly total: number
}

export interface DownloadOptions extends CallOptions {
  /** Bytes of each ranged request, 64 KiB or more. Default 8 MiB. A stream is read in one. */
  readonly partSize?: number
  /** Ranges being read at the same time, 1 to 256. Default 5. */
  readonly parallel?: number
  readonly onProgress?: (progress: DownloadProgress) => void
}

export interface DownloadResult extends HeadObjectAnswer {
  /** `false` only where the service knows no CRC-64 of the object. */
  readonly verified: boolean
}

const MIN_RANGE = 64 * 1024

/**
 * Downloads an object to `destination`, a path or a stream. A file appears under its name only when
 * all of it is there and proved; until then it is a temporary file beside, which an abort or a
 * failure removes. A stream has been given the bytes before they can be proved, so wait for the
 * promise, which ends the stream.
 *
 * @throws {IntegrityError} when the CRC-64 of the bytes is not that of the object.
 * @throws {OssError} `PreconditionFailed` when the object was replaced meanwhile.
 */
export async function download(
  client: OssClient,
  object: ObjectToRead,
  destination: string | Writable,
  options: DownloadOptions = {},
): Promise<DownloadResult> {
  const { partSize = DEFAULT_PART_SIZE, parallel = 5, onProgress, ...call } = options
  requireInteger('partSize', partSize, MIN_RANGE, Number.MAX_SAFE_INTEGER)
  requireInteger('parallel', parallel, 1, 256)
  const head = await client.headObject(object, call)
  let loaded = 0
  const received = (bytes: number): void => {
    loaded += bytes
    onProgress?.({ loaded, total: head.size })
  }
  if (typeof destination === 'string') {
    const path = await regularFile(destination)
    await toFile(client, object, head, path, { partSize, parallel, received, call })
  } else {
    // The object whose head is the result, and no other that has replaced it since.
    const chunks = readObject(client, object, { ...call, head })
    const { signal } = call
    try {
      await pipeline(counted(chunks, received), destination, signal ? { signal } : {})
    } catch (error) {
      signal?.throwIfAborted()
      throw error
    }
  }
  if (head.size === 0) received(0)
  return { ...head, verified: head.hashCrc64ecma !== undefined }
}

/** The file that a link leads to; renaming over the link itself, or over a device, would destroy it. */
async function regularFile(destination: string): Promise<string> {
  try {
    const path = await realpath(destination)
    if ((await stat(path)).isFile()) return path
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return destination
    throw error
  }
  throw new TypeError(`${destination} is not a regular file. Download to a stream instead.`)
}

interface FileSettings {
  readonly partSize: number
  readonly parallel: number
  readonly received: (bytes: number) => void
  readonly call: CallOptions
}

async function toFile(
  client: OssClient,
  object: ObjectToRead,
  head: HeadObjectAnswer,
  destination: string,
  settings: FileSettings,
): Promise<void> {
  // Without the destination's name, which may be as long as the file system allows.
  const temporary = join(dirname(destination), `.lading-${randomUUID()}.part`)
  const file = await open(temporary, 'wx')
  try {
    try {
      await fill(client, object, head, file, settings)
      await file.sync()
    } finally {
      await file.close()
    }
    settings.call.signal?.throwIfAborted()
    await rename(temporary, destination)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

async function fill(
  client: OssClient,
  object: ObjectToRead,
  { etag, size, hashCrc64ecma }: HeadObjectAnswer,
  file: FileHandle,
  { partSize, parallel, received, call }: FileSettings,
): Promise<void> {
  const takeCrc64 = await loadCrc64()
  const sums = new Map<number, { readonly crc64: bigint; readonly size: number }>()
  await forEachConcurrent(
    planParts(size, partSize),
    parallel,
    async (range, signal) => {
      const { offset, partNumber } = range
      const writes = new GatheredWrites(file, offset)
      let crc64 = 0n
      const bounds = { etag, start: offset, end: offset + range.size }
      for await (const chunk of readRange(client, object, bounds, { ...call, signal })) {
        crc64 = takeCrc64(chunk, crc64)
        await writes.add(chunk)
        received(chunk.length)
      }
      await writes.flush()
      sums.set(partNumber, { crc64, size: range.size })
    },
    call.signal,
  )
  let whole = 0n
  for (const { partNumber } of planParts(size, partSize)) {
    const sum = sums.get(partNumber)
    if (sum) whole = combineCrc64(whole, sum.crc64, sum.size)
  }
  if (hashCrc64ecma !== undefined && whole !== hashCrc64ecma) {
    throw new IntegrityError(
      'object',
      `The bytes of oss://${object.bucket}/${object.key} have CRC-64 ${whole}, and the object ${hashCrc64ecma}.`,
    )
  }
}

async function* counted(
  chunks: AsyncIterable<Uint8Array>,
  received: (bytes: number) => void,
): AsyncGenerator<Uint8Array, void, void> {
  for await (const chunk of chunks) {
    yield chunk
    received(chunk.length)
  }
}
