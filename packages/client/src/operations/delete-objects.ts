/** Many objects deleted by one request. */

import {
  type DeletedObject,
  decodeDeleteResult,
  encodeDeleteMultipleObjects,
  MAX_DELETE_KEYS,
  requireObjectKey,
} from '@lading/protocol'
import type { CallOptions } from '../options.ts'
import type { Answer, Sender } from '../send.ts'
import { type BucketInput, bucketTarget, onlyStatus } from './buckets.ts'
import { documentBody } from './document-body.ts'

export interface DeleteMultipleObjectsInput extends BucketInput {
  /** From 1 to 1,000: keys, or versions of them. */
  readonly objects: readonly (
    | string
    | { readonly key: string; readonly versionId?: string | undefined }
  )[]
  /** The answer then lists nothing. Default `false`. */
  readonly quiet?: boolean | undefined
}

export interface DeleteMultipleObjectsAnswer extends Answer {
  /** In the order asked for; whether they existed is not told. */
  readonly deleted: readonly DeletedObject[]
}

export async function deleteMultipleObjects(
  sender: Sender,
  { bucket, objects, quiet = false }: DeleteMultipleObjectsInput,
  options?: CallOptions,
): Promise<DeleteMultipleObjectsAnswer> {
  if (objects.length < 1 || objects.length > MAX_DELETE_KEYS) {
    throw new RangeError(`From 1 to ${MAX_DELETE_KEYS} objects are deleted by one request.`)
  }
  const listed = objects.map((object) => {
    const { key, versionId } =
      typeof object === 'string' ? { key: object, versionId: undefined } : object
    return { key: requireObjectKey(key), versionId }
  })
  return sender.send(
    {
      operation: 'DeleteMultipleObjects',
      method: 'POST',
      target: bucketTarget(bucket),
      query: [
        ['delete', ''],
        ['encoding-type', 'url'],
      ],
      ...(await documentBody(sender, encodeDeleteMultipleObjects({ quiet, objects: listed }))),
      receive: (answer) => ({ ...onlyStatus(answer), ...decodeDeleteResult(answer.text) }),
    },
    options,
  )
}
