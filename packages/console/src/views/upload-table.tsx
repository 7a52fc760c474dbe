/** One page of unfinished uploads. */

import type { ListedUpload } from '@lading/client'
import type { JSX } from 'preact'
import { age, bytes, count, dateTime } from '../format.ts'
import { t } from '../i18n.ts'
import { CopyButton } from '../parts/copy-button.tsx'
import { IconButton } from '../parts/icon.tsx'
import { requireSession } from '../session.ts'
import { useLoaded } from '../use-loaded.ts'
import { ResumeUpload } from './resume-upload.tsx'

export type Unfinished = Pick<ListedUpload, 'key' | 'uploadId' | 'initiated'>

export function UploadTable({
  bucket,
  uploads,
  chosen,
  onChoose,
  onAbort,
}: {
  readonly bucket: string
  readonly uploads: readonly Unfinished[]
  /** Upload ids. */
  readonly chosen: ReadonlySet<string>
  readonly onChoose: (uploadIds: ReadonlySet<string>) => void
  readonly onAbort: (upload: Unfinished) => void
}): JSX.Element {
  const all = uploads.every(({ uploadId }) => chosen.has(uploadId))
  const toggle = (uploadId: string): void => {
    const next = new Set(chosen)
    if (!next.delete(uploadId)) next.add(uploadId)
    onChoose(next)
  }
  return (
    <table class="list">
      <thead>
        <tr>
          <th scope="col" class="tick-column">
            <input
              type="checkbox"
              aria-label={t('action.chooseAll')}
              checked={all}
              onChange={() => onChoose(new Set(all ? [] : uploads.map(({ uploadId }) => uploadId)))}
            />
          </th>
          <th scope="col">{t('column.key')}</th>
          <th scope="col" class="wide-only">
            {t('column.begun')}
          </th>
          <th scope="col" class="wide-only number">
            {t('column.parts')}
          </th>
          <th scope="col">
            <span class="unseen">{t('column.actions')}</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {uploads.map((upload) => (
          <UploadRow
            key={upload.uploadId}
            bucket={bucket}
            upload={upload}
            isChosen={chosen.has(upload.uploadId)}
            onToggle={() => toggle(upload.uploadId)}
            onAbort={() => onAbort(upload)}
          />
        ))}
      </tbody>
    </table>
  )
}

function UploadRow({
  bucket,
  upload,
  isChosen,
  onToggle,
  onAbort,
}: {
  readonly bucket: string
  readonly upload: Unfinished
  readonly isChosen: boolean
  readonly onToggle: () => void
  readonly onAbort: () => void
}): JSX.Element {
  const { key, uploadId, initiated } = upload
  const stored = useLoaded(uploadId, (signal) => sumUp(bucket, upload, signal))
  const sums = stored.value
    ? t('uploads.stored', {
        count: stored.value.parts,
        shown: count(stored.value.parts),
        size: bytes(stored.value.bytes),
      })
    : stored.error === undefined
      ? t('state.loading')
      : t('uploads.unknown')
  const begun = age(initiated, Date.now())
  return (
    <tr>
      <td class="tick-column">
        <input
          type="checkbox"
          aria-label={t('action.choose', { name: key })}
          checked={isChosen}
          onChange={onToggle}
        />
      </td>
      <th scope="row">
        <span class="key">{key}</span>
        <small class="upload-id">
          <code>{uploadId}</code>
          <CopyButton text={uploadId} label={t('uploads.copyId', { name: key })} brief />
        </small>
        <small class="narrow-only">
          {begun} · {sums}
        </small>
      </th>
      <td class="wide-only">
        <time dateTime={initiated.toISOString()} title={dateTime(initiated)}>
          {begun}
        </time>
      </td>
      <td class="wide-only number">{sums}</td>
      <td class="actions">
        <ResumeUpload bucket={bucket} upload={upload} />
        <IconButton icon="trash" label={t('uploads.abort', { name: key })} onClick={onAbort} />
      </td>
    </tr>
  )
}

async function sumUp(
  bucket: string,
  { key, uploadId }: Unfinished,
  signal: AbortSignal,
): Promise<{ readonly parts: number; readonly bytes: number }> {
  const sums = { parts: 0, bytes: 0 }
  const pages = requireSession().client.listPartsPages({ bucket, key, uploadId }, { signal })
  for await (const { parts } of pages) {
    sums.parts += parts.length
    sums.bytes += parts.reduce((total, { size }) => total + size, 0)
  }
  return sums
}
