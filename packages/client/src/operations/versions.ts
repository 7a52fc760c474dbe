/** The versions that a bucket keeps of its objects. */

import { decodeListObjectVersionsResult, type ListObjectVersionsResult } from '@lading/protocol'
import type { CallOptions } from '../options.ts'
import type { Answer, Sender } from '../send.ts'
import { type BucketInput, bucketTarget, onlyStatus } from './buckets.ts'
import { queryOf } from './query.ts'

export interface ListObjectVersionsInput extends BucketInput {
  readonly prefix?: string | undefined
  readonly delimiter?: string | undefined
  readonly keyMarker?: string | undefined
  /** Only together with `keyMarker`. */
  readonly versionIdMarker?: string | undefined
  /** 1 to 1,000. Default 100. */
  readonly maxKeys?: number | undefined
}

export type ListObjectVersionsAnswer = Answer & ListObjectVersionsResult

export function listObjectVersions(
  sender: Sender,
  input: ListObjectVersionsInput,
  options?: CallOptions,
): Promise<ListObjectVersionsAnswer> {
  const { bucket, prefix, delimiter, keyMarker, versionIdMarker, maxKeys } = input
  return sender.send(
    {
      operation: 'ListObjectVersions',
      method: 'GET',
      target: bucketTarget(bucket),
      query: [
        ['versions', ''],
        ...queryOf({
          prefix,
          delimiter,
          'key-marker': keyMarker,
          'version-id-marker': versionIdMarker,
          'max-keys': maxKeys,
          'encoding-type': 'url',
        }),
      ],
      receive: (answer) => ({
        ...onlyStatus(answer),
        ...decodeListObjectVersionsResult(answer.text),
      }),
    },
    options,
  )
}
