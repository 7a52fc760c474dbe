/** All buckets that the key may see. */

import type { JSX } from 'preact'
import { useId, useState } from 'preact/hooks'
import { dateTime } from '../format.ts'
import { t } from '../i18n.ts'
import { Dialog } from '../parts/dialog.tsx'
import { FailureNote } from '../parts/failure-note.tsx'
import { Icon, IconButton } from '../parts/icon.tsx'
import { Empty, Loading } from '../parts/states.tsx'
import { formatRoute, go } from '../route.ts'
import { requireSession } from '../session.ts'
import { useLoaded } from '../use-loaded.ts'

interface Row {
  readonly name: string
  readonly created: Date | undefined
  readonly region: string
  readonly storageClass: string
}

export function Buckets(): JSX.Element {
  const { value: rows, error, loading, reload } = useLoaded('buckets', listBuckets)
  const [creating, setCreating] = useState(false)
  return (
    <section>
      <div class="title-row">
        <h1>{t('buckets.title')}</h1>
        <div class="row">
          <IconButton icon="refresh" label={t('action.refresh')} onClick={reload} />
          <button type="button" class="main" onClick={() => setCreating(true)}>
            {t('buckets.create')}
          </button>
        </div>
      </div>
      {error !== undefined && <FailureNote error={error} onRetry={reload} />}
      {!rows && loading && <Loading />}
      {rows?.length === 0 && (
        <Empty icon="bucket" title={t('buckets.none')}>
          <p>{t('buckets.noneHint')}</p>
        </Empty>
      )}
      {rows && rows.length > 0 && <BucketTable rows={rows} />}
      {creating && (
        <CreateBucket
          onClose={() => setCreating(false)}
          onCreated={(bucket) => go({ view: 'objects', bucket, prefix: '' })}
        />
      )}
    </section>
  )
}

async function listBuckets(signal: AbortSignal): Promise<readonly Row[]> {
  const { client, bucket } = requireSession()
  // Keys that name a bucket are those that may not list them.
  if (bucket !== '') return [{ name: bucket, created: undefined, region: '', storageClass: '' }]
  const rows: Row[] = []
  let marker: string | undefined
  do {
    const page = await client.listBuckets({ maxKeys: 1000, marker }, { signal })
    for (const { name, creationDate, region, storageClass } of page.buckets) {
      rows.push({ name, created: creationDate, region, storageClass })
    }
    marker = page.isTruncated ? page.nextMarker : undefined
  } while (marker !== undefined)
  return rows
}

function BucketTable({ rows }: { readonly rows: readonly Row[] }): JSX.Element {
  return (
    <table class="list">
      <thead>
        <tr>
          <th scope="col">{t('column.name')}</th>
          <th scope="col" class="wide-only">
            {t('column.region')}
          </th>
          <th scope="col" class="wide-only">
            {t('column.storageClass')}
          </th>
          <th scope="col" class="wide-only">
            {t('column.created')}
          </th>
          <th scope="col">
            <span class="unseen">{t('column.actions')}</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map(({ name, created, region, storageClass }) => (
          <tr key={name}>
            <th scope="row">
              <a class="name" href={formatRoute({ view: 'objects', bucket: name, prefix: '' })}>
                <Icon name="bucket" />
                <span>{name}</span>
              </a>
            </th>
            <td class="wide-only">{region}</td>
            <td class="wide-only">{storageClass}</td>
            <td class="wide-only">{created && dateTime(created)}</td>
            <td class="actions">
              <a class="quiet" href={formatRoute({ view: 'uploads', bucket: name })}>
                {t('uploads.title')}
                <span class="unseen">{name}</span>
              </a>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function CreateBucket({
  onClose,
  onCreated,
}: {
  readonly onClose: () => void
  readonly onCreated: (bucket: string) => void
}): JSX.Element {
  const id = useId()
  const [error, setError] = useState<unknown>(undefined)
  const create = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    const form = new FormData(event.currentTarget as HTMLFormElement)
    const bucket = String(form.get('bucket') ?? '').trim()
    try {
      await requireSession().client.putBucket({ bucket })
      onClose()
      onCreated(bucket)
    } catch (failure) {
      setError(failure)
    }
  }
  return (
    <Dialog title={t('buckets.create')} onClose={onClose}>
      <form onSubmit={create}>
        {error !== undefined && <FailureNote error={error} />}
        <p class="field">
          <label for={id}>{t('buckets.name')}</label>
          <input
            id={id}
            name="bucket"
            required
            autocomplete="off"
            autocapitalize="none"
            spellcheck={false}
            aria-describedby={`${id}-hint`}
          />
          <small id={`${id}-hint`}>{t('buckets.nameHint')}</small>
        </p>
        <p class="row end">
          <button type="button" class="quiet" onClick={onClose}>
            {t('action.cancel')}
          </button>
          <button type="submit" class="main">
            {t('buckets.create')}
          </button>
        </p>
      </form>
    </Dialog>
  )
}
