/** The core: fetch what is missing, prove all of it, show it. */

import { combineCrc64, DEFAULT_PART_SIZE, OssError } from '@lading/protocol'
import { toBandwidthLimit } from '../engine/bandwidth.ts'
import { IntegrityError } from '../errors.ts'
import type { HeadObjectAnswer } from '../operations/objects.ts'
import { type Proof, sumsOf } from '../operations/prove.ts'
import type { CallOptions } from '../options.ts'
import type { OssClient } from '../oss-client.ts'
import { bytesOf } from '../uploader/on-exists.ts'
import { countParts } from '../uploader/plan-parts.ts'
import type { KeptRange } from './checkpoint.ts'
import { downloadStream } from './download-stream.ts'
import type { DownloadControl, Downloading, Outcome } from './downloading.ts'
import { fetchRanges } from './fetch-ranges.ts'
import type { DownloadOptions, DownloadResult } from './options.ts'
import { compareSums, neededSums, requireProvable, unproved } from './prove-object.ts'
import { type ObjectToRead, placeOf } from './read-object.ts'
import type { RangeSink, Sink, SinkSession } from './sink.ts'

/**
 * Brings the object to `sink` and resolves once the bytes there are proved to be it. Safe to call again
 * after any failure: what an earlier run left is proved, and only what is missing is fetched.
 */
export async function downloadObject(
  client: OssClient,
  object: ObjectToRead,
  sink: Sink,
  options: DownloadOptions,
  control: DownloadControl,
): Promise<DownloadResult> {
  let retries = 0
  const call: CallOptions = {
    signal: control.signal,
    retries: options.retries,
    onRetry(notice) {
      retries += 1
      options.onRetry?.(notice)
    },
  }
  const bandwidth = toBandwidthLimit(options.bandwidthLimit)
  const downloading = { client, object, options, control, bandwidth, call }
  const outcome =
    sink.kind === 'stream'
      ? await downloadStream(downloading, sink)
      : await downloadRanges(downloading, sink)
  return { ...outcome, retries }
}

async function downloadRanges(downloading: Downloading, sink: RangeSink): Promise<Outcome> {
  const { object, options } = downloading
  const attempt = (): Promise<Outcome> => downloadOnce(downloading, sink)
  try {
    return await attempt()
  } catch (error) {
    if (!isReplaced(error) || options.onReplaced === 'fail') throw error
    options.onNotice?.(`${placeOf(object)} was replaced meanwhile, so the download begins anew.`)
    return attempt()
  }
}

async function downloadOnce(downloading: Downloading, sink: RangeSink): Promise<Outcome> {
  const { client, object, options, control } = downloading
  const { meter, signal } = control
  const head = await headOf(downloading, sink)
  requireProvable(object, head, options.verify)
  const session = await sink.begin({
    client,
    object,
    head,
    partSize: options.partSize ?? DEFAULT_PART_SIZE,
    signal,
    planned: (partSize) => meter.begin(head.size, countParts(head.size, partSize)),
    found: ({ partNumber, size }) => meter.resumed(partNumber, size),
    notice: options.onNotice ?? (() => {}),
  })
  if (session.kind === 'present') return skipped(head, session.verified)
  try {
    const sums = await fetchRanges(downloading, session, head)
    const verified = await prove(downloading, session, head, sums)
    await control.gate.passed(signal)
    const published = await session.publish()
    if (published === 'skipped') return skipped(head, [])
    return {
      ...head,
      verified,
      parts: sums.length,
      resumedParts: session.held.size,
      resumedBytes: [...session.held.values()].reduce((sum, { size }) => sum + size, 0),
      skipped: false,
    }
  } catch (error) {
    // What is there is of an object that is no more, or of no object at all.
    const isUseless = isReplaced(error) || isGone(error) || error instanceof IntegrityError
    if (isUseless || (signal.aborted && control.isGivenUp())) await session.discard()
    throw isReplaced(error) ? replaced(object, error) : error
  } finally {
    await session.close()
  }
}

async function headOf(
  { client, object, call }: Downloading,
  sink: RangeSink,
): Promise<HeadObjectAnswer> {
  try {
    return await client.headObject(object, call)
  } catch (error) {
    // Nothing more can come of what an earlier run left. The refusal is what the caller must hear of.
    if (isGone(error)) await sink.forget(client, object).catch(() => {})
    throw error
  }
}

function isReplaced(error: unknown): error is OssError {
  return error instanceof OssError && error.code === 'PreconditionFailed'
}

function isGone(error: unknown): boolean {
  return error instanceof OssError && ['NoSuchKey', 'NoSuchVersion'].includes(error.code)
}

function replaced(object: ObjectToRead, cause: OssError): OssError {
  return new OssError('PreconditionFailed', {
    message: `${placeOf(object)} was replaced while it was downloaded. Nothing of it was kept; download it again.`,
    requestId: cause.requestId,
    ec: cause.ec,
    cause,
  })
}

function skipped(head: HeadObjectAnswer, verified: readonly Proof[]): Outcome {
  return { ...head, verified, parts: 0, resumedParts: 0, resumedBytes: 0, skipped: true }
}

async function prove(
  { client, object, options, control }: Downloading,
  session: SinkSession,
  head: HeadObjectAnswer,
  ranges: readonly KeptRange[],
): Promise<readonly Proof[]> {
  const { verify, onNotice } = options
  const needed = neededSums(head, verify)
  if (needed.crc64 && !needed.md5 && verify !== 'strict') {
    let crc64 = 0n
    for (const range of ranges) crc64 = combineCrc64(crc64, range.crc64, range.size)
    return compareSums(object, head, { crc64 })
  }
  if (!needed.crc64 && !needed.md5) {
    if (verify !== 'off') onNotice?.(unproved(object, head))
    return []
  }
  const readInto = session.readInto.bind(session)
  const makeHasher = await client.hasher({ crc64: needed.crc64 })
  const written = bytesOf({ size: head.size, readInto })
  return compareSums(object, head, await sumsOf(written, makeHasher, control.signal))
}
