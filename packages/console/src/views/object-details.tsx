/** Everything that the service says of one object, and what may be done with it. */

import type { HeadObjectAnswer } from '@lading/client'
import type { ComponentChildren, JSX } from 'preact'
import { useId, useState } from 'preact/hooks'
import { bytes, count, dateTime } from '../format.ts'
import { t, type Words } from '../i18n.ts'
import { CopyButton } from '../parts/copy-button.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { FailureNote } from '../parts/failure-note.tsx'
import { Icon } from '../parts/icon.tsx'
import { Loading } from '../parts/states.tsx'
import { requireSession } from '../session.ts'
import { useLoaded } from '../use-loaded.ts'
import { download } from './download.ts'

/** Seconds that a link may live: an hour, a day, a week. */
const LIVES: readonly (readonly [number, Words])[] = [
  [3600, 'link.hour'],
  [86_400, 'link.day'],
  [604_800, 'link.week'],
]

export function ObjectDetails({
  bucket,
  objectKey: key,
  onClose,
  onDelete,
}: {
  readonly bucket: string
  readonly objectKey: string
  readonly onClose: () => void
  readonly onDelete: () => void
}): JSX.Element {
  const { value, error, reload } = useLoaded(JSON.stringify([bucket, key]), (signal) =>
    requireSession().client.headObject({ bucket, key }, { signal }),
  )
  return (
    <Dialog
      title={key.split('/').findLast((part) => part !== '') ?? key}
      class="side"
      onClose={onClose}
    >
      <p class="row">
        <button type="button" class="main" onClick={() => void download(bucket, key)}>
          <Icon name="download" />
          <span>{t('action.download')}</span>
        </button>
        <button type="button" class="bad" onClick={onDelete}>
          <Icon name="trash" />
          <span>{t('action.delete')}</span>
        </button>
      </p>
      <LinkMaker bucket={bucket} objectKey={key} />
      {error !== undefined && <FailureNote error={error} onRetry={reload} />}
      {value ? (
        <Facts bucket={bucket} objectKey={key} head={value} />
      ) : (
        error === undefined && <Loading />
      )}
    </Dialog>
  )
}

function LinkMaker({
  bucket,
  objectKey: key,
}: {
  readonly bucket: string
  readonly objectKey: string
}): JSX.Element {
  const id = useId()
  const [life, setLife] = useState(3600)
  const link = async (): Promise<string> => {
    const asked = { bucket, key, method: 'GET', expiresInSeconds: life } as const
    return (await requireSession().client.presign(asked)).url
  }
  return (
    <div class="link-maker">
      <label for={id}>{t('link.life')}</label>
      <select id={id} value={life} onChange={(event) => setLife(Number(event.currentTarget.value))}>
        {LIVES.map(([seconds, words]) => (
          <option key={seconds} value={seconds}>
            {t(words)}
          </option>
        ))}
      </select>
      <CopyButton text={link} label={t('link.copy')} />
      <small>{t('link.hint')}</small>
    </div>
  )
}

function Facts({
  bucket,
  objectKey: key,
  head,
}: {
  readonly bucket: string
  readonly objectKey: string
  readonly head: HeadObjectAnswer
}): JSX.Element {
  const metadata = Object.entries(head.metadata)
  return (
    <>
      <dl class="facts">
        <Fact name="fact.address">
          <code>{`oss://${bucket}/${key}`}</code>
          <CopyButton text={`oss://${bucket}/${key}`} label={t('action.copyAddress')} brief />
        </Fact>
        <Fact name="fact.size">
          {t('fact.sizeInBytes', { size: bytes(head.size), exact: count(head.size) })}
        </Fact>
        <Fact name="fact.modified">{head.lastModified && dateTime(head.lastModified)}</Fact>
        <Fact name="fact.type">{head.contentType}</Fact>
        <Fact name="fact.etag">
          <code>{head.etag}</code>
        </Fact>
        <Fact name="fact.crc64">
          {head.hashCrc64ecma !== undefined && <code>{String(head.hashCrc64ecma)}</code>}
        </Fact>
        <Fact name="fact.storageClass">{head.storageClass}</Fact>
        <Fact name="fact.objectType">{head.objectType}</Fact>
        <Fact name="fact.encryption">{head.serverSideEncryption}</Fact>
        <Fact name="fact.version">{head.versionId && <code>{head.versionId}</code>}</Fact>
        <Fact name="fact.cacheControl">{head.cacheControl}</Fact>
        <Fact name="fact.disposition">{head.contentDisposition}</Fact>
        <Fact name="fact.contentEncoding">{head.contentEncoding}</Fact>
        <Fact name="fact.contentLanguage">{head.contentLanguage}</Fact>
        <Fact name="fact.expires">{head.expires}</Fact>
      </dl>
      <h3>{t('fact.metadata')}</h3>
      {metadata.length === 0 ? (
        <p class="hint">{t('fact.noMetadata')}</p>
      ) : (
        <dl class="facts">
          {metadata.map(([name, value]) => (
            <div key={name}>
              <dt>
                <code>{name}</code>
              </dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      )}
    </>
  )
}

/** Nothing where there is nothing to say. */
function Fact({
  name,
  children,
}: {
  readonly name: Words
  readonly children: ComponentChildren
}): JSX.Element | null {
  const isEmpty = children === undefined || children === false || children === ''
  if (isEmpty) return null
  return (
    <div>
      <dt>{t(name)}</dt>
      <dd>{children}</dd>
    </div>
  )
}
