/** The parts of one upload: those the service has are proved, the others are sent. */

import { type ETag, md5ETag, OssError, type PartHasher, sameETag } from '@lading/protocol'
import { type BandwidthLimit, slowBody } from '../engine/bandwidth.ts'
import { Lanes, type Parallel } from '../engine/parallel.ts'
import type { PartEntry, UploadPartAnswer } from '../operations/multipart.ts'
import { isMd5ETag, type Proof, takesCrc64, type Verify } from '../operations/prove.ts'
import type { CallOptions } from '../options.ts'
import type { UploadClient } from '../upload-client.ts'
import { Allowance, forEachConcurrent } from './for-each-concurrent.ts'
import type { Gate } from './gate.ts'
import {
  type ChunkReader,
  type LoadedPart,
  type Loading,
  MAX_BUFFERED_PART,
  MEMORY_PER_UPLOAD,
  type PartToLoad,
  rangeParts,
  streamParts,
} from './load-parts.ts'
import { type BlobHasher, HASH_AHEAD, type UploadOptions } from './options.ts'
import { countParts } from './plan-parts.ts'
import { metered, type ProgressMeter } from './progress.ts'
import type { Session } from './session.ts'
import type { Source } from './source.ts'

export interface SentPart {
  readonly partNumber: number
  readonly etag: ETag
  /** Our own, or what the service reports for bytes that are proved; `undefined` where there is neither. */
  readonly crc64: bigint | undefined
  /** Bytes. */
  readonly size: number
}

interface Upload {
  readonly client: UploadClient
  readonly source: Source
  readonly target: { readonly bucket: string; readonly key: string }
  readonly options: {
    readonly parallel?: Parallel
    readonly verify?: Verify
    readonly serverSideEncryption?: string | undefined
    readonly onPart?: UploadOptions['onPart']
    readonly onNotice?: UploadOptions['onNotice']
    readonly blobHasher?: BlobHasher
  }
  readonly control: {
    readonly gate: Gate
    readonly progress: ProgressMeter
    readonly signal: AbortSignal
  }
  readonly bandwidth: BandwidthLimit | undefined
  readonly call: CallOptions
}

/**
 * Resolves with all parts, by number, once the service is proved to have each of them.
 *
 * As many as there are lanes are sent at a time, while others are read and hashed.
 */
export async function sendParts(
  upload: Upload,
  session: Session,
  reader: ChunkReader | undefined,
): Promise<SentPart[]> {
  const { client, source, control, options } = upload
  const { parallel, verify = 'md5', blobHasher } = options
  const { progress, signal } = control
  const { partSize, held } = session
  const count = source.kind === 'ranges' ? countParts(source.size, partSize) : undefined
  const lanes = new Lanes(parallel, { transfers: count })
  const ahead = aheadOf(source, partSize)
  let crc64 = needsCrc64(options, held)
  let makeHasher = await client.hasher({ crc64 })
  const memory = memoryFor(source, partSize, lanes.limit + ahead)
  const hasher = await hasherAside(source, partSize, memory, verify)
  const loading: Loading = {
    // A part that the service has already counts only if it has our bytes, whatever else is not verified.
    hasherOf: (partNumber) => (verify === 'off' && !held.has(partNumber) ? undefined : makeHasher),
    memory: new Allowance(memory),
    aside: hasher && { hasher, crc64: () => crc64 },
    sumsOfBlob: blobHasher && ((blob) => blobHasher.sums(blob, { crc64 })),
  }
  if (source.kind === 'ranges') progress.expect(source.size, count ?? 0)

  const sending = lanes.turns()
  const sent: SentPart[] = []
  let isTold = false
  async function handle(part: PartToLoad, signal: AbortSignal): Promise<void> {
    const loaded = await part.load(signal)
    const { partNumber, size, sums } = loaded
    const present = held.get(partNumber)
    const isResumed = present !== undefined && isSamePart(loaded, present, verify)
    const stored = isResumed ? present : await send(upload, session, loaded, sending, lanes, signal)
    progress.done(partNumber, size, { resumed: isResumed })
    sent.push({ partNumber, etag: stored.etag, crc64: sums?.crc64 ?? stored.hashCrc64ecma, size })
    loaded.release()
    if (!isTold && 'etagHidden' in stored && stored.etagHidden) {
      isTold = true
      options.onNotice?.(
        'The ETag of parts is not shown to this page, so each part is proved by one ListParts more. Add `ETag` (and `x-oss-hash-crc64ecma`) to ExposeHeader in the CORS rule of the bucket.',
      )
    }
    const { etag, hashCrc64ecma } = stored
    const requestId = 'requestId' in stored ? stored.requestId : undefined
    await options.onPart?.({
      partNumber,
      etag,
      hashCrc64ecma,
      size,
      resumed: isResumed,
      requestId,
    })
    // Its bytes were read once more for their CRC-64; those of parts yet to come need not be.
    if ('verified' in stored && isProvedByCrc64Alone(stored.verified)) {
      crc64 = true
      makeHasher = await client.hasher({ crc64 })
    }
  }

  const parts = reader
    ? streamParts(reader, partSize, loading, signal)
    : rangesOf(source, partSize, loading)
  try {
    await forEachConcurrent(parts, lanes.turns(ahead), handle, signal)
  } finally {
    await hasher?.close()
  }
  return sent.sort((left, right) => left.partNumber - right.partNumber)
}

/** Sends one part; again and again, while the upload is paused and resumed. */
async function send(
  { client, source, target, options: { verify }, control, bandwidth, call }: Upload,
  { uploadId }: Session,
  { partNumber, size, body, sums, onItsWay }: LoadedPart,
  sending: Allowance,
  lanes: Lanes,
  signal: AbortSignal,
): Promise<UploadPartAnswer> {
  const { gate, progress } = control
  const onRetry: CallOptions['onRetry'] = (notice) => {
    lanes.failed(notice.error)
    call.onRetry?.(notice)
  }
  await sending.acquire(1, signal)
  onItsWay?.()
  try {
    const answer = await gate.run((signal) => {
      const slowed = slowBody(body, bandwidth, signal)
      const input = {
        ...target,
        uploadId,
        partNumber,
        sums,
        verify,
        body: metered(slowed, (bytes) => progress.sent(partNumber, bytes)),
      }
      return client.uploadPart(input, { ...call, onRetry, signal })
    }, signal)
    lanes.finished(size)
    sending.release(1)
    return answer
  } catch (error) {
    // Where one fails the upload does: nobody else shall have its turn.
    // A file written to between hashing and sending looks like damage on the way: say what it is.
    const isSuspect = error instanceof OssError && error.code === 'InvalidDigest'
    if (isSuspect && source.kind === 'ranges') await source.requireUnchanged()
    throw error
  }
}

/** Whether ETags are known beforehand not to prove the bytes, or not to be meant to do so alone. */
function needsCrc64(
  { verify = 'md5', serverSideEncryption }: Upload['options'],
  held: Session['held'],
): boolean {
  if (takesCrc64(verify) || serverSideEncryption !== undefined) return true
  return [...held.values()].some(({ etag }) => !isMd5ETag(etag))
}

function isProvedByCrc64Alone(proofs: readonly Proof[]): boolean {
  return proofs.length > 0 && !proofs.includes('etag')
}

/** Whether the service's part has the very bytes that we read here. */
function isSamePart({ size, sums }: LoadedPart, held: PartEntry, verify: Verify): boolean {
  if (!sums || held.size !== size) return false
  const { hashCrc64ecma, etag } = held
  const isComparable = hashCrc64ecma !== undefined && sums.crc64 !== undefined
  if (isComparable && hashCrc64ecma !== sums.crc64) return false
  if (isComparable && (verify === 'crc64' || !isMd5ETag(etag))) return true
  return sameETag(etag, md5ETag(sums.md5))
}

/** A stream is read one part ahead; long parts too, because hashing them is a pass of its own. */
function aheadOf(source: Source, partSize: number): number {
  return source.kind === 'stream' || partSize > MAX_BUFFERED_PART ? 1 : HASH_AHEAD
}

/** Bytes that the parts of a file may take in any case. */
const MEMORY_PER_FILE = 64 * 1024 * 1024

/**
 * Bytes: what the parts in hand take at the beginning, within the most there may be. However many lanes
 * there come to be, a file has no more: parts wait for memory, and sending them without it would mean to
 * read them twice. A stream must keep all it has in hand.
 */
function memoryFor(source: Source, partSize: number, inHand: number): number {
  const ofFile = Math.max(inHand * partSize, MEMORY_PER_FILE)
  return Math.min(source.kind === 'ranges' ? ofFile : MEMORY_PER_UPLOAD, MEMORY_PER_UPLOAD)
}

/** Bytes of a source from which on a thread is worth its start. */
const WORTH_A_THREAD = 64 * 1024 * 1024

/** `memory`: bytes of parts in hand. */
async function hasherAside(
  source: Source,
  partSize: number,
  memory: number,
  verify: Verify,
): Promise<PartHasher | undefined> {
  if (source.kind === 'stream' || source.size < WORTH_A_THREAD || source.slice) return undefined
  if (verify === 'off' || partSize > MAX_BUFFERED_PART) return undefined
  return source.partHasher?.(Math.floor(memory / partSize), partSize)
}

function rangesOf(source: Source, partSize: number, loading: Loading): Iterable<PartToLoad> {
  return source.kind === 'ranges' ? rangeParts(source, partSize, loading) : []
}
