/** Cancelling is not leaving: asks what shall become of the parts that are stored. */

import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { bytes } from '../format.ts'
import { t } from '../i18n.ts'
import { Dialog } from '../parts/dialog.tsx'
import { FailureNote } from '../parts/failure-note.tsx'
import type { Transfer } from './transfer.ts'
import { cancelTransfer } from './transfers.ts'

export function CancelTransfer({
  transfer,
  onClose,
}: {
  readonly transfer: Transfer
  readonly onClose: () => void
}): JSX.Element {
  const [error, setError] = useState<unknown>(undefined)
  const cancel = async (keepParts: boolean): Promise<void> => {
    try {
      await cancelTransfer(transfer, { keepParts })
      onClose()
    } catch (failure) {
      setError(failure)
    }
  }
  return (
    <Dialog title={t('cancel.title', { name: transfer.facts.name })} onClose={onClose}>
      {error !== undefined && <FailureNote error={error} />}
      <p>{t('cancel.question', { stored: bytes(transfer.progress.value.confirmed) })}</p>
      <p class="row end">
        <button type="button" class="quiet" onClick={onClose}>
          {t('cancel.goOn')}
        </button>
        <button type="button" class="quiet" onClick={() => void cancel(true)}>
          {t('cancel.keep')}
        </button>
        <button type="button" class="bad" onClick={() => void cancel(false)}>
          {t('cancel.abort')}
        </button>
      </p>
    </Dialog>
  )
}
