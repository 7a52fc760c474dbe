/** What stands where a list would be, when there is none to show. */

import type { ComponentChildren, JSX } from 'preact'
import { t } from '../i18n.ts'
import { Icon, type IconName } from './icon.tsx'

export function Loading(): JSX.Element {
  return (
    <p class="loading" role="status">
      {t('state.loading')}
    </p>
  )
}

export function Empty({
  icon,
  title,
  children,
}: {
  readonly icon: IconName
  readonly title: string
  readonly children?: ComponentChildren
}): JSX.Element {
  return (
    <div class="empty">
      <Icon name={icon} />
      <p class="empty-title">{title}</p>
      {children}
    </div>
  )
}
