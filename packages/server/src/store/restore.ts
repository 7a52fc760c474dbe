/** Objects of the archive classes: whether their bytes can be read, and the wait until they can. */

import { formatCrc64, OssError } from '@lading/protocol'
import type { StoredObject, UnversionedObject } from '../ports/metadata-store.ts'

const archives: readonly string[] = ['Archive', 'ColdArchive', 'DeepColdArchive']

/** `frozen` can be restored, `ongoing` is being restored, `readable` was; `none` was never archived. */
export type RestoreState = 'none' | 'frozen' | 'ongoing' | 'readable'

export function restoreStateOf(object: UnversionedObject, now: Date): RestoreState {
  if (object.type === 'Symlink' || !archives.includes(object.attributes.storageClass)) return 'none'
  const { restore } = object
  if (!restore || restore.expiresAt <= now) return 'frozen'
  return restore.readyAt > now ? 'ongoing' : 'readable'
}

/**
 * The CRC-64 is in the refusal too, over a body that it is not of. Source: the C SDK's suite, which
 * asserts the mismatch.
 *
 * @throws {OssError} `InvalidObjectState`.
 */
export function requireReadable(object: UnversionedObject, now: Date): void {
  const state = restoreStateOf(object, now)
  if (state === 'none' || state === 'readable') return
  throw new OssError('InvalidObjectState', {
    details: { ObjectName: object.key },
    headers: { 'x-oss-hash-crc64ecma': formatCrc64(object.crc64) },
  })
}

/** How long a restore takes and lasts. Milliseconds. */
export interface RestoreTimes {
  readonly takesMs: number
  readonly lastsMs: number
}

/**
 * The object as it is once its restore was asked for: one that can be read stays so for longer, of any
 * other the wait begins.
 *
 * @throws {OssError} `RestoreAlreadyInProgress`; `OperationNotSupported` for what is in no archive.
 */
export function restoring(object: StoredObject, times: RestoreTimes, now: Date): StoredObject {
  switch (restoreStateOf(object, now)) {
    case 'none':
      throw new OssError('OperationNotSupported', { ec: '0016-00000702' })
    case 'ongoing':
      throw new OssError('RestoreAlreadyInProgress')
    case 'readable': {
      const readyAt = object.restore?.readyAt ?? now
      const expiresAt = new Date(
        Math.max(object.restore?.expiresAt.getTime() ?? 0, now.getTime() + times.lastsMs),
      )
      return { ...object, restore: { readyAt, expiresAt } }
    }
    case 'frozen': {
      const readyAt = new Date(now.getTime() + times.takesMs)
      const expiresAt = new Date(readyAt.getTime() + times.lastsMs)
      return { ...object, restore: { readyAt, expiresAt } }
    }
  }
}
