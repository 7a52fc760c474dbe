/** `GET /?stat` of a bucket: how much it holds at this moment. */

import { type BucketStat, encodeBucketStat, type StorageClassStat } from '@lading/protocol'
import type { BucketUsage } from '../store/store.ts'
import type { Operation } from './operation.ts'
import { bucketOf } from './parameters.ts'

export const getBucketStat: Operation = {
  name: 'GetBucketStat',
  method: 'GET',
  resource: 'bucket',
  query: ['stat'],
  action: 'oss:GetBucketStat',
  access: 'owner',
  body: { kind: 'none' },

  async handle(request, { store }) {
    const usage = await store.usageOf(bucketOf(request))
    return { status: 200, xml: encodeBucketStat(statOf(usage, request.time)) }
  },
}

function statOf(usage: BucketUsage, now: Date): BucketStat {
  const classes = Object.values(usage.classes)
  const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0)
  const objectCount = sum(classes.map(({ objects }) => objects))
  const standard = classStat(usage, 'Standard')
  return {
    storage: sum(classes.map(({ bytes }) => bytes)),
    objectCount,
    multipartUploadCount: usage.uploads,
    multipartPartCount: usage.parts,
    liveChannelCount: 0,
    deleteMarkerCount: usage.deleteMarkers,
    // On the service, when the counts were taken; here they are always of this moment.
    lastModifiedTime: isEmpty(usage) ? 0 : Math.floor(now.getTime() / 1000),
    standardStorage: standard.storage,
    standardObjectCount: standard.objectCount,
    infrequentAccess: classStat(usage, 'IA'),
    archive: classStat(usage, 'Archive'),
    coldArchive: classStat(usage, 'ColdArchive'),
    deepColdArchive: classStat(usage, 'DeepColdArchive'),
  }
}

function classStat({ classes }: BucketUsage, name: string): StorageClassStat {
  const { objects = 0, bytes = 0 } = classes[name] ?? {}
  return { storage: bytes, realStorage: bytes, objectCount: objects }
}

/** A fresh bucket answers 0 for everything. Source: the live suites of the Go and Python SDKs. */
function isEmpty({ classes, uploads, deleteMarkers }: BucketUsage): boolean {
  const objects = Object.values(classes).some((held) => held.objects > 0)
  return !objects && uploads === 0 && deleteMarkers === 0
}
