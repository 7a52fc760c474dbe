/** What the two versions of ListObjects have in common. */

import type { ListedObject } from '@lading/protocol'
import type { ListingEntry, StoredObject } from '../store/store.ts'
import { restoreInfo } from './restore-info.ts'

/** The entries of a page apart: objects, and what stands for those that share a prefix. */
export function splitListing(
  rows: readonly ListingEntry<StoredObject>[],
  owner: ListedObject['owner'],
  now: Date,
): { contents: ListedObject[]; commonPrefixes: string[] } {
  const contents: ListedObject[] = []
  const commonPrefixes: string[] = []
  for (const entry of rows) {
    if (entry.kind === 'prefix') commonPrefixes.push(entry.prefix)
    else contents.push(listed(entry.row, owner, now))
  }
  return { contents, commonPrefixes }
}

/** Where the next page begins: after this key, or after all that shares this prefix. */
export function endOf(rows: readonly ListingEntry<StoredObject>[]): string | undefined {
  const last = rows.at(-1)
  return last?.kind === 'prefix' ? last.prefix : last?.row.key
}

/** One object of a page. */
export function listed(
  object: StoredObject,
  owner: ListedObject['owner'],
  now: Date,
): ListedObject {
  return {
    key: object.key,
    lastModified: object.modifiedAt,
    etag: object.etag,
    type: object.type,
    size: object.size,
    storageClass: object.attributes.storageClass,
    restoreInfo: restoreInfo(object, now),
    owner,
  }
}
