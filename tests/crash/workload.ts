/** Several clients that initiate, send, overwrite, complete, abort and read until they are cut off. */

import { createHash } from 'node:crypto'
import { etagOf, type OssWire, UnexpectedAnswer } from '../support/oss-wire.ts'
import type { Random } from '../support/random.ts'
import type { Ledger, PartRecord, UploadRecord } from './ledger.ts'

const MIN_PART = 102_400

/** What is going on at this moment, for the one who is about to pull the plug. */
export interface Traffic {
  inFlight: number
  completesInFlight: number
  /** Called at every acknowledgement. */
  onAcknowledged: () => void
}

export interface ClientOptions {
  readonly wire: OssWire
  readonly ledger: Ledger
  readonly traffic: Traffic
  readonly random: Random
  /** Random bytes that parts are cut from. */
  readonly pool: Uint8Array
  /** The keys that only this client writes. */
  readonly keys: readonly [string, ...string[]]
}

/** Works until a request fails, as it does when the server dies, and resolves with how; never rejects. */
export async function runClient(options: ClientOptions, stopped: () => boolean): Promise<unknown> {
  while (!stopped()) {
    try {
      await step(options)
    } catch (error) {
      return error
    }
  }
  return undefined
}

async function step(options: ClientOptions): Promise<void> {
  const { ledger, random, keys } = options
  const mine = ledger.openUploads().filter(({ key }) => keys.includes(key))
  const upload =
    mine.length > 0 && random.chance(0.8) ? mine[random.between(0, mine.length - 1)] : undefined
  if (upload === undefined) {
    await initiate(options)
    return
  }
  const acknowledged = [...upload.parts.values()].filter((part) => part.acknowledged !== undefined)
  const draw = random.next()
  if (acknowledged.length >= 2 && draw < 0.35) await complete(options, upload)
  else if (acknowledged.length >= 1 && draw < 0.45) await abort(options, upload)
  else if (draw < 0.52) await read(options)
  else {
    const first = random.between(1, 6)
    // Two parts at once, never the same number: what one client overwrites, it overwrites in order.
    const sent = await Promise.allSettled([
      sendPart(options, upload, first),
      sendPart(options, upload, (first % 6) + 1),
    ])
    // One that failed with its worker says nothing of the other, which another worker may hold.
    for (const part of sent) if (part.status === 'rejected') throw part.reason
  }
}

async function initiate({ wire, ledger, traffic, random, keys }: ClientOptions): Promise<void> {
  const key = random.pick(keys as [string, ...string[]])
  const uploadId = await during(traffic, () => wire.initiate(ledger.bucket, key))
  ledger.uploads.push({ key, uploadId, state: 'open', parts: new Map(), intended: undefined })
}

async function sendPart(
  { wire, ledger, traffic, random, pool }: ClientOptions,
  upload: UploadRecord,
  partNumber: number,
): Promise<void> {
  const size = random.between(MIN_PART, 2 * MIN_PART)
  const start = random.between(0, pool.length - size)
  const bytes = pool.subarray(start, start + size)
  const etag = etagOf(bytes)
  ledger.remember(etag, bytes)
  const part: PartRecord = upload.parts.get(partNumber) ?? {
    acknowledged: undefined,
    unanswered: new Set(),
  }
  upload.parts.set(partNumber, part)
  part.unanswered.add(etag)
  const { key, uploadId } = upload
  const answer = await during(traffic, () =>
    wire.uploadPart(ledger.bucket, key, uploadId, partNumber, bytes),
  )
  if (answer.status !== 200 || answer.headers.etag !== `"${etag}"`) {
    throw new UnexpectedAnswer(
      `UploadPart answered ${answer.status}: ${answer.text}`,
      answer.status,
    )
  }
  part.acknowledged = etag
  part.unanswered.delete(etag)
  ledger.partsAcknowledged += 1
  traffic.onAcknowledged()
}

async function complete(
  { wire, ledger, traffic }: ClientOptions,
  upload: UploadRecord,
): Promise<void> {
  const parts = [...upload.parts]
    .flatMap(([partNumber, { acknowledged }]) =>
      acknowledged === undefined ? [] : [[partNumber, acknowledged] as const],
    )
    .sort(([left], [right]) => left - right)
  const intended = ledger.contentOf(parts.map(([, etag]) => etag))
  upload.intended = intended
  upload.state = 'completing'
  traffic.completesInFlight += 1
  try {
    const answer = await during(traffic, () =>
      wire.complete(ledger.bucket, upload.key, upload.uploadId, parts),
    )
    if (answer.status !== 200)
      throw new UnexpectedAnswer(
        `Complete answered ${answer.status}: ${answer.text}`,
        answer.status,
      )
    upload.state = 'completed'
    ledger.published.set(upload.key, intended)
    ledger.completesAcknowledged += 1
    traffic.onAcknowledged()
  } finally {
    traffic.completesInFlight -= 1
  }
}

async function abort(
  { wire, ledger, traffic }: ClientOptions,
  upload: UploadRecord,
): Promise<void> {
  upload.state = 'aborting'
  const answer = await during(traffic, () => wire.abort(ledger.bucket, upload.key, upload.uploadId))
  if (answer.status !== 204)
    throw new UnexpectedAnswer(`Abort answered ${answer.status}: ${answer.text}`, answer.status)
  upload.state = 'aborted'
  ledger.abortsAcknowledged += 1
  traffic.onAcknowledged()
}

/** A reader sees the old object or the new one whole; between rounds the ledger says which. */
async function read({ wire, ledger, traffic, random, keys }: ClientOptions): Promise<void> {
  const key = random.pick(keys as [string, ...string[]])
  const answer = await during(traffic, () => wire.send('GET', { bucket: ledger.bucket, key }))
  const expected = ledger.published.get(key)
  if (answer.status === 503) throw new UnexpectedAnswer(`GetObject answered ${answer.text}`, 503)
  if (expected === undefined) return
  if (answer.headers.etag !== `"${expected.etag}"` || md5Of(answer.bytes) !== expected.md5) {
    const what = `${answer.status}, ${answer.code ?? `${answer.bytes.length} bytes`}`
    throw new UnexpectedAnswer(`${key} was read in another state than was acknowledged: ${what}`)
  }
}

function md5Of(bytes: Uint8Array): string {
  return createHash('md5').update(bytes).digest('hex')
}

async function during<Result>(traffic: Traffic, work: () => Promise<Result>): Promise<Result> {
  traffic.inFlight += 1
  try {
    return await work()
  } finally {
    traffic.inFlight -= 1
  }
}
