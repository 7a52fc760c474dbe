/** All transfers, at the foot of every view. */

import type { JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { bytes, count, duration, percent } from '../format.ts'
import { t } from '../i18n.ts'
import { Icon } from '../parts/icon.tsx'
import { ProgressBar } from '../parts/progress-bar.tsx'
import { RestoredNote } from './restored-note.tsx'
import { TransferRow } from './transfer-row.tsx'
import { clearFinished, pauseAll, resumeAll, retryFailed, totals, transfers } from './transfers.ts'

export function Drawer(): JSX.Element | null {
  const [open, setOpen] = useState(true)
  const list = useRef<HTMLUListElement>(null)
  const number = transfers.value.length
  const before = useRef(number)
  // What comes is shown, and what goes leaves the focus with the list.
  useEffect(() => {
    if (number > before.current) setOpen(true)
    if (number < before.current && document.activeElement === document.body) {
      const next = list.current?.querySelector<HTMLElement>('button')
      const rest = next ?? document.querySelector<HTMLElement>('main')
      rest?.focus()
    }
    before.current = number
  }, [number])
  if (number === 0) return null
  return (
    <section class={`drawer ${open ? 'open' : ''}`} aria-label={t('transfers.title')}>
      <Head open={open} onToggle={() => setOpen(!open)} />
      {open && (
        <>
          <Tools />
          <RestoredNote />
          <ul ref={list} class="transfers">
            {transfers.value.map((transfer) => (
              <TransferRow key={transfer.id} transfer={transfer} />
            ))}
          </ul>
        </>
      )}
    </section>
  )
}

function Head({
  open,
  onToggle,
}: {
  readonly open: boolean
  readonly onToggle: () => void
}): JSX.Element {
  const { files, done, failed, loaded, size, speed } = totals.value
  const share = size === 0 ? (files > 0 && done === files ? 1 : 0) : loaded / size
  return (
    <div class="drawer-head">
      <button type="button" class="drawer-toggle" aria-expanded={open} onClick={onToggle}>
        <Icon name="chevron" />
        <span>{t('transfers.title')}</span>
      </button>
      <p class="sums">
        <span>{t('transfers.files', { done: count(done), files: count(files) })}</span>
        <span>{t('transfers.bytes', { loaded: bytes(loaded), size: bytes(size) })}</span>
        {speed > 0 && (
          <span>{t('transfers.left', { time: duration((size - loaded) / speed) })}</span>
        )}
        {failed > 0 && (
          <span class="bad-words">
            {t('transfers.failed', { count: failed, shown: count(failed) })}
          </span>
        )}
      </p>
      <ProgressBar
        label={t('transfers.overall')}
        share={share}
        text={percent(share)}
        kind={failed > 0 ? 'bad' : share === 1 ? 'done' : ''}
      />
    </div>
  )
}

function Tools(): JSX.Element {
  const states = new Set(transfers.value.map(({ state }) => state.value))
  const moves = transfers.value.some(({ isActive }) => isActive) || states.has('waiting')
  return (
    <div class="drawer-tools">
      <button type="button" class="quiet" disabled={!moves} onClick={pauseAll}>
        {t('transfers.pauseAll')}
      </button>
      <button type="button" class="quiet" disabled={!states.has('paused')} onClick={resumeAll}>
        {t('transfers.resumeAll')}
      </button>
      <button type="button" class="quiet" disabled={!states.has('failed')} onClick={retryFailed}>
        {t('transfers.retryFailed')}
      </button>
      <button type="button" class="quiet" disabled={!states.has('done')} onClick={clearFinished}>
        {t('transfers.clear')}
      </button>
    </div>
  )
}
