/** `GET /KEY?tagging`: the tags of an object, none where none were set. */

import { encodeTagging } from '@lading/protocol'
import { versionHeaders } from './object-attributes.ts'
import type { Operation } from './operation.ts'
import { objectOf, versionIdOf } from './parameters.ts'

export const getObjectTagging: Operation = {
  name: 'GetObjectTagging',
  method: 'GET',
  resource: 'object',
  query: ['tagging'],
  action: 'oss:GetObjectTagging',
  access: 'owner',
  body: { kind: 'none' },

  async handle(request, { store }) {
    const { bucket, key } = objectOf(request)
    const object = await store.getObject(bucket, key, versionIdOf(request))
    const tags = Object.entries(object.attributes.tags ?? {})
    return {
      status: 200,
      headers: versionHeaders(request, object),
      xml: encodeTagging({ tags: tags.map(([name, value]) => ({ key: name, value })) }),
    }
  },
}
