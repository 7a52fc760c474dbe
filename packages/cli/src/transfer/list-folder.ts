/** Every object in a folder of a bucket. */

import type { OssUrl } from '../oss-url.ts'
import type { Service } from '../service.ts'
import type { CopyOptions } from './copy-options.ts'
import { namesIn } from './files-from.ts'

export interface FolderEntry {
  readonly key: string
  /** Below the folder: the key without its prefix. */
  readonly name: string
  /** Bytes. */
  readonly size: number
  readonly lastModified: Date
  readonly storageClass: string
}

/** The prefix that is meant by a folder: `a` and `a/` alike, and never `ab`. */
export function folderPrefix(key: string): string {
  return key === '' || key.endsWith('/') ? key : `${key}/`
}

/** In the order of their keys. */
export async function* listFolder(
  { client, signal }: Service,
  { bucket, key }: OssUrl,
): AsyncGenerator<FolderEntry, void, void> {
  const prefix = folderPrefix(key)
  const pages = client.listObjectsPages({ bucket, prefix, maxKeys: 1000 }, { signal })
  for await (const { contents } of pages) {
    for (const { key, size, lastModified, storageClass } of contents) {
      yield { key, name: key.slice(prefix.length), size, lastModified, storageClass }
    }
  }
}

/** Of a folder that is meant in part: nobody has asked yet about what a list names. */
export type MeantEntry = Pick<FolderEntry, 'key' | 'name'> & {
  readonly size: number | undefined
  readonly lastModified: Date | undefined
}

/** What of a folder is to be copied: what the filters select, of all or of what `--files-from` names. */
export async function* listMeant(
  service: Service,
  url: OssUrl,
  { selects, filesFrom }: Pick<CopyOptions, 'selects' | 'filesFrom'>,
): AsyncGenerator<MeantEntry, void, void> {
  if (filesFrom === undefined) {
    for await (const entry of listFolder(service, url)) if (selects(entry.name)) yield entry
    return
  }
  for await (const name of namesIn(filesFrom)) {
    if (!selects(name)) continue
    yield { key: folderPrefix(url.key) + name, name, size: undefined, lastModified: undefined }
  }
}
