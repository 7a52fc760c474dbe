/** Every object in a folder of a bucket. */

import type { OssUrl } from '../oss-url.ts'
import type { Service } from '../service.ts'

export interface FolderEntry {
  readonly key: string
  /** Below the folder: the key without its prefix. */
  readonly relative: string
  /** Bytes. */
  readonly size: number
  readonly lastModified: Date
}

/** The prefix that is meant by a folder: `a` and `a/` alike, and never `ab`. */
export function folderPrefix(key: string): string {
  return key === '' || key.endsWith('/') ? key : `${key}/`
}

export async function* listFolder(
  { client, signal }: Service,
  { bucket, key }: OssUrl,
): AsyncGenerator<FolderEntry, void, void> {
  const prefix = folderPrefix(key)
  const pages = client.listObjectsPages({ bucket, prefix, maxKeys: 1000 }, { signal })
  for await (const { contents } of pages) {
    for (const { key, size, lastModified } of contents) {
      yield { key, relative: key.slice(prefix.length), size, lastModified }
    }
  }
}
