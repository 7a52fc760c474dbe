/** The way from a bucket to a folder in it. */

import type { JSX } from 'preact'
import { t } from '../i18n.ts'
import { formatRoute } from '../route.ts'

export function Breadcrumbs({
  bucket,
  prefix,
}: {
  readonly bucket: string
  readonly prefix: string
}): JSX.Element | null {
  if (prefix === '') return null
  const folders = prefix.split('/').slice(0, -1)
  const steps = [
    { name: bucket, prefix: '' },
    ...folders.map((name, index) => ({
      name,
      prefix: `${folders.slice(0, index + 1).join('/')}/`,
    })),
  ]
  return (
    <nav class="crumbs" aria-label={t('objects.path')}>
      <ol>
        {steps.map(({ name, prefix: step }) => (
          <li key={step}>
            <a
              href={formatRoute({ view: 'objects', bucket, prefix: step })}
              aria-current={step === prefix ? 'page' : undefined}
            >
              {/* A folder may have no name at all: `a//b` has one such. */}
              {name === '' ? t('objects.nameless') : name}
            </a>
          </li>
        ))}
      </ol>
    </nav>
  )
}
