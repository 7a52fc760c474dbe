/** `PUT /KEY?tagging`: replaces the tags of an object. */

import { decodeTagging, MAX_CONFIG_BODY, requireObjectTags } from '@lading/protocol'
import { requireDigest } from './expected-sums.ts'
import { versionHeaders } from './object-attributes.ts'
import type { Operation } from './operation.ts'
import { objectOf, versionIdOf } from './parameters.ts'

export const putObjectTagging: Operation = {
  name: 'PutObjectTagging',
  method: 'PUT',
  resource: 'object',
  query: ['tagging'],
  action: 'oss:PutObjectTagging',
  access: 'owner',
  takesSpace: true,
  body: { kind: 'text', limit: MAX_CONFIG_BODY },

  async handle(request, { store }) {
    const xml = await request.body.text()
    requireDigest(request.headers, xml)
    const { tags } = decodeTagging(xml)
    requireObjectTags(tags)
    const kept = Object.fromEntries(tags.map(({ key, value }) => [key, value]))
    const ref = { ...objectOf(request), versionId: versionIdOf(request) }
    const object = await store.updateObject(ref, (current) => {
      const { tags: _, ...attributes } = current.attributes
      return {
        ...current,
        attributes: tags.length > 0 ? { ...attributes, tags: kept } : attributes,
      }
    })
    return { status: 200, headers: versionHeaders(request, object) }
  },
}
