/** `POST /?delete` of a bucket: deletes up to 1,000 objects and says what became of each. */

import { setImmediate as nextTurn } from 'node:timers/promises'
import {
  type DeletedObject,
  decodeDeleteMultipleObjects,
  encodeDeleteResult,
  MAX_DELETE_BODY,
  type ObjectToDelete,
  OssError,
  requireObjectKey,
} from '@lading/protocol'
import type { Store, VersionId } from '../store/store.ts'
import { formatVersionId } from '../store/version-id.ts'
import { requireDigest } from './expected-sums.ts'
import type { Operation, OssRequest } from './operation.ts'
import { bucketOf, encodingTypeOf, requireVersionId } from './parameters.ts'

/** How many are deleted at a time; as many share the cost of a commit. */
const AT_ONCE = 50

/** Milliseconds that leave is asked for at a stretch: policies can be long, and others are served too. */
const STRETCH = 10

/**
 * The answer has no place for a key that was refused, so all are asked for first, and one refusal is
 * that of the whole request, which then deletes nothing.
 */
export const deleteMultipleObjects: Operation = {
  name: 'DeleteMultipleObjects',
  method: 'POST',
  resource: 'bucket',
  query: ['delete'],
  action: 'oss:DeleteObject',
  access: 'write',
  authorizesItself: true,
  body: { kind: 'text', limit: MAX_DELETE_BODY },

  async handle(request, { store }) {
    const { headers, query } = request
    const encodingType = encodingTypeOf(query)
    const xml = await request.body.text()
    requireDigest(headers, xml)
    const { quiet, objects } = decodeDeleteMultipleObjects(xml)
    const targets = objects.map(targetOf)
    let since = performance.now()
    for (const target of targets) {
      await authorizeDeletion(request, target)
      if (performance.now() - since < STRETCH) continue
      await nextTurn()
      since = performance.now()
    }

    const deleted: DeletedObject[] = []
    for (let at = 0; at < targets.length; at += AT_ONCE) {
      const slice = targets.slice(at, at + AT_ONCE)
      deleted.push(...(await deleteAll(store, bucketOf(request), slice)))
    }
    if (quiet) return { status: 200 }
    return { status: 200, xml: encodeDeleteResult({ deleted }, { encodingType }) }
  },
}

interface Target {
  readonly key: string
  readonly versionId: VersionId | undefined
}

/** @throws {OssError} `UserKeyMustBeSpecified`, `InvalidObjectName`, `InvalidArgument`. */
function targetOf({ key, versionId }: ObjectToDelete): Target {
  if (key === '') throw new OssError('UserKeyMustBeSpecified')
  requireObjectKey(key)
  return { key, versionId: versionId === undefined ? undefined : requireVersionId(versionId) }
}

async function authorizeDeletion(request: OssRequest, { key, versionId }: Target): Promise<void> {
  const wanted = { access: 'write', bucket: bucketOf(request), key, versionId } as const
  await request.authorize({ action: 'oss:DeleteObject', ...wanted })
  if (versionId !== undefined) {
    await request.authorize({ action: 'oss:DeleteObjectVersion', ...wanted })
  }
}

/** Resolves or rejects only once all are done, so that nothing is deleted behind an answer. */
async function deleteAll(
  store: Store,
  bucket: string,
  targets: readonly Target[],
): Promise<DeletedObject[]> {
  const outcomes = await Promise.allSettled(
    targets.map(({ key, versionId }) => store.deleteObject(bucket, key, versionId)),
  )
  return outcomes.map((outcome, index) => {
    if (outcome.status === 'rejected') throw outcome.reason
    const { versionId, deleteMarker } = outcome.value
    const { key, versionId: asked } = targets[index] ?? { key: '', versionId: undefined }
    return {
      key,
      versionId: asked && formatVersionId(asked),
      deleteMarker,
      deleteMarkerVersionId:
        deleteMarker && versionId !== undefined ? formatVersionId(versionId) : undefined,
    }
  })
}
