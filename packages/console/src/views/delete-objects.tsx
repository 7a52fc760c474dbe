/** Asks whether objects shall go, and deletes them. */

import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { count } from '../format.ts'
import { t } from '../i18n.ts'
import { Dialog } from '../parts/dialog.tsx'
import { FailureNote } from '../parts/failure-note.tsx'
import { requireSession } from '../session.ts'

/** Of as many the names are shown. */
const NAMED = 5

export function DeleteObjects({
  bucket,
  keys,
  onClose,
  onDeleted,
}: {
  readonly bucket: string
  /** At most 1,000. */
  readonly keys: readonly string[]
  readonly onClose: () => void
  readonly onDeleted: (count: number) => void
}): JSX.Element {
  const [error, setError] = useState<unknown>(undefined)
  const [busy, setBusy] = useState(false)
  const remove = async (): Promise<void> => {
    const { client } = requireSession()
    setBusy(true)
    try {
      const [key] = keys
      if (keys.length === 1 && key !== undefined) await client.deleteObject({ bucket, key })
      else await client.deleteMultipleObjects({ bucket, objects: keys })
      onDeleted(keys.length)
    } catch (failure) {
      setError(failure)
      setBusy(false)
    }
  }
  return (
    <Dialog
      title={t('delete.title', { count: keys.length, shown: count(keys.length) })}
      onClose={onClose}
    >
      {error !== undefined && <FailureNote error={error} />}
      <ul class="names">
        {keys.slice(0, NAMED).map((key) => (
          <li key={key}>
            <code>{key}</code>
          </li>
        ))}
        {keys.length > NAMED && (
          <li>
            {t('delete.more', { count: keys.length - NAMED, shown: count(keys.length - NAMED) })}
          </li>
        )}
      </ul>
      <p>{t('delete.warning')}</p>
      <p class="row end">
        <button type="button" class="quiet" onClick={onClose}>
          {t('action.cancel')}
        </button>
        <button type="button" class="bad" disabled={busy} onClick={remove}>
          {t('action.delete')}
        </button>
      </p>
    </Dialog>
  )
}
