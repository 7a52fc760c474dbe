/** After a reload: what came back, and what it still needs. */

import type { JSX } from 'preact'
import { count } from '../format.ts'
import { t } from '../i18n.ts'
import { transfers } from './transfers.ts'

export function RestoredNote(): JSX.Element | null {
  const waiting = transfers.value.filter(({ state }) => state.value === 'unopened').length
  if (waiting === 0) return null
  return (
    <p class="note" role="status">
      {t('restored.note', { count: waiting, shown: count(waiting) })}
    </p>
  )
}
