/** `HEAD /KEY?objectMeta`: the little that tells one state of an object from another. */

import { formatCrc64 } from '@lading/protocol'
import { lengthAlone, seenObject } from './head-object.ts'
import { validators, versionHeaders } from './object-attributes.ts'
import type { Operation } from './operation.ts'

export const getObjectMeta: Operation = {
  name: 'GetObjectMeta',
  method: 'HEAD',
  resource: 'object',
  query: ['objectMeta'],
  action: 'oss:GetObject',
  access: 'read',
  body: { kind: 'none' },

  async handle(request, { store }) {
    const object = await seenObject(request, store)
    return {
      status: 200,
      headers: {
        ...validators(object),
        ...versionHeaders(request, object),
        'x-oss-hash-crc64ecma': formatCrc64(object.crc64),
      },
      content: lengthAlone(object.size),
    }
  },
}
