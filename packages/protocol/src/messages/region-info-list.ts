/** The answer to DescribeRegions: the regions, and where each is reached. */

import { childrenOf, document, element, parseXml, textOf } from '../xml.ts'

/** Endpoints are host names, without a scheme. */
export interface RegionInfo {
  /** `oss-cn-hangzhou`. */
  readonly region: string
  readonly internetEndpoint: string
  readonly internalEndpoint: string
  readonly accelerateEndpoint: string
}

export interface RegionInfoList {
  readonly regions: readonly RegionInfo[]
}

export function encodeRegionInfoList({ regions }: RegionInfoList): string {
  return document(
    element(
      'RegionInfoList',
      regions.map((info) =>
        element('RegionInfo', [
          element('Region', info.region),
          element('InternetEndpoint', info.internetEndpoint),
          element('InternalEndpoint', info.internalEndpoint),
          element('AccelerateEndpoint', info.accelerateEndpoint),
        ]),
      ),
    ),
  )
}

/** @throws {OssError} `MalformedXML`. */
export function decodeRegionInfoList(xml: string): RegionInfoList {
  const root = parseXml(xml, 'RegionInfoList')
  return {
    regions: childrenOf(root, 'RegionInfo').map((info) => ({
      region: textOf(info, 'Region'),
      internetEndpoint: textOf(info, 'InternetEndpoint'),
      internalEndpoint: textOf(info, 'InternalEndpoint'),
      accelerateEndpoint: textOf(info, 'AccelerateEndpoint'),
    })),
  }
}
