/** The answer to ListBuckets (GetService): one page of the caller's buckets, by name. */

import {
  childOf,
  childrenOf,
  document,
  element,
  malformedXml,
  optionalElement,
  optionalTextOf,
  parseXml,
  textOf,
  type Xml,
  type XmlElement,
} from '../xml.ts'
import {
  booleanOf,
  dateElement,
  dateOf,
  type Owner,
  optionalCountOf,
  ownerElement,
  ownerOf,
} from './fields.ts'
import { type Tag, tagElement, tagOf } from './tagging.ts'

/** Texts that the request did not give are empty. */
export interface ListBucketsResult {
  readonly prefix: string
  readonly marker: string
  /** The service leaves it out of a listing that needs no second page. */
  readonly maxKeys: number | undefined
  readonly isTruncated: boolean
  /** The last listed name; `undefined` on the last page. */
  readonly nextMarker: string | undefined
  readonly owner: Owner
  readonly buckets: readonly ListedBucket[]
}

export interface ListedBucket {
  readonly name: string
  readonly creationDate: Date
  /** Host names, without a scheme. */
  readonly extranetEndpoint: string
  readonly intranetEndpoint: string
  /** `oss-cn-hangzhou`. */
  readonly location: string
  /** `cn-hangzhou`. */
  readonly region: string
  readonly storageClass: string
  /** Told by the service to those who ask for buckets by their tags. */
  readonly tags: readonly Tag[]
}

export function encodeListBucketsResult(result: ListBucketsResult): string {
  return document(
    element('ListAllMyBucketsResult', [
      element('Prefix', result.prefix),
      element('Marker', result.marker),
      optionalElement('MaxKeys', result.maxKeys),
      element('IsTruncated', result.isTruncated),
      optionalElement('NextMarker', result.nextMarker),
      ownerElement(result.owner),
      element('Buckets', result.buckets.map(bucketElement)),
    ]),
  )
}

function bucketElement(bucket: ListedBucket): Xml {
  return element('Bucket', [
    dateElement('CreationDate', bucket.creationDate),
    element('ExtranetEndpoint', bucket.extranetEndpoint),
    element('IntranetEndpoint', bucket.intranetEndpoint),
    element('Location', bucket.location),
    element('Name', bucket.name),
    element('Region', bucket.region),
    element('StorageClass', bucket.storageClass),
    bucket.tags.length > 0
      ? element('Tagging', [element('TagSet', bucket.tags.map(tagElement))])
      : undefined,
  ])
}

/** @throws {OssError} `MalformedXML`. */
export function decodeListBucketsResult(xml: string): ListBucketsResult {
  const root = parseXml(xml, 'ListAllMyBucketsResult')
  const owner = ownerOf(root)
  if (!owner) throw malformedXml('There is no Owner.')
  const buckets = childOf(root, 'Buckets')
  return {
    prefix: optionalTextOf(root, 'Prefix') ?? '',
    marker: optionalTextOf(root, 'Marker') ?? '',
    maxKeys: optionalCountOf(root, 'MaxKeys'),
    isTruncated: childOf(root, 'IsTruncated') !== undefined && booleanOf(root, 'IsTruncated'),
    nextMarker: optionalTextOf(root, 'NextMarker') || undefined,
    owner,
    buckets: buckets ? childrenOf(buckets, 'Bucket').map(listedBucketOf) : [],
  }
}

function listedBucketOf(bucket: XmlElement): ListedBucket {
  return {
    name: textOf(bucket, 'Name'),
    creationDate: dateOf(bucket, 'CreationDate'),
    extranetEndpoint: textOf(bucket, 'ExtranetEndpoint'),
    intranetEndpoint: textOf(bucket, 'IntranetEndpoint'),
    location: textOf(bucket, 'Location'),
    region: optionalTextOf(bucket, 'Region') ?? '',
    storageClass: textOf(bucket, 'StorageClass'),
    tags: tagsOf(bucket),
  }
}

function tagsOf(bucket: XmlElement): readonly Tag[] {
  const tagging = childOf(bucket, 'Tagging')
  const set = tagging && childOf(tagging, 'TagSet')
  return set ? childrenOf(set, 'Tag').map(tagOf) : []
}
