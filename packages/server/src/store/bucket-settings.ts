/** What is set for a bucket besides what every bucket has. */

import type { StoreDependencies } from './dependencies.ts'
import { noSuchBucket } from './refusals.ts'

/** Each is kept as text under its name. */
export type BucketSettingName =
  | 'cors'
  | 'encryption'
  | 'lifecycle'
  | 'logging'
  | 'policy'
  | 'qos'
  | 'referer'
  | 'requestPayment'
  | 'tagging'
  | 'website'

/** The text as it was put; `undefined` where none is. */
export function findBucketSetting(
  { metadata }: StoreDependencies,
  bucket: string,
  name: BucketSettingName,
): Promise<string | undefined> {
  return metadata.findBucketSetting(bucket, name)
}

/** `undefined` forgets it. */
export async function putBucketSetting(
  { metadata }: StoreDependencies,
  bucket: string,
  name: BucketSettingName,
  value: string | undefined,
): Promise<void> {
  if (!(await metadata.putBucketSetting(bucket, name, value))) throw noSuchBucket(bucket)
}
