/** What answers say of the restore of an archived object. */

import { formatHttpDate } from '@lading/protocol'
import { restoreStateOf } from '../store/restore.ts'
import type { StoredObject } from '../store/store.ts'

/** As `x-oss-restore` and `RestoreInfo` have it; `undefined` where none was asked for, or it is over. */
export function restoreInfo(object: StoredObject, now: Date): string | undefined {
  switch (restoreStateOf(object, now)) {
    case 'ongoing':
      return 'ongoing-request="true"'
    case 'readable': {
      const { expiresAt = now } = object.restore ?? {}
      return `ongoing-request="false", expiry-date="${formatHttpDate(expiresAt)}"`
    }
    default:
      return undefined
  }
}

export function restoreHeaders(object: StoredObject, now: Date): Record<string, string> {
  const info = restoreInfo(object, now)
  return info === undefined ? {} : { 'x-oss-restore': info }
}
