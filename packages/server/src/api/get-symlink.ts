/** `GET /KEY?symlink`: where a link leads, and what it says of itself. */

import { encodePath, OssError } from '@lading/protocol'
import { objectHeaders, versionHeaders } from './object-attributes.ts'
import type { Operation } from './operation.ts'
import { objectOf, versionIdOf } from './parameters.ts'

export const getSymlink: Operation = {
  name: 'GetSymlink',
  method: 'GET',
  resource: 'object',
  query: ['symlink'],
  action: 'oss:GetObject',
  access: 'read',
  body: { kind: 'none' },

  async handle(request, { store }) {
    const { bucket, key } = objectOf(request)
    const link = await store.getObject(bucket, key, versionIdOf(request))
    if (link.symlinkTarget === undefined) throw new OssError('NotSymlink')
    return {
      status: 200,
      headers: {
        ...objectHeaders(link),
        'x-oss-symlink-target': encodePath(link.symlinkTarget),
        ...versionHeaders(request, link),
      },
    }
  },
}
