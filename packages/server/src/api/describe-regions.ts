/** `GET /?regions` of the service: the region that it is, or none when another one is asked for. */

import { encodeRegionInfoList } from '@lading/protocol'
import type { Operation } from './operation.ts'

export const describeRegions: Operation = {
  name: 'DescribeRegions',
  method: 'GET',
  resource: 'service',
  query: ['regions'],
  action: 'oss:DescribeRegions',
  access: 'owner',
  body: { kind: 'none' },

  async handle({ query }, { profile }) {
    const region = `oss-${profile.region}`
    const asked = query.text('regions')
    const info = {
      region,
      internetEndpoint: profile.extranetEndpoint,
      internalEndpoint: profile.intranetEndpoint,
      // There is no road of its own for those from afar.
      accelerateEndpoint: profile.extranetEndpoint,
    }
    const shown = asked === undefined || asked === region
    return { status: 200, xml: encodeRegionInfoList({ regions: shown ? [info] : [] }) }
  },
}
