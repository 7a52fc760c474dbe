/**
 * `GET /?live` of a bucket: its live channels, of which there are none. Answered because the Python
 * SDK's suite asks for them before it deletes a bucket.
 */

import { DEFAULT_MAX_KEYS, encodeListLiveChannelResult } from '@lading/protocol'
import type { Operation } from './operation.ts'
import { listingText, pageSize } from './parameters.ts'

export const listLiveChannel: Operation = {
  name: 'ListLiveChannel',
  method: 'GET',
  resource: 'bucket',
  query: ['live'],
  action: 'oss:ListLiveChannel',
  access: 'owner',
  body: { kind: 'none' },

  async handle({ query }) {
    return {
      status: 200,
      xml: encodeListLiveChannelResult({
        prefix: listingText(query, 'prefix') ?? '',
        marker: listingText(query, 'marker') ?? '',
        maxKeys: pageSize(query, 'max-keys', DEFAULT_MAX_KEYS),
        isTruncated: false,
        nextMarker: undefined,
        liveChannels: [],
      }),
    }
  },
}
