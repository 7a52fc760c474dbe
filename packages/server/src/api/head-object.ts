/** `HEAD /KEY`: what GET would say, without the bytes. */

import type { Store, StoredObject } from '../store/store.ts'
import { isNotModified } from './conditions.ts'
import { followLink, seenThrough } from './follow-link.ts'
import { objectHeaders, validators, versionHeaders } from './object-attributes.ts'
import type { Operation, OssRequest, Reply } from './operation.ts'
import { objectOf, versionIdOf } from './parameters.ts'
import { restoreHeaders } from './restore-info.ts'

export const headObject: Operation = {
  name: 'HeadObject',
  method: 'HEAD',
  resource: 'object',
  query: [],
  action: 'oss:GetObject',
  access: 'read',
  body: { kind: 'none' },

  async handle(request, { store }) {
    const object = await seenObject(request, store)
    const version = versionHeaders(request, object)
    if (isNotModified(request.headers, object)) {
      return { status: 304, headers: { ...validators(object), ...version } }
    }
    return {
      status: 200,
      headers: {
        ...objectHeaders(object),
        ...restoreHeaders(object, request.time),
        ...version,
      },
      content: lengthAlone(object.size),
    }
  },
}

/** The object that is asked for, of a link as it is seen through it. */
export async function seenObject(request: OssRequest, store: Store): Promise<StoredObject> {
  const { bucket, key } = objectOf(request)
  const object = await store.getObject(bucket, key, versionIdOf(request))
  if (object.type !== 'Symlink') return object
  const target = await followLink(request, object, (...at) => store.getObject(...at))
  return seenThrough(object, target)
}

/** What a reply to HEAD says of content that it does not have. */
export function lengthAlone(length: number): NonNullable<Reply['content']> {
  return { length, bytes: nothing, release: () => {} }
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
