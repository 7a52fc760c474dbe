/** The answer to ListLiveChannel: the streams that are recorded into a bucket. */

import { childOf, childrenOf, document, element, optionalTextOf, parseXml, textOf } from '../xml.ts'
import { booleanOf, countOf, dateElement, dateOf } from './fields.ts'

export interface LiveChannel {
  readonly name: string
  readonly description: string
  /** `enabled` or `disabled`. */
  readonly status: string
  readonly lastModified: Date
  readonly publishUrls: readonly string[]
  readonly playUrls: readonly string[]
}

export interface ListLiveChannelResult {
  readonly prefix: string
  readonly marker: string
  readonly maxKeys: number
  readonly isTruncated: boolean
  readonly nextMarker: string | undefined
  readonly liveChannels: readonly LiveChannel[]
}

export function encodeListLiveChannelResult(result: ListLiveChannelResult): string {
  return document(
    element('ListLiveChannelResult', [
      element('Prefix', result.prefix),
      element('Marker', result.marker),
      element('MaxKeys', result.maxKeys),
      element('IsTruncated', result.isTruncated),
      element('NextMarker', result.nextMarker ?? ''),
      ...result.liveChannels.map((channel) =>
        element('LiveChannel', [
          element('Name', channel.name),
          element('Description', channel.description),
          element('Status', channel.status),
          dateElement('LastModified', channel.lastModified),
          element(
            'PublishUrls',
            channel.publishUrls.map((url) => element('Url', url)),
          ),
          element(
            'PlayUrls',
            channel.playUrls.map((url) => element('Url', url)),
          ),
        ]),
      ),
    ]),
  )
}

/** @throws {OssError} `MalformedXML`. */
export function decodeListLiveChannelResult(xml: string): ListLiveChannelResult {
  const root = parseXml(xml, 'ListLiveChannelResult')
  return {
    prefix: optionalTextOf(root, 'Prefix') ?? '',
    marker: optionalTextOf(root, 'Marker') ?? '',
    maxKeys: countOf(root, 'MaxKeys'),
    isTruncated: booleanOf(root, 'IsTruncated'),
    nextMarker: optionalTextOf(root, 'NextMarker') || undefined,
    liveChannels: childrenOf(root, 'LiveChannel').map((channel) => {
      const urls = (name: string): string[] => {
        const list = childOf(channel, name)
        return list ? childrenOf(list, 'Url').map(({ text }) => text) : []
      }
      return {
        name: textOf(channel, 'Name'),
        description: optionalTextOf(channel, 'Description') ?? '',
        status: textOf(channel, 'Status'),
        lastModified: dateOf(channel, 'LastModified'),
        publishUrls: urls('PublishUrls'),
        playUrls: urls('PlayUrls'),
      }
    }),
  }
}
