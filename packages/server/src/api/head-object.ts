/** `HEAD /KEY`: what GET would say, without the bytes. */

import { isNotModified } from './conditions.ts'
import { objectHeaders, validators, versionHeaders } from './object-attributes.ts'
import type { Operation, Reply } from './operation.ts'
import { objectOf, versionIdOf } from './parameters.ts'

export const headObject: Operation = {
  name: 'HeadObject',
  method: 'HEAD',
  resource: 'object',
  query: [],
  action: 'oss:GetObject',
  access: 'read',
  body: { kind: 'none' },

  async handle(request, { store }) {
    const { bucket, key } = objectOf(request)
    const object = await store.getObject(bucket, key, versionIdOf(request))
    const version = versionHeaders(request, object)
    if (isNotModified(request.headers, object)) {
      return { status: 304, headers: { ...validators(object), ...version } }
    }
    return {
      status: 200,
      headers: { ...objectHeaders(object), ...version },
      content: lengthAlone(object.size),
    }
  },
}

/** What a reply to HEAD says of content that it does not have. */
export function lengthAlone(length: number): NonNullable<Reply['content']> {
  return { length, bytes: nothing, release: () => {} }
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
