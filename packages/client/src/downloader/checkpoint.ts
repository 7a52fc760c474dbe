/**
 * What is remembered of a download between runs: which object it is of, and which bytes of it lie on
 * the disk. A claim and no proof: what it claims is read again before it counts.
 */

import { formatCrc64, parseCrc64 } from '@lading/protocol'

/** What a download is known by. Another object or another file is another download. */
export interface DownloadIdentity {
  readonly endpoint: string
  readonly bucket: string
  readonly key: string
  /** The version that was asked for; `undefined`: whichever is the newest. */
  readonly versionId: string | undefined
  /** The absolute path of the file that it becomes. */
  readonly target: string
}

/** Which bytes the object had then: those of another one are never mixed with them. */
export interface ObjectFingerprint {
  readonly etag: string
  /** Bytes. */
  readonly size: number
  /** `undefined` where the service knows none. */
  readonly hashCrc64ecma: bigint | undefined
}

export interface DownloadCheckpoint extends DownloadIdentity, ObjectFingerprint {
  /** Bytes of each range. */
  readonly partSize: number
  /** ISO 8601. */
  readonly begun: string
}

/** A range of the object, from its beginning on, that has been written to the disk. */
export interface KeptRange {
  /** From 1, without a gap. */
  readonly partNumber: number
  /** Bytes; fewer than the range has where it was interrupted. */
  readonly size: number
  /** Of these bytes. */
  readonly crc64: bigint
}

export interface DownloadCheckpoints {
  /**
   * Takes hold of the checkpoint of `identity`, until `close`.
   *
   * @throws {CheckpointLockedError} when somebody else holds it.
   */
  open(identity: DownloadIdentity): Promise<DownloadSlot>
}

export interface DownloadSlot {
  /** `undefined` when there is none, or none that can be used. */
  readonly found: ReadDownload | undefined
  /** Why what was found cannot be used. */
  readonly ignored: string | undefined
  /** Replaces what was there in one step. Resolves once it would survive a power cut. */
  begin(checkpoint: DownloadCheckpoint, kept: readonly KeptRange[]): Promise<void>
  /** Remembers one range more; of several of one number the last counts. */
  append(range: KeptRange): Promise<void>
  remove(): Promise<void>
  /** Lets go of it. May be repeated. */
  close(): Promise<void>
}

export interface ReadDownload {
  readonly checkpoint: DownloadCheckpoint
  /** By part number. */
  readonly kept: ReadonlyMap<number, KeptRange>
}

/** One line of JSON, to which those of the ranges are appended. */
export function formatDownload(checkpoint: DownloadCheckpoint): string {
  const { hashCrc64ecma, ...rest } = checkpoint
  const crc64 = hashCrc64ecma === undefined ? undefined : formatCrc64(hashCrc64ecma)
  return `${JSON.stringify({ format: 1, kind: 'download', ...rest, crc64 })}\n`
}

export function formatRange({ partNumber, size, crc64 }: KeptRange): string {
  return `${JSON.stringify({ partNumber, size, crc64: formatCrc64(crc64) })}\n`
}

/** Never throws: what cannot be read is ignored and the reason told. */
export function readDownload(text: string): {
  readonly found?: ReadDownload
  readonly ignored?: string
} {
  const [first = '', ...lines] = text.split('\n')
  const head = parseLine(first)
  if (!head) return { ignored: 'The checkpoint is torn or is not JSON.' }
  if (head.kind !== 'download') return { ignored: 'The checkpoint is not that of a download.' }
  if (head.format !== 1) {
    return { ignored: `The checkpoint has format ${JSON.stringify(head.format)}, and we know 1.` }
  }
  const checkpoint = toCheckpoint(head)
  if (!checkpoint) return { ignored: 'The checkpoint lacks fields.' }
  const kept = new Map<number, KeptRange>()
  for (const line of lines) {
    // The last one may be torn, and after a power cut any: a range that is not known is fetched again.
    const range = toRange(parseLine(line))
    if (range) kept.set(range.partNumber, range)
  }
  return { found: { checkpoint, kept } }
}

export function isOf(identity: DownloadIdentity, checkpoint: DownloadCheckpoint): boolean {
  return (['endpoint', 'bucket', 'key', 'versionId', 'target'] as const).every(
    (field) => checkpoint[field] === identity[field],
  )
}

type Fields = Readonly<Record<string, unknown>>

function parseLine(line: string): Fields | undefined {
  try {
    const found: unknown = JSON.parse(line)
    return typeof found === 'object' && found !== null ? (found as Fields) : undefined
  } catch {
    return undefined
  }
}

function toCheckpoint(fields: Fields): DownloadCheckpoint | undefined {
  const { endpoint, bucket, key, versionId, target, etag, size, crc64, partSize, begun } = fields
  const hashCrc64ecma = typeof crc64 === 'string' ? parseCrc64(crc64) : undefined
  if (
    !isText(endpoint) ||
    !isText(bucket) ||
    !isText(key) ||
    !(versionId === undefined || isText(versionId)) ||
    !isText(target) ||
    !isText(etag) ||
    !isCount(size) ||
    !isCount(partSize) ||
    partSize === 0 ||
    (crc64 !== undefined && hashCrc64ecma === undefined) ||
    !isText(begun)
  ) {
    return undefined
  }
  return {
    endpoint,
    bucket,
    key,
    versionId,
    target,
    etag,
    size,
    hashCrc64ecma,
    partSize,
    begun,
  }
}

function toRange(fields: Fields | undefined): KeptRange | undefined {
  const { partNumber, size, crc64 } = fields ?? {}
  const sum = typeof crc64 === 'string' ? parseCrc64(crc64) : undefined
  return isCount(partNumber) && isCount(size) && sum !== undefined
    ? { partNumber, size, crc64: sum }
    : undefined
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0
}
