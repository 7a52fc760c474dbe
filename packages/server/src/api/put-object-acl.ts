/** `PUT /KEY?acl`: gives an object an ACL of its own, or back to its bucket's. */

import { OssError } from '@lading/protocol'
import { DEFAULT_ACL, requireObjectAcl } from './object-acl.ts'
import { versionHeaders } from './object-attributes.ts'
import type { Operation } from './operation.ts'
import { objectOf, versionIdOf } from './parameters.ts'

export const putObjectAcl: Operation = {
  name: 'PutObjectAcl',
  method: 'PUT',
  resource: 'object',
  query: ['acl'],
  action: 'oss:PutObjectAcl',
  access: 'owner',
  takesSpace: true,
  body: { kind: 'none' },

  async handle(request, { store }) {
    const header = request.headers.get('x-oss-object-acl')
    if (header === undefined) throw new OssError('MissingArgument')
    const acl = requireObjectAcl(header)
    const ref = { ...objectOf(request), versionId: versionIdOf(request) }
    const object = await store.updateObject(ref, (current) => {
      const { acl: _, ...attributes } = current.attributes
      return {
        ...current,
        attributes: acl === DEFAULT_ACL ? attributes : { ...attributes, acl },
      }
    })
    return { status: 200, headers: versionHeaders(request, object) }
  },
}
