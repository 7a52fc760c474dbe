/** `GET /?referer` of a bucket: which pages may link to its objects; by default all. */

import { encodeRefererConfiguration, type RefererConfiguration } from '@lading/protocol'
import type { Operation } from './operation.ts'
import { bucketOf } from './parameters.ts'

/** Source: the live suites of the OSS SDKs for Go and Java. */
const noRefererRules: RefererConfiguration = {
  allowEmptyReferer: true,
  allowTruncateQueryString: true,
  truncatePath: false,
  referers: [],
  blacklist: [],
}

export const getBucketReferer: Operation = {
  name: 'GetBucketReferer',
  method: 'GET',
  resource: 'bucket',
  query: ['referer'],
  action: 'oss:GetBucketReferer',
  access: 'owner',
  body: { kind: 'none' },

  async handle(request, { store }) {
    const name = bucketOf(request)
    const xml = await store.findBucketSetting(name, 'referer')
    return { status: 200, xml: xml ?? encodeRefererConfiguration(noRefererRules) }
  },
}
