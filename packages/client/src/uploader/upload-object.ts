/** The core: send what is missing, complete, prove. */

import { type ETag, loadCombineCrc64, loadMultipartETag, OssError } from '@lading/protocol'
import { bytesBody } from '../body.ts'
import { type BandwidthLimit, slowBody, toBandwidthLimit } from '../engine/bandwidth.ts'
import { withFacts } from '../errors.ts'
import { attributesOf } from '../operations/attributes.ts'
import type { ObjectInput } from '../operations/multipart.ts'
import { type Proof, takesCrc64 } from '../operations/prove.ts'
import type { CallOptions } from '../options.ts'
import type { UploadClient } from '../upload-client.ts'
import { completeOrConfirm } from './complete-or-confirm.ts'
import { Allowance } from './for-each-concurrent.ts'
import type { Gate } from './gate.ts'
import { ChunkReader, type LoadedPart, rangeParts } from './load-parts.ts'
import { findPresent, forbidsOverwrite, type PresentObject } from './on-exists.ts'
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
  /**
   * Which of the object's sums was compared with what was sent before success was reported. Empty
   * where the service says nothing of the object that could prove it, and with `verify: 'off'`.
   */
  readonly verified: readonly Proof[]
  /** The key had an object that `onExists` says to leave alone: the sums here are that object's. */
  readonly skipped: boolean
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
  client: UploadClient,
  source: Source,
  target: ObjectInput,
  given: UploadOptions,
  control: UploadControl,
): Promise<UploadResult> {
  const { multipartThreshold = 0, onExists } = given
  const options = forbidsOverwrite(onExists) ? { ...given, forbidOverwrite: true } : given
  const reader = source.kind === 'stream' ? new ChunkReader(source) : undefined
  try {
    const isWhole =
      source.kind === 'stream'
        ? await reader?.isAtEnd(control.signal)
        : source.size <= multipartThreshold
    const counter = countRetries(options, control.signal)
    const bandwidth = toBandwidthLimit(options.bandwidthLimit)
    const upload = { client, source, target, options, control, bandwidth, call: counter.call }
    const present = await findPresent(client, source, target, onExists, counter.call)
    if (present && source.kind === 'ranges') control.progress.expect(source.size, 1)
    if (present) control.progress.done(1, present.head.size, { resumed: true })
    const send = (upload: Upload): Promise<Outcome> =>
      isWhole ? sendWhole(upload) : sendInParts(upload, reader)
    const result = present ? skip(target, present) : await sendUnlessTaken(upload, send)
    return { ...result, retries: counter.count }
  } finally {
    reader?.leave()
    if (source.kind === 'ranges') await source.close()
  }
}

interface Upload {
  readonly client: UploadClient
  readonly source: Source
  readonly target: ObjectInput
  readonly options: UploadOptions
  readonly control: UploadControl
  readonly bandwidth: BandwidthLimit | undefined
  readonly call: CallOptions
}

type Outcome = Omit<UploadResult, 'retries'>

/** As `send`; but where others were faster and `onExists` says `skip`, what they made is the outcome. */
async function sendUnlessTaken(
  upload: Upload,
  send: (upload: Upload) => Promise<Outcome>,
): Promise<Outcome> {
  const { client, source, target, options, control, call } = upload
  let open: OpenUpload | undefined
  const began = (begun: OpenUpload | undefined): void => {
    open = begun
    control.began(begun)
  }
  try {
    return await send({ ...upload, control: { ...control, began } })
  } catch (error) {
    const isTaken = error instanceof OssError && error.code === 'FileAlreadyExists'
    if (!isTaken || options.onExists !== 'skip') throw error
    const present = await findPresent(client, source, target, options.onExists, call)
    if (!present) throw error
    if (open) await end(upload, open)
    return skip(target, present)
  }
}

/** Its parts are of no use to anybody. */
async function end({ client, target, call }: Upload, open: OpenUpload): Promise<void> {
  try {
    await client.abortMultipartUpload({ ...target, uploadId: open.uploadId }, call)
  } catch (error) {
    if (!(error instanceof OssError && error.code === 'NoSuchUpload')) throw error
  }
  await open.forget()
}

function skip(target: ObjectInput, { head, verified }: PresentObject): Outcome {
  const { etag, hashCrc64ecma, versionId, size, status, requestId } = head
  return {
    ...target,
    etag,
    hashCrc64ecma,
    versionId,
    size,
    uploadId: undefined,
    parts: 0,
    resumedParts: 0,
    verified,
    skipped: true,
    confirmedByHead: false,
    callbackBody: undefined,
    status,
    requestId,
  }
}

/** One PutObject; what it answers is proved inside. */
async function sendWhole(upload: Upload): Promise<Outcome> {
  const { client, source, target, options, control, bandwidth, call } = upload
  const { gate, progress, signal } = control
  const size = source.kind === 'ranges' ? source.size : 0
  const loaded = source.kind === 'ranges' && size > 0 ? await load(upload, source) : nothing
  await requireUnchanged(source)
  progress.expect(size, 1)
  const { acl, callback, callbackVar, verify } = options
  const input = {
    ...target,
    ...attributesOf(options),
    acl,
    callback,
    callbackVar,
    sums: loaded.sums,
    verify,
  }
  const answer = await gate.run((signal) => {
    const slowed = slowBody(loaded.body, bandwidth, signal)
    const body = metered(slowed, (sent) => progress.sent(1, sent))
    return client.putObject({ ...input, body }, { ...call, signal })
  }, signal)
  progress.done(1, size, { resumed: false })
  return {
    ...target,
    ...answer,
    size,
    uploadId: undefined,
    parts: 0,
    resumedParts: 0,
    skipped: false,
    confirmedByHead: false,
  }
}

const nothing = { body: bytesBody(new Uint8Array(0)), sums: undefined }

async function load(
  { client, options: { verify = 'md5', serverSideEncryption }, control }: Upload,
  source: RangeSource,
): Promise<Pick<LoadedPart, 'body' | 'sums'>> {
  const crc64 = takesCrc64(verify) || serverSideEncryption !== undefined
  const makeHasher = verify === 'off' ? undefined : await client.hasher({ crc64 })
  const loading = { hasherOf: () => makeHasher, memory: new Allowance(source.size) }
  const [whole] = rangeParts(source, source.size, loading)
  if (!whole) throw new RangeError('An empty source has no parts.')
  return whole.load(control.signal)
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
    const { acl, callback, callbackVar, forbidOverwrite, verify = 'md5' } = options
    const object = await completeOrConfirm(
      client,
      {
        ...target,
        uploadId: session.uploadId,
        parts: sent,
        size,
        verify,
        ...(await sumsOfParts(sent)),
      },
      { acl, callback, callbackVar, forbidOverwrite },
      call,
    )
    await session.forget()
    if (verify !== 'off' && object.verified.length === 0) {
      options.onNotice?.(
        `Every part of oss://${target.bucket}/${target.key} was proved, but what the service made of them could not be: it reports no CRC-64 of the object, and its ETag ${object.etag} follows no known rule.`,
      )
    }
    return {
      ...target,
      ...object,
      size,
      uploadId: session.uploadId,
      parts: sent.length,
      resumedParts: progress.current.partsResumed,
      skipped: false,
    }
  } catch (error) {
    throw withFacts(error, { uploadId: session.uploadId })
  } finally {
    await session.close()
  }
}

/** The object's sums, out of those of its parts. */
async function sumsOfParts(
  parts: readonly SentPart[],
): Promise<{ etag: ETag; crc64: bigint | undefined }> {
  const { multipartETag } = await loadMultipartETag()
  const etag = multipartETag(parts.map(({ etag }) => etag))
  if (parts.some(({ crc64 }) => crc64 === undefined)) return { etag, crc64: undefined }
  const combineCrc64 = await loadCombineCrc64()
  const crc64 = parts.reduce((sum, part) => combineCrc64(sum, part.crc64 ?? 0n, part.size), 0n)
  return { etag, crc64 }
}

async function requireUnchanged(source: Source): Promise<void> {
  if (source.kind === 'ranges') await source.requireUnchanged()
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
