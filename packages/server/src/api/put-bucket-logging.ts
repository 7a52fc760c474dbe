/** `PUT /?logging` of a bucket: says where its access logs go; without `LoggingEnabled`, nowhere. */

import {
  decodeBucketLoggingStatus,
  encodeBucketLoggingStatus,
  isBucketName,
  type LoggingEnabled,
  MAX_CONFIG_BODY,
  OssError,
} from '@lading/protocol'
import type { Store } from '../store/store.ts'
import type { Operation } from './operation.ts'
import { bucketOf, invalidArgument, ownerOf } from './parameters.ts'

/** Source: PutBucketLogging, OSS API reference. Bytes, to leave room for the rest of the key. */
const MAX_PREFIX = 900

export const putBucketLogging: Operation = {
  name: 'PutBucketLogging',
  method: 'PUT',
  resource: 'bucket',
  query: ['logging'],
  action: 'oss:PutBucketLogging',
  access: 'owner',
  body: { kind: 'text', limit: MAX_CONFIG_BODY },

  async handle(request, { store }) {
    const status = decodeBucketLoggingStatus(await request.body.text())
    if (status.enabled) await requireTarget(store, status.enabled, ownerOf(request))
    await store.putBucketSetting(
      bucketOf(request),
      'logging',
      status.enabled && encodeBucketLoggingStatus(status),
    )
    return { status: 200 }
  },
}

async function requireTarget(store: Store, target: LoggingEnabled, owner: string): Promise<void> {
  const { targetBucket, targetPrefix } = target
  const bucket = isBucketName(targetBucket) ? await store.findBucket(targetBucket) : undefined
  if (bucket?.owner !== owner) throw new OssError('InvalidTargetBucketForLogging')
  const tooLong = new TextEncoder().encode(targetPrefix).length > MAX_PREFIX
  if (tooLong || /^[/\\]|\0/.test(targetPrefix)) throw invalidArgument('TargetPrefix', targetPrefix)
}
