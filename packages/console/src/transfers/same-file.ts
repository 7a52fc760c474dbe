/** Whether a file chosen again is the one that was being sent. */

import { bytes, dateTime } from '../format.ts'
import { t } from '../i18n.ts'
import type { FileFacts } from './transfer.ts'

/** Why `chosen` is another file than `wanted`, in words; `undefined` when it is the same. */
export function differenceOf(wanted: FileFacts, chosen: FileFacts): string | undefined {
  if (chosen.name !== wanted.name) {
    return t('restored.otherName', { chosen: chosen.name, wanted: wanted.name })
  }
  if (chosen.size !== wanted.size) {
    return t('restored.otherSize', {
      name: wanted.name,
      chosen: bytes(chosen.size),
      wanted: bytes(wanted.size),
    })
  }
  if (chosen.lastModified !== wanted.lastModified) {
    return t('restored.otherDate', {
      name: wanted.name,
      chosen: dateTime(new Date(chosen.lastModified)),
      wanted: dateTime(new Date(wanted.lastModified)),
    })
  }
  return undefined
}
