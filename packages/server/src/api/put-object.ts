/** `PUT /KEY`: stores a whole object. */

import { formatContentMd5, formatCrc64, formatETag, MAX_PUT_SIZE } from '@lading/protocol'
import { replyWithCallback, requestedCallback } from './callback.ts'
import { expectedSums } from './expected-sums.ts'
import { encryptionHeaders, requestedAttributes, versionHeaders } from './object-attributes.ts'
import type { Operation, Reply } from './operation.ts'
import { flagOf, objectOf, refuseHeaders } from './parameters.ts'

/** Conditions are for readers here. Source: PutObject, OSS API reference. */
const unsupported = ['if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since']

export const putObject: Operation = {
  name: 'PutObject',
  method: 'PUT',
  resource: 'object',
  query: [],
  action: 'oss:PutObject',
  access: 'write',
  body: { kind: 'stream', limit: MAX_PUT_SIZE },

  async handle(request, context): Promise<Reply> {
    const { headers, signal } = request
    refuseHeaders(headers, unsupported)
    const callback = requestedCallback(request)
    const object = await context.store.putObject(
      {
        ...objectOf(request),
        attributes: requestedAttributes(headers),
        forbidOverwrite: flagOf(headers, 'x-oss-forbid-overwrite'),
        expected: expectedSums(headers),
        bytes: request.body.bytes(),
      },
      { signal },
    )
    const { etag, crc64, md5 } = object
    const reply: Reply = {
      status: 200,
      headers: {
        ETag: formatETag(etag),
        'x-oss-hash-crc64ecma': formatCrc64(crc64),
        ...encryptionHeaders(object.attributes.encryption),
        ...versionHeaders(request, object),
        ...(md5 && { 'Content-MD5': formatContentMd5(md5) }),
      },
    }
    const about = { operation: putObject.name, request }
    return await replyWithCallback(callback, reply, object, about, context)
  },
}
