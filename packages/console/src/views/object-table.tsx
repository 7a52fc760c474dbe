/** One page of folders and objects. */

import type { ListObjectsV2Answer } from '@lading/client'
import type { JSX } from 'preact'
import { bytes, dateTime } from '../format.ts'
import { t } from '../i18n.ts'
import { Icon, IconButton } from '../parts/icon.tsx'
import { formatRoute } from '../route.ts'
import { download } from './download.ts'

export function ObjectTable({
  page,
  chosen,
  onChoose,
  onLook,
  onDelete,
}: {
  readonly page: ListObjectsV2Answer
  /** Keys. */
  readonly chosen: ReadonlySet<string>
  readonly onChoose: (keys: ReadonlySet<string>) => void
  readonly onLook: (key: string) => void
  readonly onDelete: (key: string) => void
}): JSX.Element {
  const { name: bucket, prefix, contents, commonPrefixes } = page
  const all = contents.length > 0 && contents.every(({ key }) => chosen.has(key))
  const toggle = (key: string): void => {
    const next = new Set(chosen)
    if (!next.delete(key)) next.add(key)
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
              disabled={contents.length === 0}
              onChange={() => onChoose(new Set(all ? [] : contents.map(({ key }) => key)))}
            />
          </th>
          <th scope="col">{t('column.name')}</th>
          <th scope="col" class="wide-only number">
            {t('column.size')}
          </th>
          <th scope="col" class="wide-only">
            {t('column.modified')}
          </th>
          <th scope="col">
            <span class="unseen">{t('column.actions')}</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {commonPrefixes.map((folder) => (
          <tr key={folder}>
            <td />
            <th scope="row">
              <a class="name" href={formatRoute({ view: 'objects', bucket, prefix: folder })}>
                <Icon name="folder" />
                <span>{folder.slice(prefix.length)}</span>
              </a>
            </th>
            <td class="wide-only" />
            <td class="wide-only" />
            <td />
          </tr>
        ))}
        {contents.map(({ key, size, lastModified }) => {
          // The object that stands for the folder itself has no name in it.
          const name = key.slice(prefix.length) || key
          return (
            <tr key={key}>
              <td class="tick-column">
                <input
                  type="checkbox"
                  aria-label={t('action.choose', { name })}
                  checked={chosen.has(key)}
                  onChange={() => toggle(key)}
                />
              </td>
              <th scope="row">
                <button type="button" class="name" onClick={() => onLook(key)}>
                  <Icon name="file" />
                  <span>{name}</span>
                </button>
                <small class="narrow-only">
                  {bytes(size)} · {dateTime(lastModified)}
                </small>
              </th>
              <td class="wide-only number">{bytes(size)}</td>
              <td class="wide-only">{dateTime(lastModified)}</td>
              <td class="actions">
                <IconButton
                  icon="download"
                  label={t('objects.download', { name })}
                  onClick={() => void download(bucket, key)}
                />
                <IconButton
                  icon="trash"
                  label={t('objects.delete', { name })}
                  onClick={() => onDelete(key)}
                />
              </td>
            </tr>
          )
        })}
      </tbody>
    </table>
  )
}
