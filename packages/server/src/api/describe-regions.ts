/** `GET /?regions` of the service: the region that it is, or none when another one is asked for. */

import { document, element } from '@lading/protocol'
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
    const regionInfo = element('RegionInfo', [
      element('Region', region),
      element('InternetEndpoint', profile.extranetEndpoint),
      element('InternalEndpoint', profile.intranetEndpoint),
      // There is no road of its own for those from afar.
      element('AccelerateEndpoint', profile.extranetEndpoint),
    ])
    const shown = asked === undefined || asked === region
    return {
      status: 200,
      xml: document(element('RegionInfoList', shown ? [regionInfo] : [])),
    }
  },
}
