/** A failure where it happened: what it means, what was said, and another try. */

import type { JSX } from 'preact'
import { explain } from '../failure.ts'
import { t } from '../i18n.ts'
import { CopyButton } from './copy-button.tsx'
import { Icon } from './icon.tsx'

export function FailureNote({
  error,
  onRetry,
}: {
  readonly error: unknown
  readonly onRetry?: (() => void) | undefined
}): JSX.Element {
  const { words, detail } = explain(error)
  return (
    <div class="note bad" role="alert">
      <Icon name="warning" />
      <div>
        <p>{words}</p>
        <p class="detail">{detail}</p>
        <p class="row">
          {onRetry && (
            <button type="button" class="quiet" onClick={onRetry}>
              {t('action.retry')}
            </button>
          )}
          <CopyButton text={`${words}\n${detail}`} label={t('action.copyError')} />
        </p>
      </div>
    </div>
  )
}
