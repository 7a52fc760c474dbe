/** An object's bytes in order, whatever happens to the connection, and proved at their end. */

import { type ETag, loadCrc64, OssError, sameETag } from '@lading/protocol'
import { delay } from '../abort.ts'
import { type FailureFacts, IntegrityError, TransportError } from '../errors.ts'
import type { GetObjectAnswer, HeadObjectAnswer } from '../operations/objects.ts'
import { type CallOptions, requireInteger } from '../options.ts'
import type { OssClient } from '../oss-client.ts'
import { backoff } from '../retry.ts'

export interface ObjectToRead {
  readonly bucket: string
  readonly key: string
  readonly versionId?: string | undefined
}

export interface ReadOptions extends CallOptions {
  /** Bytes from here on. Default 0. Only a whole object can be proved by its CRC-64. */
  readonly start?: number
  /** The object that is meant, where it has been looked at before: another one is refused. */
  readonly head?: Pick<HeadObjectAnswer, 'etag' | 'size' | 'hashCrc64ecma'>
}

/**
 * Yields the object's bytes. A connection that breaks is replaced by one that goes on from the same
 * byte of the same version; `retries` counts breaks in a row that
 * brought no byte.
 *
 * @throws {IntegrityError} after the last byte, when the CRC-64 is not that of the object.
 * @throws {OssError} `PreconditionFailed` when the object was replaced while it was read.
 */
export async function* readObject(
  client: OssClient,
  object: ObjectToRead,
  { start = 0, head: known, ...options }: ReadOptions = {},
): AsyncGenerator<Uint8Array, void, void> {
  requireInteger('start', start, 0, Number.MAX_SAFE_INTEGER)
  const head = known ?? (await client.headObject(object, options))
  const takeCrc64 = await loadCrc64()
  let crc64 = 0n
  for await (const chunk of readRange(
    client,
    object,
    { etag: head.etag, size: head.size, start, end: head.size },
    options,
  )) {
    crc64 = takeCrc64(chunk, crc64)
    yield chunk
  }
  const expected = head.hashCrc64ecma
  if (start === 0 && expected !== undefined && crc64 !== expected) {
    throw otherCrc64(object, crc64, expected)
  }
}

export interface RangeToRead {
  /** Of the object that is meant: another one is refused. */
  readonly etag: ETag
  /** Bytes that the whole object has. */
  readonly size: number
  readonly start: number
  /** Not included. */
  readonly end: number
}

/**
 * Exactly the bytes of the range, in order, going on where a connection broke.
 *
 * @throws {TransportError} when one break after the other brings no byte, or the service answers with
 * other bytes than were asked for, such as the whole object.
 */
export async function* readRange(
  client: OssClient,
  object: ObjectToRead,
  { etag, size, start, end }: RangeToRead,
  options: CallOptions,
): AsyncGenerator<Uint8Array, void, void> {
  const { retries = client.retry.retries, signal } = options
  let position = start
  for (let barren = 0; position < end; ) {
    const range = { start: position, end: end - 1 }
    const answer = await client.getObject({ ...object, range, ifMatch: etag }, options)
    await requireRange(answer, object, { ...range, etag, size })
    try {
      for await (const chunk of answer.body) {
        if (position + chunk.length > end)
          throw new IntegrityError(
            'object',
            'The answer is longer than it said. Try again, or check what is on the way to the service.',
            factsOf(answer),
          )
        yield chunk
        position += chunk.length
        barren = 0
      }
      if (position < end)
        throw new TransportError(
          'The answer is shorter than it said. Try again, or check what is on the way to the service.',
          factsOf(answer),
        )
    } catch (error) {
      signal?.throwIfAborted()
      if (!(error instanceof TransportError) || barren >= retries) throw error
      barren += 1
      const delayMs = backoff(barren, client.retry, Math.random())
      options.onRetry?.({ operation: 'GetObject', retry: barren, error, delayMs })
      await delay(delayMs, signal)
    }
  }
}

/**
 * A server that knows no ranges answers 200 with everything; written at an offset that is damage. And
 * one that does not heed If-Match answers with the bytes of whatever is there by now.
 */
async function requireRange(
  answer: GetObjectAnswer,
  object: ObjectToRead,
  { etag, size, start, end }: RangeToRead,
): Promise<void> {
  const { range, body, status, requestId } = answer
  const isAsked = status === 206 && range?.start === start && range.end === end
  const isSame = sameETag(answer.etag, etag)
  if (isAsked && isSame && answer.size === size) return
  await body[Symbol.asyncIterator]().return?.()
  if (!isSame) {
    const message = `${placeOf(object)} was replaced while it was read. Read it again.`
    throw new OssError('PreconditionFailed', { message, requestId })
  }
  const got = range ? `bytes ${range.start}-${range.end} of ${answer.size}` : 'the whole object'
  throw new TransportError(
    `The service answered ${status} with ${got} when asked for bytes ${start}-${end} of ${size}. Check what is on the way to the service.`,
    factsOf(answer),
  )
}

export function otherCrc64(
  object: ObjectToRead,
  crc64: bigint,
  expected: bigint,
  facts?: FailureFacts,
): IntegrityError {
  return new IntegrityError(
    'object',
    `The bytes of ${placeOf(object)} have CRC-64 ${crc64}, and the object ${expected}. Read it again.`,
    facts,
  )
}

function factsOf({ status, requestId }: GetObjectAnswer): FailureFacts {
  return { status, requestId }
}

export function placeOf({ bucket, key }: ObjectToRead): string {
  return `oss://${bucket}/${key}`
}
