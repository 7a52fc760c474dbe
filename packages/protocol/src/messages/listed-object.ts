/** One object as both versions of ListObjects write it. */

import { type ETag, formatETag } from '../values.ts'
import { childrenOf, element, optionalTextOf, textOf, type Xml, type XmlElement } from '../xml.ts'
import {
  countOf,
  dateElement,
  dateOf,
  type EncodableReader,
  type EncodingOptions,
  encodableElement,
  etagOf,
  type Owner,
  ownerElement,
  ownerOf,
} from './fields.ts'

export interface ListedObject {
  readonly key: string
  readonly lastModified: Date
  readonly etag: ETag
  /** `Normal`, `Multipart`, `Appendable` or `Symlink`. */
  readonly type: string
  /** Bytes. */
  readonly size: number
  readonly storageClass: string
  /** Version 1 always has it, version 2 when `fetch-owner` asks for it. */
  readonly owner: Owner | undefined
}

export function contentsElement(object: ListedObject, options: EncodingOptions): Xml {
  return element('Contents', [
    encodableElement('Key', object.key, options),
    dateElement('LastModified', object.lastModified),
    element('ETag', formatETag(object.etag)),
    element('Type', object.type),
    element('Size', object.size),
    element('StorageClass', object.storageClass),
    object.owner && ownerElement(object.owner),
  ])
}

export function contentsOf(root: XmlElement, reader: EncodableReader): ListedObject[] {
  return childrenOf(root, 'Contents').map((contents) => ({
    key: reader.textOf(contents, 'Key'),
    lastModified: dateOf(contents, 'LastModified'),
    etag: etagOf(contents, 'ETag'),
    type: optionalTextOf(contents, 'Type') ?? '',
    size: countOf(contents, 'Size'),
    storageClass: textOf(contents, 'StorageClass'),
    owner: ownerOf(contents),
  }))
}
