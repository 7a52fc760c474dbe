/** `DELETE /KEY?uploadId=ID`: ends an upload and frees its parts. */

import { noSuchUploadEc } from '../store/refusals.ts'
import type { Operation } from './operation.ts'
import { uploadOf } from './parameters.ts'

export const abortMultipartUpload: Operation = {
  name: 'AbortMultipartUpload',
  method: 'DELETE',
  resource: 'object',
  query: ['uploadId'],
  action: 'oss:AbortMultipartUpload',
  access: 'write',
  body: { kind: 'none' },

  async handle(request, { store }) {
    await store.abortUpload(uploadOf(request, noSuchUploadEc.other))
    return { status: 204 }
  },
}
