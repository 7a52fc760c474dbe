/** `GET /KEY?uploadId=ID`: the parts that an upload holds, ascending, in pages. */

import { encodeListPartsResult, MAX_PAGE, md5ETag, type Query } from '@lading/protocol'
import { noSuchUploadEc } from '../store/refusals.ts'
import type { Operation } from './operation.ts'
import { encodingTypeOf, invalidArgument, pageSize, uploadOf } from './parameters.ts'

export const listParts: Operation = {
  name: 'ListParts',
  method: 'GET',
  resource: 'object',
  query: ['uploadId'],
  action: 'oss:ListParts',
  access: 'owner',
  body: { kind: 'none' },

  async handle(request, { store }) {
    const { query } = request
    const encodingType = encodingTypeOf(query)
    const maxParts = pageSize(query, 'max-parts', MAX_PAGE)
    const partNumberMarker = markerOf(query)
    const ref = uploadOf(request, noSuchUploadEc.other)
    const { upload, page } = await store.listParts(ref, {
      after: partNumberMarker,
      limit: maxParts,
    })
    return {
      status: 200,
      xml: encodeListPartsResult(
        {
          bucket: upload.bucket,
          key: upload.key,
          uploadId: upload.uploadId,
          storageClass: upload.attributes.storageClass,
          partNumberMarker,
          // Also on the last page; without parts there is none. Source: the Java and C suites.
          nextPartNumberMarker: page.rows.at(-1)?.partNumber,
          maxParts,
          isTruncated: page.truncated,
          parts: page.rows.map((part) => ({
            partNumber: part.partNumber,
            lastModified: part.uploadedAt,
            etag: md5ETag(part.md5),
            size: part.size,
            crc64: part.crc64,
          })),
        },
        { encodingType },
      ),
    }
  },
}

function markerOf(query: Query): number {
  const text = query.text('part-number-marker') ?? '0'
  if (/^[0-9]{1,9}$/.test(text)) return Number(text)
  throw invalidArgument('part-number-marker', text)
}
