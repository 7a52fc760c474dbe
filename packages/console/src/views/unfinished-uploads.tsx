/** Uploads that were begun and never completed: what they keep, and how to be rid of it or go on. */

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
import { useLoaded } from '../use-loaded.ts'
import { AbortUploads } from './abort-uploads.tsx'
import { BucketHead } from './bucket-head.tsx'
import { type Unfinished, UploadTable } from './upload-table.tsx'

/** Rows of one page; each of them asks for its parts. */
const PAGE = 50

interface Position {
  readonly keyMarker: string
  readonly uploadIdMarker: string
}

export function UnfinishedUploads({ bucket }: { readonly bucket: string }): JSX.Element {
  const [positions, setPositions] = useState<readonly Position[]>([])
  const [prefix, setPrefix] = useState('')
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const [aborting, setAborting] = useState<readonly Unfinished[] | undefined>(undefined)
  const position = positions.at(-1)
  const page = useLoaded(JSON.stringify([bucket, prefix, position]), (signal) =>
    requireSession().client.listMultipartUploads(
      { bucket, prefix, maxUploads: PAGE, ...position },
      { signal },
    ),
  )
  useEffect(() => {
    setPositions([])
    setChosen(new Set())
  }, [bucket, prefix])
  useSignalEffect(() => {
    if (lastStored.value?.bucket === bucket) page.reload()
  })
  const uploads = page.value?.uploads
  return (
    <section>
      <BucketHead bucket={bucket} side="uploads" />
      <p class="hint">{t('uploads.lead')}</p>
      <div class="tools">
        <label class="filter">
          <span>{t('uploads.prefix')}</span>
          <input
            type="search"
            value={prefix}
            autocapitalize="none"
            spellcheck={false}
            onChange={(event) => setPrefix(event.currentTarget.value)}
          />
        </label>
        <div class="row">
          {chosen.size > 0 && (
            <button
              type="button"
              class="bad"
              onClick={() => setAborting(uploads?.filter(({ uploadId }) => chosen.has(uploadId)))}
            >
              <Icon name="trash" />
              <span>
                {t('uploads.abortChosen', { count: chosen.size, shown: count(chosen.size) })}
              </span>
            </button>
          )}
          <button
            type="button"
            class="bad"
            disabled={!uploads?.length}
            onClick={() => setAborting(uploads)}
          >
            {t('uploads.abortAll')}
          </button>
          <IconButton icon="refresh" label={t('action.refresh')} onClick={page.reload} />
        </div>
      </div>
      {page.error !== undefined && <FailureNote error={page.error} onRetry={page.reload} />}
      {!uploads && page.loading && <Loading />}
      {uploads?.length === 0 && (
        <Empty icon="check" title={t('uploads.none')}>
          <p>{t('uploads.noneHint')}</p>
        </Empty>
      )}
      {uploads && uploads.length > 0 && (
        <UploadTable
          bucket={bucket}
          uploads={uploads}
          chosen={chosen}
          onChoose={setChosen}
          onAbort={(upload) => setAborting([upload])}
        />
      )}
      {page.value && (
        <Pager
          page={positions.length + 1}
          onBack={positions.length > 0 ? () => setPositions(positions.slice(0, -1)) : undefined}
          onNext={page.value.isTruncated ? () => goOn(page.value) : undefined}
        />
      )}
      {aborting && (
        <AbortUploads
          bucket={bucket}
          uploads={aborting}
          onClose={() => setAborting(undefined)}
          onAborted={(aborted) => {
            setAborting(undefined)
            setChosen(new Set())
            announce(t('said.aborted', { count: aborted }))
            page.reload()
          }}
        />
      )}
    </section>
  )

  function goOn(
    last: { readonly nextKeyMarker: string; readonly nextUploadIdMarker: string } | undefined,
  ): void {
    if (!last) return
    const next = { keyMarker: last.nextKeyMarker, uploadIdMarker: last.nextUploadIdMarker }
    setPositions([...positions, next])
    setChosen(new Set())
  }
}
