/** The core: send what is missing, complete, prove. */

import { combineCrc64, type ETag, multipartETag } from '@lading/protocol'
import { bytesBody } from '../body.ts'
import type { ObjectAttributes } from '../operations/attributes.ts'
import type { ObjectInput } from '../operations/multipart.ts'
import type { CallOptions } from '../options.ts'
import type { OssClient } from '../oss-client.ts'
import { completeOrConfirm } from './complete-or-confirm.ts'
import { Allowance } from './for-each-concurrent.ts'
import type { Gate } from './gate.ts'
import { ChunkReader, type LoadedPart, rangeParts } from './load-parts.ts'
import type { UploadOptions } from './options.ts'
import { metered, type ProgressMeter } from './progress.ts'
import { type SentPart, sendParts } from './send-parts.ts'
import { type OpenUpload, openSession } from './session.ts'
import type { RangeSource, Source } from './source.ts'

/** What an upload came to. */
export interface UploadResult {
  readonly bucket: string
  readonly key: string
  readonly etag: ETag
  readonly hashCrc64ecma: bigint | undefined
  readonly versionId: string | undefined
  /** Bytes. */
  readonly size: number
  /** `undefined` when the object was sent by PutObject. */
  readonly uploadId: string | undefined
  /** How many parts the object has; 0 when it was sent by PutObject. */
  readonly parts: number
  /** Of them, those the service had before this run. */
  readonly resumedParts: number
  /** Requests that were repeated. */
  readonly retries: number
  /** What was compared with the service's before success was reported. */
  readonly verified: readonly ('etag' | 'crc64')[]
  /** The answer to Complete was lost, and HEAD showed that it had happened. */
  readonly confirmedByHead: boolean
  /** What the callback's server answered; `undefined` without a callback. */
  readonly callbackBody: string | undefined
  /** Of the answer that made the object, or confirmed it. */
  readonly status: number
  readonly requestId: string | undefined
}

/** What the handle shares with its upload. */
export interface UploadControl {
  readonly gate: Gate
  readonly progress: ProgressMeter
  readonly signal: AbortSignal
  /** Told as soon as there is something to abort, and with `undefined` when there no longer is. */
  began(upload: OpenUpload | undefined): void
}

/**
 * Sends `source` and resolves once the object is proved to be it. Safe to call again after any
 * failure: the service is asked which parts it has, and only those that are missing or differ are
 * sent.
 */
export async function uploadObject(
  client: OssClient,
  source: Source,
  target: ObjectInput,
  options: UploadOptions,
  control: UploadControl,
): Promise<UploadResult> {
  const { multipartThreshold = 0 } = options
  const reader = source.kind === 'stream' ? new ChunkReader(source) : undefined
  try {
    const isWhole =
      source.kind === 'stream'
        ? await reader?.isAtEnd(control.signal)
        : source.size <= multipartThreshold
    const counter = countRetries(options, control.signal)
    const upload = { client, source, target, options, control, call: counter.call }
    const result = isWhole ? await sendWhole(upload) : await sendInParts(upload, reader)
    return { ...result, retries: counter.count }
  } finally {
    reader?.leave()
    if (source.kind === 'ranges') await source.close()
  }
}

interface Upload {
  readonly client: OssClient
  readonly source: Source
  readonly target: ObjectInput
  readonly options: UploadOptions
  readonly control: UploadControl
  readonly call: CallOptions
}

type Outcome = Omit<UploadResult, 'retries'>

/** One PutObject; what it answers is proved inside. */
async function sendWhole({
  client,
  source,
  target,
  options,
  control,
  call,
}: Upload): Promise<Outcome> {
  const { gate, progress, signal } = control
  const size = source.kind === 'ranges' ? source.size : 0
  const loaded = source.kind === 'ranges' && size > 0 ? await load(client, source, signal) : nothing
  await requireUnchanged(source)
  progress.expect(size, 1)
  const body = metered(loaded.body, (sent) => progress.sent(1, sent))
  const { acl, callback, callbackVar } = options
  const input = {
    ...target,
    ...attributesOf(options),
    acl,
    callback,
    callbackVar,
    body,
    sums: loaded.sums,
  }
  const answer = await gate.run((signal) => client.putObject(input, { ...call, signal }), signal)
  progress.done(1, size, { resumed: false })
  return {
    ...target,
    ...answer,
    size,
    uploadId: undefined,
    parts: 0,
    resumedParts: 0,
    verified: verifiedBy(answer),
    confirmedByHead: false,
  }
}

const nothing = { body: bytesBody(new Uint8Array(0)), sums: undefined }

async function load(
  client: OssClient,
  source: RangeSource,
  signal: AbortSignal,
): Promise<Pick<LoadedPart, 'body' | 'sums'>> {
  const memory = new Allowance(source.size)
  const loading = { makeHasher: await client.hasher(), memory }
  const [whole] = rangeParts(source, source.size, loading)
  if (!whole) throw new RangeError('An empty source has no parts.')
  return whole.load(signal)
}

async function sendInParts(upload: Upload, reader: ChunkReader | undefined): Promise<Outcome> {
  const { client, source, target, options, control, call } = upload
  const { gate, progress, signal } = control
  const session = await openSession(client, target, source, {
    attributes: attributesOf(options),
    partSize: options.partSize,
    checkpoint: options.checkpoint,
    uploadId: options.uploadId,
    findUpload: options.findUpload ?? false,
    notice: options.onNotice ?? (() => {}),
    began: control.began,
    call,
  })
  try {
    const sent = await sendParts(upload, session, reader)
    const size = sent.reduce((sum, part) => sum + part.size, 0)
    if (source.kind === 'stream') progress.expect(size, sent.length)
    await requireUnchanged(source)
    await gate.passed(signal)
    const { acl, callback, callbackVar, forbidOverwrite } = options
    const object = await completeOrConfirm(
      client,
      { ...target, uploadId: session.uploadId, parts: sent, size, ...sumsOfParts(sent) },
      { acl, callback, callbackVar, forbidOverwrite },
      call,
    )
    await session.forget()
    return {
      ...target,
      ...object,
      size,
      uploadId: session.uploadId,
      parts: sent.length,
      resumedParts: progress.current.partsResumed,
      verified: verifiedBy(object),
    }
  } finally {
    await session.close()
  }
}

/** The object's sums, out of those of its parts. */
function sumsOfParts(parts: readonly SentPart[]): { etag: ETag; crc64: bigint | undefined } {
  let crc64: bigint | undefined = 0n
  for (const part of parts) {
    crc64 =
      crc64 === undefined || part.crc64 === undefined
        ? undefined
        : combineCrc64(crc64, part.crc64, part.size)
  }
  return { etag: multipartETag(parts.map(({ etag }) => etag)), crc64 }
}

function verifiedBy(answer: {
  readonly hashCrc64ecma: bigint | undefined
}): UploadResult['verified'] {
  return answer.hashCrc64ecma === undefined ? ['etag'] : ['etag', 'crc64']
}

async function requireUnchanged(source: Source): Promise<void> {
  if (source.kind === 'ranges') await source.requireUnchanged()
}

function attributesOf(options: UploadOptions): ObjectAttributes {
  return {
    contentType: options.contentType,
    cacheControl: options.cacheControl,
    contentDisposition: options.contentDisposition,
    contentEncoding: options.contentEncoding,
    contentLanguage: options.contentLanguage,
    expires: options.expires,
    metadata: options.metadata,
    storageClass: options.storageClass,
    tagging: options.tagging,
    serverSideEncryption: options.serverSideEncryption,
    serverSideEncryptionKeyId: options.serverSideEncryptionKeyId,
    forbidOverwrite: options.forbidOverwrite,
  }
}

function countRetries(
  { retries, onRetry }: UploadOptions,
  signal: AbortSignal,
): { readonly call: CallOptions; readonly count: number } {
  let count = 0
  const call: CallOptions = {
    signal,
    retries,
    onRetry(notice) {
      count += 1
      onRetry?.(notice)
    },
  }
  return {
    call,
    get count() {
      return count
    },
  }
}
