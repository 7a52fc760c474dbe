/** Objects that grow at their end. */

import { combineCrc64, type ETag, formatContentMd5 } from '@lading/protocol'
import { type BodyInput, toHttpBody } from '../body.ts'
import { IntegrityError } from '../errors.ts'
import type { CallOptions } from '../options.ts'
import { requireInteger } from '../options.ts'
import type { Answer, Sender, TextAnswer } from '../send.ts'
import {
  attributeHeaders,
  crc64Header,
  type ObjectAcl,
  type ObjectAttributes,
  objectHead,
  requireETag,
} from './attributes.ts'
import { onlyStatus } from './buckets.ts'
import { type ObjectInput, objectTarget } from './multipart.ts'
import { sumsOf } from './prove.ts'
import { queryOf } from './query.ts'
import { repeatable } from './repeated.ts'

export interface AppendObjectInput extends ObjectInput, ObjectAttributes {
  /** Bytes that the object has now; 0 makes it. Else refused with `PositionNotEqualToLength`. */
  readonly position: number
  /** No stream: whether a lost answer meant success can be found out only with the bytes at hand. */
  readonly body: Exclude<BodyInput, AsyncIterable<Uint8Array>>
  /** The CRC-64 of those bytes, as the last answer gave it. With it the whole object is proved. */
  readonly hashCrc64ecma?: bigint | undefined
  /** Counts only at position 0, as the other attributes do. */
  readonly acl?: ObjectAcl | undefined
}

export interface AppendObjectAnswer extends Answer {
  readonly etag: ETag
  /** Of the whole object. */
  readonly hashCrc64ecma: bigint | undefined
  /** Where the next append begins: bytes of the whole object. */
  readonly nextAppendPosition: number
  readonly versionId: string | undefined
}

/** @throws {IntegrityError} when the service holds other bytes than were appended. */
export async function appendObject(
  sender: Sender,
  { bucket, key, position, body: input, hashCrc64ecma, acl, ...attributes }: AppendObjectInput,
  options?: CallOptions,
): Promise<AppendObjectAnswer> {
  requireInteger('position', position, 0, Number.MAX_SAFE_INTEGER)
  const target = objectTarget({ bucket, key })
  const body = toHttpBody(input)
  const { size } = body
  if (size === undefined) throw new TypeError('appendObject takes no stream.')
  const makeHasher = await sender.hasher({ crc64: true })
  const sums = await sumsOf(body.open(), makeHasher, options?.signal)
  const before = position === 0 ? 0n : hashCrc64ecma
  const expected =
    before === undefined || sums.crc64 === undefined
      ? undefined
      : combineCrc64(before, sums.crc64, size)

  const receive = (answer: TextAnswer): AppendObjectAnswer => {
    const actual = crc64Header(answer.headers)
    if (expected !== undefined && actual !== undefined && actual !== expected) {
      throw new IntegrityError(
        'object',
        `The object has the CRC-64 ${actual} instead of ${expected} since the append at ${position}. Read it before anything more is appended.`,
      )
    }
    return {
      ...onlyStatus(answer),
      etag: requireETag(answer.headers),
      hashCrc64ecma: actual,
      nextAppendPosition: position + size,
      versionId: answer.headers.get('x-oss-version-id'),
    }
  }
  const append = {
    operation: 'AppendObject',
    method: 'POST',
    target,
    query: [['append', ''] as const, ...queryOf({ position })],
    headers: {
      ...attributeHeaders(attributes),
      'x-oss-object-acl': acl,
      'content-md5': formatContentMd5(sums.md5),
    },
    body,
    receive,
  }
  const isDone = (answer: TextAnswer): AppendObjectAnswer | undefined => {
    const { size: whole, hashCrc64ecma: actual } = objectHead(answer.headers)
    const isOurs = expected !== undefined && actual === expected && whole === position + size
    return isOurs ? receive(answer) : undefined
  }
  return repeatable(
    'PositionNotEqualToLength',
    options,
    (options) => sender.send(append, options),
    () =>
      sender.send({ operation: 'HeadObject', method: 'HEAD', target, receive: isDone }, options),
  )
}
