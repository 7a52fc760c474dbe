/** Back and forth in a list that is told page by page. */

import type { JSX } from 'preact'
import { count } from '../format.ts'
import { t } from '../i18n.ts'

export function Pager({
  page,
  onBack,
  onNext,
}: {
  /** From 1. */
  readonly page: number
  /** `undefined` on the first. */
  readonly onBack: (() => void) | undefined
  /** `undefined` on the last. */
  readonly onNext: (() => void) | undefined
}): JSX.Element | null {
  if (!onBack && !onNext) return null
  return (
    <nav class="pager" aria-label={t('pager.label')}>
      <button type="button" class="quiet" disabled={!onBack} onClick={onBack}>
        {t('pager.back')}
      </button>
      <span>{t('pager.page', { page: count(page) })}</span>
      <button type="button" class="quiet" disabled={!onNext} onClick={onNext}>
        {t('pager.next')}
      </button>
    </nav>
  )
}
