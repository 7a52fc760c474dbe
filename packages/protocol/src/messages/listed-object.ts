/** One object as both versions of ListObjects write it. */

import { type ETag, formatETag } from '../values.ts'
import {
  childrenOf,
  element,
  optionalElement,
  optionalTextOf,
  textOf,
  type Xml,
  type XmlElement,
} from '../xml.ts'
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
  /** As `x-oss-restore` has it, once a restore was asked for: `ongoing-request="true"`. */
  readonly restoreInfo?: string | undefined
  /** Version 1 always has it, version 2 when `fetch-owner` asks for it. */
  readonly owner: Owner | undefined
}

export function contentsElement(object: ListedObject, options: EncodingOptions): Xml {
  return element('Contents', [
    encodableElement('Key', object.key, options),
    ...objectFieldElements(object),
  ])
}

export function contentsOf(root: XmlElement, reader: EncodableReader): ListedObject[] {
  return childrenOf(root, 'Contents').map((contents) => ({
    key: reader.textOf(contents, 'Key'),
    ...objectFieldsOf(contents),
  }))
}

/** What listings of objects and of versions say of an object besides its key, in their order. */
export function objectFieldElements(
  object: Omit<ListedObject, 'key'>,
): readonly (Xml | undefined)[] {
  return [
    dateElement('LastModified', object.lastModified),
    element('ETag', formatETag(object.etag)),
    element('Type', object.type),
    element('Size', object.size),
    element('StorageClass', object.storageClass),
    optionalElement('RestoreInfo', object.restoreInfo),
    object.owner && ownerElement(object.owner),
  ]
}

/** @throws {OssError} `MalformedXML`. */
export function objectFieldsOf(parent: XmlElement): Omit<ListedObject, 'key'> {
  return {
    lastModified: dateOf(parent, 'LastModified'),
    etag: etagOf(parent, 'ETag'),
    type: optionalTextOf(parent, 'Type') ?? '',
    size: countOf(parent, 'Size'),
    storageClass: textOf(parent, 'StorageClass'),
    restoreInfo: optionalTextOf(parent, 'RestoreInfo') || undefined,
    owner: ownerOf(parent),
  }
}
