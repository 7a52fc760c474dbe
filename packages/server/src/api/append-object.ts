/** `POST /KEY?append&position=N`: puts bytes behind an object, or makes one that can grow. */

import { formatCrc64, formatETag, MAX_PUT_SIZE, OssError, type Query } from '@lading/protocol'
import { expectedSums } from './expected-sums.ts'
import {
  encryptionHeaders,
  nextAppendPosition,
  requestedAcl,
  requestedAttributes,
  versionHeaders,
} from './object-attributes.ts'
import type { Operation } from './operation.ts'
import { invalidArgument, objectOf, refuseHeaders } from './parameters.ts'

export const appendObject: Operation = {
  name: 'AppendObject',
  method: 'POST',
  resource: 'object',
  query: ['append'],
  action: 'oss:PutObject',
  access: 'write',
  body: { kind: 'stream', limit: MAX_PUT_SIZE },

  async handle(request, { store }) {
    const { headers, query, body, signal } = request
    refuseHeaders(headers, ['x-oss-callback'])
    const object = await store.appendObject(
      {
        ...objectOf(request),
        position: positionOf(query),
        attributes: () => requestedAttributes(headers),
        acl: requestedAcl(headers),
        bytes: body.bytes(),
        declaredLength: body.declaredLength,
        expected: expectedSums(headers),
      },
      { signal },
    )
    return {
      status: 200,
      headers: {
        ETag: formatETag(object.etag),
        'x-oss-hash-crc64ecma': formatCrc64(object.crc64),
        ...nextAppendPosition(object),
        ...encryptionHeaders(object.attributes.encryption),
        ...versionHeaders(request, object),
      },
    }
  },
}

/** @throws {OssError} `MissingArgument`, `InvalidArgument`. */
function positionOf(query: Query): number {
  const text = query.text('position')
  if (text === undefined) throw new OssError('MissingArgument')
  // Longer ones are no position of any object, and no safe integer.
  if (/^[0-9]{1,15}$/.test(text)) return Number(text)
  throw invalidArgument('position', text)
}
