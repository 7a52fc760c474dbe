/** `POST /KEY?uploadId=ID`: makes one object of the parts and ends the upload. */

import {
  decodeCompleteMultipartUpload,
  encodeCompleteMultipartUploadResult,
  formatCrc64,
  formatETag,
  MAX_COMPLETE_BODY,
  OssError,
  type PartReference,
} from '@lading/protocol'
import { noSuchUploadEc } from '../store/refusals.ts'
import { replyWithCallback, requestedCallback } from './callback.ts'
import { requireDigest } from './expected-sums.ts'
import { encryptionHeaders, requestedAcl, versionHeaders } from './object-attributes.ts'
import type { Operation, Reply, RequestHeaders } from './operation.ts'
import {
  encodingTypeOf,
  flagOf,
  invalidArgument,
  locationOf,
  refuseEncryption,
  uploadOf,
} from './parameters.ts'

export const completeMultipartUpload: Operation = {
  name: 'CompleteMultipartUpload',
  method: 'POST',
  resource: 'object',
  query: ['uploadId'],
  action: 'oss:PutObject',
  access: 'write',
  body: { kind: 'text', limit: MAX_COMPLETE_BODY },

  async handle(request, context) {
    const { headers, query } = request
    const encodingType = encodingTypeOf(query)
    refuseEncryption(headers)
    const callback = requestedCallback(request)
    const acl = requestedAcl(headers)
    const forbidOverwrite = flagOf(headers, 'x-oss-forbid-overwrite')
    const xml = await request.body.text()
    requireDigest(headers, xml)
    const parts = partsAskedFor(headers, xml)
    const upload = uploadOf(request, noSuchUploadEc.complete)

    const object = await context.store.completeUpload({ upload, parts, forbidOverwrite, acl })
    const { bucket, key, etag, crc64 } = object
    const reply: Reply = {
      status: 200,
      headers: {
        ETag: formatETag(etag),
        'x-oss-hash-crc64ecma': formatCrc64(crc64),
        ...encryptionHeaders(object.attributes.encryption),
        ...versionHeaders(request, object),
      },
      xml: encodeCompleteMultipartUploadResult(
        { location: locationOf(request), bucket, key, etag },
        { encodingType },
      ),
    }
    const about = { operation: completeMultipartUpload.name, request }
    return await replyWithCallback(callback, reply, object, about, context)
  },
}

function partsAskedFor(headers: RequestHeaders, xml: string): readonly PartReference[] | 'all' {
  const all = headers.get('x-oss-complete-all')
  if (all === undefined) return decodeCompleteMultipartUpload(xml)
  if (all !== 'yes') throw invalidArgument('x-oss-complete-all', all)
  if (xml.trim() === '') return 'all'
  throw new OssError('InvalidArgument', {
    // The spelling is the service's own.
    message: 'Should not speficy both complete all header and http body.',
    ec: '0042-00000216',
    details: { ArgumentName: 'x-oss-complete-all', ArgumentValue: all },
  })
}
