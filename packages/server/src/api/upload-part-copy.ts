/** `PUT /KEY?partNumber=N&uploadId=ID` with `x-oss-copy-source`: stores one part out of an object. */

import {
  encodeCopyPartResult,
  formatCrc64,
  formatETag,
  MAX_PART_SIZE,
  md5ETag,
  OssError,
} from '@lading/protocol'
import { noSuchUploadEc } from '../store/refusals.ts'
import { requireReadable } from '../store/restore.ts'
import type { ByteRange } from '../store/store.ts'
import { damagedSource, openSource } from './copy-source.ts'
import { encryptionHeaders } from './object-attributes.ts'
import type { Operation } from './operation.ts'
import { refuseEncryption, uploadOf } from './parameters.ts'
import { formatContentRange, selectRange } from './range.ts'
import { partNumberOf } from './upload-part.ts'

export const uploadPartCopy: Operation = {
  name: 'UploadPartCopy',
  method: 'PUT',
  resource: 'object',
  query: ['partNumber', 'uploadId'],
  header: 'x-oss-copy-source',
  action: 'oss:PutObject',
  access: 'write',
  takesSpace: true,
  body: { kind: 'none' },

  async handle(request, { store }) {
    const { headers, query, signal } = request
    refuseEncryption(headers)
    const partNumber = partNumberOf(query)
    const upload = uploadOf(request, noSuchUploadEc.uploadPartCopy)
    const source = await openSource(request, { store })
    const { reader } = source
    if (!reader) return { status: 304, headers: source.headers }
    try {
      const { object } = reader
      // Source of the former: UploadPartCopy, OSS API reference. A link has no bytes.
      if (object.type === 'Appendable' || object.type === 'Symlink') {
        throw new OssError('OperationNotSupported')
      }
      requireReadable(object, request.time)
      const range = sourceRange(headers.get('x-oss-copy-source-range'), object.size)
      const { offset, length } = range ?? { offset: 0, length: object.size }
      if (length > MAX_PART_SIZE) throw tooLarge()
      const whole = length === object.size
      const { md5, crc64, uploadedAt, encryption } = await store.putPart(
        {
          upload,
          partNumber,
          bytes: request.slowly(reader.read({ offset, length })),
          // Of a piece nobody knows the sums beforehand.
          expected: whole ? { crc64: object.crc64, refusal: damagedSource } : {},
          noSuchUploadEc: noSuchUploadEc.uploadPartCopy,
        },
        { signal },
      )
      const etag = md5ETag(md5)
      return {
        status: 200,
        headers: {
          ETag: formatETag(etag),
          'x-oss-hash-crc64ecma': formatCrc64(crc64),
          ...encryptionHeaders(encryption),
          ...(range && { 'Content-Range': formatContentRange(range, object.size) }),
          ...source.headers,
        },
        xml: encodeCopyPartResult({ etag, lastModified: uploadedAt }),
      }
    } finally {
      reader.release()
    }
  },
}

/**
 * `undefined` is the whole source, which is also taken for a range that does not lie in it or is none.
 * Source: UploadPartCopy, OSS API reference, and the Java SDK's live suite.
 */
function sourceRange(header: string | undefined, size: number): ByteRange | undefined {
  if (!/^bytes=[0-9]+-/i.test(header ?? '')) return undefined
  return selectRange(header, size, { standard: false })
}

function tooLarge(): OssError {
  return new OssError('EntityTooLarge', {
    message: 'Source object Length exceeds the maximum allowed size.',
    details: { MaxSizeAllowed: String(MAX_PART_SIZE) },
  })
}
