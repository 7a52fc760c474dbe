/** Asks whether unfinished uploads shall go with their parts, and for how many, as nobody gets them back. */

import { OssError } from '@lading/client'
import type { JSX } from 'preact'
import { useId, useState } from 'preact/hooks'
import { count } from '../format.ts'
import { t } from '../i18n.ts'
import { Dialog } from '../parts/dialog.tsx'
import { FailureNote } from '../parts/failure-note.tsx'
import { requireSession } from '../session.ts'
import type { Unfinished } from './upload-table.tsx'

export function AbortUploads({
  bucket,
  uploads,
  onClose,
  onAborted,
}: {
  readonly bucket: string
  readonly uploads: readonly Unfinished[]
  readonly onClose: () => void
  readonly onAborted: (count: number) => void
}): JSX.Element {
  const id = useId()
  const [typed, setTyped] = useState('')
  const [error, setError] = useState<unknown>(undefined)
  const [busy, setBusy] = useState(false)
  const isSure = uploads.length === 1 || typed.trim() === String(uploads.length)
  const abort = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    if (!isSure) return
    setBusy(true)
    try {
      for (const { key, uploadId } of uploads) await abortOne(bucket, key, uploadId)
      onAborted(uploads.length)
    } catch (failure) {
      setError(failure)
      setBusy(false)
    }
  }
  return (
    <Dialog
      title={t('abort.title', { count: uploads.length, shown: count(uploads.length) })}
      onClose={onClose}
    >
      <form onSubmit={abort}>
        {error !== undefined && <FailureNote error={error} />}
        <p>{t('abort.warning')}</p>
        {uploads.length > 1 && (
          <p class="field">
            <label for={id}>{t('abort.type', { number: String(uploads.length) })}</label>
            <input
              id={id}
              inputMode="numeric"
              autocomplete="off"
              value={typed}
              onInput={(event) => setTyped(event.currentTarget.value)}
            />
          </p>
        )}
        <p class="row end">
          <button type="button" class="quiet" onClick={onClose}>
            {t('action.cancel')}
          </button>
          <button type="submit" class="bad" disabled={busy || !isSure}>
            {t('abort.button', { count: uploads.length, shown: count(uploads.length) })}
          </button>
        </p>
      </form>
    </Dialog>
  )
}

/** One that is over already is what was wanted. */
async function abortOne(bucket: string, key: string, uploadId: string): Promise<void> {
  try {
    await requireSession().client.abortMultipartUpload({ bucket, key, uploadId })
  } catch (error) {
    if (!(error instanceof OssError && error.code === 'NoSuchUpload')) throw error
  }
}
