/** Which pages may link to the objects of a bucket. */

import {
  childOf,
  childrenOf,
  document,
  element,
  parseXml,
  type Xml,
  type XmlElement,
} from '../xml.ts'
import { optionalFlagOf, refuseOtherChildren } from './fields.ts'

export interface RefererConfiguration {
  /** Whether requests without a Referer are served. */
  readonly allowEmptyReferer: boolean
  /** Whether the query of a Referer is cut off before it is compared. */
  readonly allowTruncateQueryString: boolean
  /** Whether its path is cut off too. */
  readonly truncatePath: boolean
  /** Free texts, which may hold `*` and `?`. An empty list lets everybody in. */
  readonly referers: readonly string[]
  /** Those who are kept out whatever the list says. */
  readonly blacklist: readonly string[]
}

export function encodeRefererConfiguration(configuration: RefererConfiguration): string {
  const { referers, blacklist } = configuration
  return document(
    element('RefererConfiguration', [
      element('AllowEmptyReferer', configuration.allowEmptyReferer),
      element('AllowTruncateQueryString', configuration.allowTruncateQueryString),
      element('TruncatePath', configuration.truncatePath),
      element('RefererList', referers.map(refererElement)),
      blacklist.length > 0 ? element('RefererBlacklist', blacklist.map(refererElement)) : undefined,
    ]),
  )
}

function refererElement(referer: string): Xml {
  return element('Referer', referer)
}

/**
 * A list of one empty referer is an empty list. Source: the Go SDK's live suite.
 *
 * @throws {OssError} `MalformedXML`.
 */
export function decodeRefererConfiguration(xml: string): RefererConfiguration {
  const root = parseXml(xml, 'RefererConfiguration')
  refuseOtherChildren(root, [
    'AllowEmptyReferer',
    'AllowTruncateQueryString',
    'TruncatePath',
    'RefererList',
    'RefererBlacklist',
  ])
  return {
    allowEmptyReferer: optionalFlagOf(root, 'AllowEmptyReferer') ?? true,
    allowTruncateQueryString: optionalFlagOf(root, 'AllowTruncateQueryString') ?? true,
    truncatePath: optionalFlagOf(root, 'TruncatePath') ?? false,
    referers: referersOf(root, 'RefererList'),
    blacklist: referersOf(root, 'RefererBlacklist'),
  }
}

function referersOf(root: XmlElement, name: string): readonly string[] {
  const list = childOf(root, name)
  if (!list) return []
  refuseOtherChildren(list, ['Referer'])
  return childrenOf(list, 'Referer')
    .map(({ text }) => text.trim())
    .filter((referer) => referer !== '')
}
