/**
 * `?publicAccessBlock` of a bucket and of the service. Nothing is blocked here besides what ACLs and
 * policies say, and that cannot be changed; so `false` is told, and taken, and `true` is refused.
 */

import {
  decodePublicAccessBlockConfiguration,
  encodePublicAccessBlockConfiguration,
  MAX_CONFIG_BODY,
  OssError,
} from '@lading/protocol'
import type { Operation } from './operation.ts'

type Resource = 'bucket' | 'service'

const nameOf = (verb: string, resource: Resource): string =>
  `${verb}${resource === 'bucket' ? 'Bucket' : ''}PublicAccessBlock`

const common = (
  verb: string,
  resource: Resource,
): Pick<Operation, 'name' | 'resource' | 'query' | 'action' | 'access'> => ({
  name: nameOf(verb, resource),
  resource,
  query: ['publicAccessBlock'],
  action: `oss:${nameOf(verb, resource)}`,
  access: 'owner',
})

const get = (resource: Resource): Operation => ({
  ...common('Get', resource),
  method: 'GET',
  body: { kind: 'none' },
  handle: async () => ({
    status: 200,
    xml: encodePublicAccessBlockConfiguration({ blockPublicAccess: false }),
  }),
})

const put = (resource: Resource): Operation => ({
  ...common('Put', resource),
  method: 'PUT',
  body: { kind: 'text', limit: MAX_CONFIG_BODY },
  async handle({ body }) {
    const { blockPublicAccess } = decodePublicAccessBlockConfiguration(await body.text())
    if (!blockPublicAccess) return { status: 200 }
    throw new OssError('NotImplemented', {
      message: 'Blocking public access is not implemented; use ACLs and policies.',
    })
  },
})

const remove = (resource: Resource): Operation => ({
  ...common('Delete', resource),
  method: 'DELETE',
  body: { kind: 'none' },
  handle: async () => ({ status: 204 }),
})

export const publicAccessBlock: readonly Operation[] = [
  get('service'),
  put('service'),
  remove('service'),
  get('bucket'),
  put('bucket'),
  remove('bucket'),
]
