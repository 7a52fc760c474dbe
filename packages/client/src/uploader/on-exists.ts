/** What an upload does about an object that its key has already. */

import { md5ETag, OssError, sameETag } from '@lading/protocol'
import type { ObjectInput } from '../operations/multipart.ts'
import type { HeadObjectAnswer } from '../operations/objects.ts'
import { isMd5ETag, type Proof, sumsOf } from '../operations/prove.ts'
import type { CallOptions } from '../options.ts'
import type { UploadClient } from '../upload-client.ts'
import type { RangeSource, Source } from './source.ts'

/**
 * - `overwrite`, the default: the object is replaced.
 * - `fail`: refused with `FileAlreadyExists`.
 * - `skip`: nothing is sent, whatever the object is.
 * - `skip-if-same`: nothing is sent if the object has the source's bytes, which reads the source once
 *   more; else it is replaced. Headers and metadata are not compared.
 *
 * What must not be replaced is protected by the service as well, from beginning to end; but not in a
 * bucket with versions, where nothing is lost by it.
 */
export type OnExists = 'overwrite' | 'skip' | 'fail' | 'skip-if-same'

/** An object that makes the upload needless. */
export interface PresentObject {
  readonly head: HeadObjectAnswer
  /** Which of its sums was compared with the source's: none where it was not asked for. */
  readonly verified: readonly Proof[]
}

/** @throws {RangeError} for what is no such choice, or contradicts `forbidOverwrite`. */
export function requireOnExists(
  onExists: OnExists | undefined,
  forbidOverwrite: boolean | undefined,
): void {
  if (onExists === undefined) return
  if (!['overwrite', 'skip', 'fail', 'skip-if-same'].includes(onExists)) {
    throw new RangeError(
      `onExists must be overwrite, skip, fail or skip-if-same, and not ${onExists}.`,
    )
  }
  if (forbidOverwrite && (onExists === 'overwrite' || onExists === 'skip-if-same')) {
    throw new RangeError(`onExists ${onExists} may overwrite, which forbidOverwrite forbids.`)
  }
}

export function forbidsOverwrite(onExists: OnExists | undefined): boolean {
  return onExists === 'fail' || onExists === 'skip'
}

/**
 * The object that the key has, if it is one to leave alone.
 *
 * @throws {TypeError} for `skip-if-same` and a stream, which cannot be read twice.
 */
export async function findPresent(
  client: UploadClient,
  source: Source,
  target: ObjectInput,
  onExists: OnExists | undefined,
  call: CallOptions,
): Promise<PresentObject | undefined> {
  if (onExists !== 'skip' && onExists !== 'skip-if-same') return undefined
  if (onExists === 'skip-if-same' && source.kind === 'stream') {
    throw new TypeError('skip-if-same needs a source that can be read twice, and not a stream.')
  }
  const head = await headOrNothing(client, target, call)
  if (!head || onExists === 'skip') return head && { head, verified: [] }
  const verified = source.kind === 'ranges' && (await provedSame(client, source, head, call))
  return verified ? { head, verified } : undefined
}

/** `undefined` where the key has no object. */
export async function headOrNothing(
  client: UploadClient,
  target: ObjectInput,
  call: CallOptions,
): Promise<HeadObjectAnswer | undefined> {
  try {
    return await client.headObject(target, call)
  } catch (error) {
    if (error instanceof OssError && error.code === 'NoSuchKey') return undefined
    throw error
  }
}

/** What shows object and source to have the same bytes; `undefined` where they differ, or nothing shows it. */
export async function provedSame(
  client: UploadClient,
  source: RangeSource,
  { size, etag, hashCrc64ecma }: HeadObjectAnswer,
  { signal }: CallOptions,
): Promise<readonly Proof[] | undefined> {
  const isComparable = hashCrc64ecma !== undefined || isMd5ETag(etag)
  if (size !== source.size || !isComparable) return undefined
  const sums = await sumsOf(bytesOf(source), await client.hasher(), signal)
  if (hashCrc64ecma !== undefined) return sums.crc64 === hashCrc64ecma ? ['crc64'] : undefined
  return sameETag(etag, md5ETag(sums.md5)) ? ['etag'] : undefined
}

const STEP = 1024 * 1024

export async function* bytesOf(
  source: Pick<RangeSource, 'size' | 'readInto'>,
): AsyncGenerator<Uint8Array, void, void> {
  for (let offset = 0; offset < source.size; offset += STEP) {
    const chunk = new Uint8Array(Math.min(STEP, source.size - offset))
    await source.readInto(chunk, offset)
    yield chunk
  }
}
