/** `PUT /KEY?partNumber=N&uploadId=ID`: stores one part of an upload. */

import {
  formatContentMd5,
  formatCrc64,
  formatETag,
  MAX_PART_SIZE,
  md5ETag,
  OssError,
  parsePartNumber,
  type Query,
} from '@lading/protocol'
import { noSuchUploadEc } from '../store/refusals.ts'
import { expectedSums } from './expected-sums.ts'
import { encryptionHeaders } from './object-attributes.ts'
import type { Operation } from './operation.ts'
import { refuseEncryption, uploadOf } from './parameters.ts'

export const uploadPart: Operation = {
  name: 'UploadPart',
  method: 'PUT',
  resource: 'object',
  // With only one of them it is still this operation, which then refuses.
  query: ['partNumber', 'uploadId'],
  action: 'oss:PutObject',
  access: 'write',
  body: { kind: 'stream', limit: MAX_PART_SIZE },

  async handle(request, { store }) {
    const { headers, query, signal } = request
    refuseEncryption(headers)
    const partNumber = partNumberOf(query)
    const upload = uploadOf(request, noSuchUploadEc.uploadPart)
    const expected = expectedSums(headers)
    const { md5, crc64, encryption } = await store.putPart(
      { upload, partNumber, bytes: request.body.bytes(), expected },
      { signal },
    )
    return {
      status: 200,
      headers: {
        ETag: formatETag(md5ETag(md5)),
        'Content-MD5': formatContentMd5(md5),
        'x-oss-hash-crc64ecma': formatCrc64(crc64),
        ...encryptionHeaders(encryption),
      },
    }
  },
}

/** @throws {OssError} `InvalidArgument`. */
export function partNumberOf(query: Query): number {
  const text = query.get('partNumber')
  if (text !== undefined) return parsePartNumber(text)
  throw new OssError('InvalidArgument', {
    ec: '0017-00000219',
    details: { ArgumentName: 'ResourceType', ArgumentValue: 'partNumber' },
  })
}
