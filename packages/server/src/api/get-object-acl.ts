/** `GET /KEY?acl`: who owns an object and which ACL it has. */

import { encodeAccessControlPolicy } from '@lading/protocol'
import { DEFAULT_ACL } from './object-acl.ts'
import { versionHeaders } from './object-attributes.ts'
import type { Operation } from './operation.ts'
import { objectOf, versionIdOf } from './parameters.ts'

export const getObjectAcl: Operation = {
  name: 'GetObjectAcl',
  method: 'GET',
  resource: 'object',
  query: ['acl'],
  action: 'oss:GetObjectAcl',
  access: 'owner',
  body: { kind: 'none' },

  async handle(request, { store, profile }) {
    const { bucket, key } = objectOf(request)
    const object = await store.getObject(bucket, key, versionIdOf(request))
    const { owner } = await store.getBucket(bucket)
    return {
      status: 200,
      headers: versionHeaders(request, object),
      xml: encodeAccessControlPolicy({
        owner: profile.describeOwner(owner),
        grant: object.attributes.acl ?? DEFAULT_ACL,
      }),
    }
  },
}
