/** The body of RestoreObject, which may be left out. */

import { childOf, document, element, optionalElement, parseXml, textOf } from '../xml.ts'
import { optionalCountOf, refuseOtherChildren } from './fields.ts'

/** What is absent is the service's to choose. */
export interface RestoreRequest {
  /** How long the restored copy stays. */
  readonly days: number | undefined
  /** How fast, of `JobParameters`, which only the cold classes take: `Standard`, `Bulk`, `Expedited`. */
  readonly tier: string | undefined
}

export function encodeRestoreRequest({ days, tier }: RestoreRequest): string {
  return document(
    element('RestoreRequest', [
      optionalElement('Days', days),
      tier === undefined ? undefined : element('JobParameters', [element('Tier', tier)]),
    ]),
  )
}

/**
 * A blank body asks for nothing in particular. Values are not judged here.
 *
 * @throws {OssError} `MalformedXML`.
 */
export function decodeRestoreRequest(xml: string): RestoreRequest {
  if (xml.trim() === '') return { days: undefined, tier: undefined }
  const root = parseXml(xml, 'RestoreRequest')
  refuseOtherChildren(root, ['Days', 'JobParameters'])
  const parameters = childOf(root, 'JobParameters')
  if (parameters) refuseOtherChildren(parameters, ['Tier'])
  return {
    days: optionalCountOf(root, 'Days'),
    tier: parameters && textOf(parameters, 'Tier').trim(),
  }
}
