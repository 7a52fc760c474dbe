/** One file of the drawer: what it is, how far it is, and what may be done with it. */

import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { bytes, count, duration, percent } from '../format.ts'
import { t } from '../i18n.ts'
import { FailureNote } from '../parts/failure-note.tsx'
import { Icon, IconButton } from '../parts/icon.tsx'
import { ProgressBar } from '../parts/progress-bar.tsx'
import { CancelTransfer } from './cancel-transfer.tsx'
import { ChooseAgain } from './choose-again.tsx'
import { PartsGrid } from './parts-grid.tsx'
import type { Transfer } from './transfer.ts'
import { pauseTransfer, removeTransfer, resumeTransfer } from './transfers.ts'

export function TransferRow({ transfer }: { readonly transfer: Transfer }): JSX.Element {
  const [showParts, setShowParts] = useState(false)
  const [cancelling, setCancelling] = useState(false)
  const { name, size } = transfer.facts
  const { bucket, key } = transfer.target
  const state = transfer.state.value
  const { loaded } = transfer.progress.value
  const share = state === 'done' ? 1 : size === 0 ? 0 : loaded / size
  const parts = transfer.parts.count.value
  return (
    <li class={`transfer ${state}`}>
      <div class="transfer-line">
        <div class="transfer-name">
          <Icon name={state === 'done' ? 'check' : state === 'failed' ? 'warning' : 'file'} />
          <span>
            <strong>{name}</strong>
            <small>{`oss://${bucket}/${key}`}</small>
          </span>
        </div>
        <p class="transfer-state">
          <strong>{stateInWords(transfer)}</strong>
          <span>
            {state === 'done'
              ? bytes(size)
              : t('transfers.bytes', { loaded: bytes(loaded), size: bytes(size) })}
          </span>
          {state !== 'done' && <span>{percent(share)}</span>}
          <Pace transfer={transfer} />
        </p>
        <div class="transfer-actions">
          {parts > 0 && (
            <button
              type="button"
              class="quiet"
              aria-expanded={showParts}
              onClick={() => setShowParts(!showParts)}
            >
              {t('parts.show', { count: parts, shown: count(parts) })}
              <span class="unseen">{name}</span>
            </button>
          )}
          <Steering transfer={transfer} onCancel={() => setCancelling(true)} />
        </div>
      </div>
      <ProgressBar
        label={t('transfers.progressOf', { name })}
        share={share}
        text={percent(share)}
        kind={state}
      />
      {state === 'unopened' && <ChooseAgain transfer={transfer} />}
      {state === 'failed' && <FailureNote error={transfer.error.value} />}
      {showParts && <PartsGrid parts={transfer.parts} name={name} size={size} />}
      {cancelling && <CancelTransfer transfer={transfer} onClose={() => setCancelling(false)} />}
    </li>
  )
}

function Steering({
  transfer,
  onCancel,
}: {
  readonly transfer: Transfer
  readonly onCancel: () => void
}): JSX.Element {
  const { name } = transfer.facts
  const state = transfer.state.value
  const canPause = ['waiting', 'asking', 'uploading', 'retrying', 'offline'].includes(state)
  return (
    <>
      {canPause && (
        <IconButton
          icon="pause"
          label={t('transfers.pause', { name })}
          onClick={() => void pauseTransfer(transfer)}
        />
      )}
      {state === 'paused' && (
        <IconButton
          icon="play"
          label={t('transfers.resume', { name })}
          onClick={() => resumeTransfer(transfer)}
        />
      )}
      {state === 'failed' && (
        <IconButton
          icon="retry"
          label={t('transfers.retry', { name })}
          onClick={() => resumeTransfer(transfer)}
        />
      )}
      {state === 'done' ? (
        <IconButton
          icon="close"
          label={t('transfers.remove', { name })}
          onClick={() => removeTransfer(transfer)}
        />
      ) : (
        <IconButton icon="close" label={t('transfers.cancel', { name })} onClick={onCancel} />
      )}
    </>
  )
}

function Pace({ transfer }: { readonly transfer: Transfer }): JSX.Element | null {
  const speed = transfer.speed.value
  if (speed <= 0 || transfer.state.value === 'done') return null
  const left = (transfer.facts.size - transfer.progress.value.loaded) / speed
  return (
    <>
      <span>{t('transfers.speed', { speed: bytes(speed) })}</span>
      <span>{t('transfers.left', { time: duration(left) })}</span>
    </>
  )
}

function stateInWords(transfer: Transfer): string {
  const state = transfer.state.value
  const notice = transfer.retry.value
  if (state === 'retrying' && notice) {
    return t('transfer.retryingOf', { retry: count(notice.retry) })
  }
  return t(`transfer.${state}`)
}
