/** `DELETE /KEY`: deletes an object, and succeeds also when there is none. */

import type { Operation } from './operation.ts'
import { objectOf, refuseOtherVersions } from './parameters.ts'

export const deleteObject: Operation = {
  name: 'DeleteObject',
  method: 'DELETE',
  resource: 'object',
  query: [],
  action: 'oss:DeleteObject',
  access: 'write',
  body: { kind: 'none' },

  async handle(request, { store }) {
    refuseOtherVersions(request)
    const { bucket, key } = objectOf(request)
    await store.deleteObject(bucket, key)
    return { status: 204 }
  },
}
