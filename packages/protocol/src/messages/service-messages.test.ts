/** The small answers about regions, live channels and what is public. */

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { date, xmlText } from '../fixtures/arbitraries.ts'
import { decodeListLiveChannelResult, encodeListLiveChannelResult } from './list-live-channel.ts'
import { decodePolicyStatus, encodePolicyStatus } from './policy-status.ts'
import {
  decodePublicAccessBlockConfiguration,
  encodePublicAccessBlockConfiguration,
} from './public-access-block.ts'
import { decodeRegionInfoList, encodeRegionInfoList } from './region-info-list.ts'

test.each([true, false])('what says %s of the public can be read back', (flag) => {
  const block = encodePublicAccessBlockConfiguration({ blockPublicAccess: flag })
  expect(decodePublicAccessBlockConfiguration(block)).toEqual({ blockPublicAccess: flag })
  expect(decodePolicyStatus(encodePolicyStatus({ isPublic: flag }))).toEqual({ isPublic: flag })
})

test('what is neither true nor false is malformed', () => {
  const xml =
    '<PublicAccessBlockConfiguration><BlockPublicAccess>yes</BlockPublicAccess></PublicAccessBlockConfiguration>'
  expect(() => decodePublicAccessBlockConfiguration(xml)).toThrow(
    expect.objectContaining({ code: 'MalformedXML' }),
  )
})

test('any list of regions can be read back', () => {
  const info = fc.record({
    region: xmlText,
    internetEndpoint: xmlText,
    internalEndpoint: xmlText,
    accelerateEndpoint: xmlText,
  })
  fc.assert(
    fc.property(fc.array(info), (regions) => {
      expect(decodeRegionInfoList(encodeRegionInfoList({ regions }))).toEqual({ regions })
    }),
  )
})

test('any list of live channels can be read back', () => {
  const channel = fc.record({
    name: xmlText,
    description: xmlText,
    status: fc.constantFrom('enabled', 'disabled'),
    lastModified: date,
    publishUrls: fc.array(xmlText),
    playUrls: fc.array(xmlText),
  })
  const list = fc.record({
    prefix: xmlText,
    marker: xmlText,
    maxKeys: fc.nat(1000),
    isTruncated: fc.boolean(),
    nextMarker: fc.option(
      xmlText.filter((text) => text !== ''),
      { nil: undefined },
    ),
    liveChannels: fc.array(channel),
  })
  fc.assert(
    fc.property(list, (result) => {
      expect(decodeListLiveChannelResult(encodeListLiveChannelResult(result))).toEqual(result)
    }),
  )
})
