/** `PUT /KEY?symlink`: stores a link to another key. */

import { formatETag, OssError, requireObjectKey } from '@lading/protocol'
import { requestedAttributes, versionHeaders } from './object-attributes.ts'
import type { Operation, RequestHeaders } from './operation.ts'
import { flagOf, invalidArgument, objectOf } from './parameters.ts'

export const putSymlink: Operation = {
  name: 'PutSymlink',
  method: 'PUT',
  resource: 'object',
  query: ['symlink'],
  action: 'oss:PutObject',
  access: 'write',
  takesSpace: true,
  body: { kind: 'none' },

  async handle(request, { store }) {
    const { headers } = request
    const object = await store.putSymlink({
      ...objectOf(request),
      target: targetOf(headers),
      attributes: requestedAttributes(headers),
      forbidOverwrite: flagOf(headers, 'x-oss-forbid-overwrite'),
    })
    return {
      status: 200,
      headers: { ETag: formatETag(object.etag), ...versionHeaders(request, object) },
    }
  },
}

/** @throws {OssError} `MissingArgument`, `InvalidArgument`; `InvalidObjectName` for what is no key. */
function targetOf(headers: RequestHeaders): string {
  const text = headers.get('x-oss-symlink-target')
  if (!text) throw new OssError('MissingArgument')
  let target: string
  try {
    // The Go SDK writes a blank as a plus; all write a plus as `%2B`.
    target = decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    throw invalidArgument('x-oss-symlink-target', text, 'The symlink target is not URL encoded.')
  }
  requireObjectKey(target)
  return target
}
