/** `DELETE /KEY`: deletes an object, and succeeds also when there is none. */

import { versionHeaders } from './object-attributes.ts'
import type { Operation } from './operation.ts'
import { objectOf, versionIdOf } from './parameters.ts'

export const deleteObject: Operation = {
  name: 'DeleteObject',
  method: 'DELETE',
  resource: 'object',
  query: [],
  action: 'oss:DeleteObject',
  access: 'write',
  body: { kind: 'none' },

  async handle(request, { store }) {
    const { bucket, key } = objectOf(request)
    const { versionId, deleteMarker } = await store.deleteObject(bucket, key, versionIdOf(request))
    return {
      status: 204,
      headers: {
        ...(versionId !== undefined && versionHeaders(request, { versionId })),
        ...(deleteMarker && { 'x-oss-delete-marker': 'true' }),
      },
    }
  },
}
