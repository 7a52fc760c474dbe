/** `multipartUpload` as ali-oss has it, on our engine: parts are proved, and a checkpoint is only a hint. */

import { type ETag, formatCrc64, formatETag } from '@lading/protocol'
import type { ObjectInput } from '../operations/multipart.ts'
import type { OssClient } from '../oss-client.ts'
import type { Checkpoint, CheckpointSlot, CheckpointStore } from '../uploader/checkpoint.ts'
import { fileSource } from '../uploader/file-source.ts'
import type { StoredPart } from '../uploader/options.ts'
import { countParts } from '../uploader/plan-parts.ts'
import { type RangeSource, toSource } from '../uploader/source.ts'
import { startUpload } from '../uploader/upload.ts'
import type { UploadResult } from '../uploader/upload-object.ts'
import { type AliAttributes, readAttributes } from './headers.ts'
import { mediaTypeOf } from './media-types.ts'

/** A path, or the bytes themselves. */
export type AliFile = string | Uint8Array | Blob

/** As ali-oss writes it, so that either goes on where the other stopped. */
export interface AliCheckpoint {
  /** What is uploaded; after a turn through JSON only a path is left of it. */
  readonly file: unknown
  readonly name: string
  /** Bytes. */
  readonly fileSize: number
  readonly partSize: number
  readonly uploadId: string
  /** Only parts that the service was proved to have. */
  readonly doneParts: readonly { readonly number: number; readonly etag: string }[]
}

/** Of the answer, what programs look at. */
export interface AliResponse {
  readonly status: number
  readonly statusCode: number
  readonly headers: Readonly<Record<string, string>>
}

export interface AliMultipartUploadOptions extends AliAttributes {
  /** Parts being sent at the same time, 1 to 256. Default 5. */
  readonly parallel?: number | undefined
  /** Bytes, 102,400 or more. Default 1 MiB; 8 MiB costs less time. */
  readonly partSize?: number | undefined
  /**
   * `p` goes from 0 to 1. Waited for; a rejection stops the upload, whose parts stay. Also called for
   * parts that the service had already, once they are proved.
   */
  readonly progress?:
    | ((p: number, checkpoint?: AliCheckpoint | null, res?: AliResponse) => unknown)
    | undefined
  /** Go on with this upload. */
  readonly checkpoint?: AliCheckpoint | undefined
  /** Milliseconds in which no byte moves, however long the request takes; or text such as `60s`. */
  readonly timeout?: number | string | undefined
  /** Ours: stops this upload alone, and keeps its parts. */
  readonly signal?: AbortSignal | undefined
}

export interface AliMultipartUploadResult {
  readonly res: AliResponse
  readonly bucket: string
  readonly name: string
  /** In its quotes. */
  readonly etag: string
  /** What the callback's server answered. */
  readonly data?: unknown
}

const MIN_PART_SIZE = 100 * 1024
const DEFAULT_PART_SIZE = 1024 * 1024

export async function multipartUpload(
  client: OssClient,
  target: ObjectInput,
  file: AliFile,
  options: AliMultipartUploadOptions,
): Promise<AliMultipartUploadResult> {
  const { checkpoint, progress, parallel, signal } = options
  const given = checkpoint && isFile(checkpoint.file) ? checkpoint.file : file
  if (!isFile(given))
    throw new TypeError('multipartUpload takes a path, a Buffer, a Blob or a File.')
  const type = options.mime === undefined && !checkpoint ? mediaTypeOf(nameOf(given)) : options.mime
  const attributes = readAttributes({ ...options, mime: type })
  const source = typeof given === 'string' ? await fileSource(given) : bytesSource(given)
  const parts = new PartsDone(source, given, target.key)

  const { done } = startUpload(client, async () => source, target, {
    ...attributes,
    partSize: checkpoint?.partSize ?? options.partSize ?? DEFAULT_PART_SIZE,
    multipartThreshold: checkpoint ? 0 : MIN_PART_SIZE - 1,
    checkpoint: rememberedBy(checkpoint, async (saved) => {
      parts.begin(saved)
      if (!checkpoint) await progress?.(0, parts.checkpoint())
    }),
    ...(checkpoint && { uploadId: checkpoint.uploadId }),
    ...(parallel !== undefined && { parallel }),
    ...(signal && { signal }),
    async onPart(part) {
      parts.add(part)
      await progress?.(parts.share(), parts.checkpoint(), responseTo(part))
    },
  })
  const result = await done
  const res = responseTo(result)
  await (result.uploadId === undefined ? progress?.(1) : progress?.(1, null, res))
  return {
    res,
    bucket: target.bucket,
    name: target.key,
    etag: formatETag(result.etag),
    ...(result.callbackBody !== undefined && { data: parseData(result.callbackBody) }),
  }
}

/** What the checkpoint grows by. */
class PartsDone {
  readonly #source: RangeSource
  readonly #file: AliFile
  readonly #name: string
  readonly #done = new Map<number, string>()
  #upload: Checkpoint | undefined

  constructor(source: RangeSource, file: AliFile, name: string) {
    this.#source = source
    this.#file = file
    this.#name = name
  }

  begin(upload: Checkpoint): void {
    this.#upload = upload
  }

  add({ partNumber, etag }: StoredPart): void {
    this.#done.set(partNumber, formatETag(etag))
  }

  /** As ali-oss counts: completing is one step more. */
  share(): number {
    const { partSize = DEFAULT_PART_SIZE } = this.#upload ?? {}
    return this.#done.size / (countParts(this.#source.size, partSize) + 1)
  }

  /** Another object each time: nobody's copy changes under their hands. */
  checkpoint(): AliCheckpoint {
    const { uploadId = '', partSize = DEFAULT_PART_SIZE } = this.#upload ?? {}
    return {
      file: this.#file,
      name: this.#name,
      fileSize: this.#source.size,
      partSize,
      uploadId,
      doneParts: [...this.#done].map(([number, etag]) => ({ number, etag })),
    }
  }
}

/** Gives the engine what the checkpoint says, and hears which upload it has begun. */
function rememberedBy(
  checkpoint: AliCheckpoint | undefined,
  began: (saved: Checkpoint) => Promise<void>,
): CheckpointStore {
  return {
    async open(identity): Promise<CheckpointSlot> {
      const { uploadId, partSize } = checkpoint ?? {}
      return {
        checkpoint:
          uploadId && partSize
            ? {
                ...identity,
                format: 1,
                uploadId,
                partSize,
                sourceVersion: '',
                attributes: '',
                initiated: '',
              }
            : undefined,
        ignored: undefined,
        save: began,
        remove: async () => {},
        close: async () => {},
      }
    },
  }
}

function bytesSource(file: Uint8Array | Blob): RangeSource {
  const source = toSource(file, 'bytes')
  if (source.kind === 'ranges') return source
  throw new TypeError('multipartUpload takes no stream.')
}

function nameOf(file: AliFile): string {
  if (typeof file === 'string') return file
  return 'name' in file && typeof file.name === 'string' ? file.name : ''
}

function isFile(file: unknown): file is AliFile {
  return typeof file === 'string' || file instanceof Uint8Array || file instanceof Blob
}

function responseTo(answer: {
  readonly status?: number
  readonly requestId: string | undefined
  readonly etag: ETag
  readonly hashCrc64ecma: UploadResult['hashCrc64ecma']
}): AliResponse {
  const { status = 200, requestId, etag, hashCrc64ecma } = answer
  return {
    status,
    statusCode: status,
    headers: {
      etag: formatETag(etag),
      ...(requestId !== undefined && { 'x-oss-request-id': requestId }),
      ...(hashCrc64ecma !== undefined && { 'x-oss-hash-crc64ecma': formatCrc64(hashCrc64ecma) }),
    },
  }
}

/** @throws {SyntaxError} for what is not JSON, as ali-oss does. */
function parseData(body: string): unknown {
  return JSON.parse(body)
}
