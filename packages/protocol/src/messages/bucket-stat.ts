/** The answer to GetBucketStat: how much a bucket holds. */

import { document, element, parseXml, type Xml, type XmlElement } from '../xml.ts'
import { optionalCountOf } from './fields.ts'

/** What a bucket holds in one of the classes that are not Standard. Bytes and objects. */
export interface StorageClassStat {
  readonly storage: number
  /** Bytes that are really stored, where the service charges for a least size. */
  readonly realStorage: number
  readonly objectCount: number
}

/** Versions that are not the newest count like objects. Bytes and counts. */
export interface BucketStat {
  /** Of all classes together. */
  readonly storage: number
  readonly objectCount: number
  readonly multipartUploadCount: number
  readonly multipartPartCount: number
  readonly liveChannelCount: number
  readonly deleteMarkerCount: number
  /** Seconds since 1970; 0 where the bucket holds nothing. */
  readonly lastModifiedTime: number
  readonly standardStorage: number
  readonly standardObjectCount: number
  readonly infrequentAccess: StorageClassStat
  readonly archive: StorageClassStat
  readonly coldArchive: StorageClassStat
  readonly deepColdArchive: StorageClassStat
}

export function encodeBucketStat(stat: BucketStat): string {
  return document(
    element('BucketStat', [
      element('Storage', stat.storage),
      element('ObjectCount', stat.objectCount),
      element('MultipartUploadCount', stat.multipartUploadCount),
      element('LiveChannelCount', stat.liveChannelCount),
      element('LastModifiedTime', stat.lastModifiedTime),
      element('StandardStorage', stat.standardStorage),
      element('StandardObjectCount', stat.standardObjectCount),
      ...classElements('InfrequentAccess', stat.infrequentAccess),
      ...classElements('Archive', stat.archive),
      ...classElements('ColdArchive', stat.coldArchive),
      ...classElements('DeepColdArchive', stat.deepColdArchive),
      element('MultipartPartCount', stat.multipartPartCount),
      element('DeleteMarkerCount', stat.deleteMarkerCount),
    ]),
  )
}

function classElements(name: string, stat: StorageClassStat): readonly Xml[] {
  return [
    element(`${name}Storage`, stat.storage),
    element(`${name}RealStorage`, stat.realStorage),
    element(`${name}ObjectCount`, stat.objectCount),
  ]
}

/** What an older answer leaves out is 0. @throws {OssError} `MalformedXML`. */
export function decodeBucketStat(xml: string): BucketStat {
  const root = parseXml(xml, 'BucketStat')
  const count = (name: string): number => optionalCountOf(root, name) ?? 0
  return {
    storage: count('Storage'),
    objectCount: count('ObjectCount'),
    multipartUploadCount: count('MultipartUploadCount'),
    multipartPartCount: count('MultipartPartCount'),
    liveChannelCount: count('LiveChannelCount'),
    deleteMarkerCount: count('DeleteMarkerCount'),
    lastModifiedTime: count('LastModifiedTime'),
    standardStorage: count('StandardStorage'),
    standardObjectCount: count('StandardObjectCount'),
    infrequentAccess: classStatOf(root, 'InfrequentAccess'),
    archive: classStatOf(root, 'Archive'),
    coldArchive: classStatOf(root, 'ColdArchive'),
    deepColdArchive: classStatOf(root, 'DeepColdArchive'),
  }
}

function classStatOf(root: XmlElement, name: string): StorageClassStat {
  return {
    storage: optionalCountOf(root, `${name}Storage`) ?? 0,
    realStorage: optionalCountOf(root, `${name}RealStorage`) ?? 0,
    objectCount: optionalCountOf(root, `${name}ObjectCount`) ?? 0,
  }
}
