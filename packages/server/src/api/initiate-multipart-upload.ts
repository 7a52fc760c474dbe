/** `POST /KEY?uploads`: opens an upload and says what its object will be besides its bytes. */

import { encodeInitiateMultipartUploadResult } from '@lading/protocol'
import { requireDigest } from './expected-sums.ts'
import { encryptionHeaders, requestedAttributes } from './object-attributes.ts'
import type { Operation } from './operation.ts'
import { encodingTypeOf, flagOf, objectOf } from './parameters.ts'

export const initiateMultipartUpload: Operation = {
  name: 'InitiateMultipartUpload',
  method: 'POST',
  resource: 'object',
  query: ['uploads'],
  action: 'oss:PutObject',
  access: 'write',
  takesSpace: true,
  body: { kind: 'none' },

  async handle(request, { store }) {
    const { headers } = request
    const encodingType = encodingTypeOf(request.query)
    // SDKs send the MD5 of the body that they do not send.
    requireDigest(headers, '')
    const upload = await store.initiateUpload({
      ...objectOf(request),
      attributes: requestedAttributes(headers),
      sequential: request.query.has('sequential'),
      forbidOverwrite: flagOf(headers, 'x-oss-forbid-overwrite'),
    })
    return {
      status: 200,
      headers: encryptionHeaders(upload.attributes.encryption),
      xml: encodeInitiateMultipartUploadResult(upload, { encodingType }),
    }
  },
}
