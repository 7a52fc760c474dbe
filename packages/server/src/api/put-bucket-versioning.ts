/** `PUT /?versioning` of a bucket: lets it keep versions, or no new ones. It cannot be taken back. */

import { decodeVersioningConfiguration, MAX_CONFIG_BODY, malformedXml } from '@lading/protocol'
import type { Operation } from './operation.ts'
import { bucketOf } from './parameters.ts'

export const putBucketVersioning: Operation = {
  name: 'PutBucketVersioning',
  method: 'PUT',
  resource: 'bucket',
  query: ['versioning'],
  action: 'oss:PutBucketVersioning',
  access: 'owner',
  body: { kind: 'text', limit: MAX_CONFIG_BODY },

  async handle(request, { store }) {
    const { status } = decodeVersioningConfiguration(await request.body.text())
    if (!status) throw malformedXml('There is no Status.')
    await store.setVersioning(bucketOf(request), status)
    return { status: 200 }
  },
}
