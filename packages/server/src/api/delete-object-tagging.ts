/** `DELETE /KEY?tagging`: takes all tags from an object, which may have none. */

import { versionHeaders } from './object-attributes.ts'
import type { Operation } from './operation.ts'
import { objectOf, versionIdOf } from './parameters.ts'

export const deleteObjectTagging: Operation = {
  name: 'DeleteObjectTagging',
  method: 'DELETE',
  resource: 'object',
  query: ['tagging'],
  action: 'oss:DeleteObjectTagging',
  access: 'owner',
  body: { kind: 'none' },

  async handle(request, { store }) {
    const ref = { ...objectOf(request), versionId: versionIdOf(request) }
    const object = await store.updateObject(ref, (current) => {
      const { tags: _, ...attributes } = current.attributes
      return { ...current, attributes }
    })
    return { status: 204, headers: versionHeaders(request, object) }
  },
}
