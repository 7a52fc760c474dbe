/** The objects of a bucket, as folders. */

import { useSignalEffect } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { announce } from '../announce.ts'
import { count } from '../format.ts'
import { t } from '../i18n.ts'
import { FailureNote } from '../parts/failure-note.tsx'
import { Icon, IconButton } from '../parts/icon.tsx'
import { Pager } from '../parts/pager.tsx'
import { Empty, Loading } from '../parts/states.tsx'
import { requireSession } from '../session.ts'
import { lastStored } from '../transfers/transfers.ts'
import { UploadButtons } from '../transfers/upload-buttons.tsx'
import { useLoaded } from '../use-loaded.ts'
import { Breadcrumbs } from './breadcrumbs.tsx'
import { BucketHead } from './bucket-head.tsx'
import { DeleteObjects } from './delete-objects.tsx'
import { ObjectDetails } from './object-details.tsx'
import { ObjectTable } from './object-table.tsx'

/** Rows of one page. */
const PAGE = 100

export function Objects({
  bucket,
  prefix,
}: {
  readonly bucket: string
  readonly prefix: string
}): JSX.Element {
  /** The tokens that led here; the last is of this page. */
  const [tokens, setTokens] = useState<readonly string[]>([])
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const [looking, setLooking] = useState<string | undefined>(undefined)
  const [deleting, setDeleting] = useState<readonly string[] | undefined>(undefined)
  const continuationToken = tokens.at(-1)
  const page = useLoaded(JSON.stringify([bucket, prefix, continuationToken]), (signal) =>
    requireSession().client.listObjectsV2(
      { bucket, prefix, delimiter: '/', maxKeys: PAGE, continuationToken },
      { signal },
    ),
  )
  useEffect(() => {
    setTokens([])
    setChosen(new Set())
  }, [bucket, prefix])
  // What arrived here while one looks is shown, and the place in the list is kept.
  useSignalEffect(() => {
    const stored = lastStored.value
    if (stored?.bucket === bucket && stored.key.startsWith(prefix)) page.reload()
  })
  const rows = page.value
  const isEmpty = rows && rows.contents.length + rows.commonPrefixes.length === 0
  return (
    <section>
      <BucketHead bucket={bucket} side="objects">
        <UploadButtons />
      </BucketHead>
      <div class="tools">
        <Breadcrumbs bucket={bucket} prefix={prefix} />
        <div class="row">
          {chosen.size > 0 && (
            <button type="button" class="bad" onClick={() => setDeleting([...chosen])}>
              <Icon name="trash" />
              <span>
                {t('objects.deleteChosen', { count: chosen.size, shown: count(chosen.size) })}
              </span>
            </button>
          )}
          <IconButton icon="refresh" label={t('action.refresh')} onClick={page.reload} />
        </div>
      </div>
      {page.error !== undefined && <FailureNote error={page.error} onRetry={page.reload} />}
      {!rows && page.loading && <Loading />}
      {isEmpty && tokens.length === 0 && (
        <Empty icon="upload" title={prefix === '' ? t('objects.none') : t('objects.noneHere')}>
          <p>{t('objects.noneHint')}</p>
        </Empty>
      )}
      {rows && !isEmpty && (
        <ObjectTable
          page={rows}
          chosen={chosen}
          onChoose={setChosen}
          onLook={setLooking}
          onDelete={(key) => setDeleting([key])}
        />
      )}
      {rows && (
        <Pager
          page={tokens.length + 1}
          onBack={tokens.length > 0 ? () => setTokens(tokens.slice(0, -1)) : undefined}
          onNext={
            rows.nextContinuationToken === undefined
              ? undefined
              : () => setTokens([...tokens, rows.nextContinuationToken ?? ''])
          }
        />
      )}
      {looking !== undefined && (
        <ObjectDetails
          bucket={bucket}
          objectKey={looking}
          onClose={() => setLooking(undefined)}
          onDelete={() => {
            setDeleting([looking])
            setLooking(undefined)
          }}
        />
      )}
      {deleting && (
        <DeleteObjects
          bucket={bucket}
          keys={deleting}
          onClose={() => setDeleting(undefined)}
          onDeleted={(deleted) => {
            setDeleting(undefined)
            setChosen(new Set())
            announce(t('said.deleted', { count: deleted }))
            page.reload()
          }}
        />
      )}
    </section>
  )
}
