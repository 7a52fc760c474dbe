/** `PUT /?website` of a bucket: serves it as a website. */

import {
  decodeWebsiteConfiguration,
  encodeWebsiteConfiguration,
  MAX_CONFIG_BODY,
} from '@lading/protocol'
import type { Operation } from './operation.ts'
import { bucketOf } from './parameters.ts'
import { requireWebsite } from './website-rules.ts'

export const putBucketWebsite: Operation = {
  name: 'PutBucketWebsite',
  method: 'PUT',
  resource: 'bucket',
  query: ['website'],
  action: 'oss:PutBucketWebsite',
  access: 'owner',
  body: { kind: 'text', limit: MAX_CONFIG_BODY },

  async handle(request, { store }) {
    const configuration = decodeWebsiteConfiguration(await request.body.text())
    requireWebsite(configuration)
    await store.putBucketSetting(
      bucketOf(request),
      'website',
      encodeWebsiteConfiguration(configuration),
    )
    return { status: 200 }
  },
}
