/** The head of a bucket's pages: its name, and its two sides. */

import type { ComponentChildren, JSX } from 'preact'
import { t } from '../i18n.ts'
import { formatRoute } from '../route.ts'

export function BucketHead({
  bucket,
  side,
  children,
}: {
  readonly bucket: string
  readonly side: 'objects' | 'uploads'
  readonly children?: ComponentChildren
}): JSX.Element {
  return (
    <>
      <p class="way-up">
        <a href={formatRoute({ view: 'buckets' })}>{t('buckets.title')}</a>
      </p>
      <div class="title-row">
        <h1>{bucket}</h1>
        <div class="row">{children}</div>
      </div>
      <nav class="sides" aria-label={t('bucket.sides')}>
        <a
          href={formatRoute({ view: 'objects', bucket, prefix: '' })}
          aria-current={side === 'objects' ? 'page' : undefined}
        >
          {t('objects.title')}
        </a>
        <a
          href={formatRoute({ view: 'uploads', bucket })}
          aria-current={side === 'uploads' ? 'page' : undefined}
        >
          {t('uploads.title')}
        </a>
      </nav>
    </>
  )
}
