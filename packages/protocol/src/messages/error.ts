/** The body of every refusal. */

import { OssError } from '../errors.ts'
import { document, element, escapeReadable, parseXml, type Xml } from '../xml.ts'

export interface ErrorMessage {
  readonly code: string
  readonly message: string
  readonly requestId?: string | undefined
  readonly hostId?: string | undefined
  /** `NNNN-NNNNNNNN`. */
  readonly ec?: string | undefined
  /** The elements only this code has, by name, in the order they are written. */
  readonly details: Readonly<Record<string, string>>
}

/** Bytes. The OSS Python SDK reads no further. */
const MAX_BYTES = 4096

const encoder = new TextEncoder()

/**
 * Writes the elements in the order of the service. Values that would take the whole past 4 KiB, such
 * as a long `StringToSign`, are cut, the longest first, and end in `...`.
 */
export function encodeError(error: ErrorMessage): string {
  let xml = writeError(error, Number.POSITIVE_INFINITY)
  for (let limit = MAX_BYTES; limit >= 1 && encoder.encode(xml).length > MAX_BYTES; limit *= 0.75) {
    xml = writeError(error, Math.floor(limit))
  }
  return xml
}

function writeError(error: ErrorMessage, limit: number): string {
  const { ec } = error
  return document(
    element('Error', [
      errorElement('Code', error.code, limit),
      errorElement('Message', error.message, limit),
      errorElement('RequestId', error.requestId, limit),
      errorElement('HostId', error.hostId, limit),
      ...Object.entries(error.details).map(([name, text]) => errorElement(name, text, limit)),
      errorElement('EC', ec, limit),
      errorElement('RecommendDoc', ec && `https://api.aliyun.com/troubleshoot?q=${ec}`, limit),
    ]),
  )
}

function errorElement(name: string, text: string | undefined, limit: number): Xml | undefined {
  if (text === undefined) return undefined
  const short =
    text.length <= limit ? text : `${text.slice(0, limit).replace(/\p{Surrogate}$/u, '')}...`
  return element(name, [escapeReadable(short)])
}

/**
 * Reads whatever an error body may be. `undefined` when it is none: empty, not XML, another root, or
 * without a code. Elements without a meaning of their own become details.
 */
export function decodeError(xml: string): ErrorMessage | undefined {
  const fields = new Map<string, string>()
  try {
    for (const { name, text } of parseXml(xml, 'Error').children) fields.set(name, text)
  } catch (error) {
    if (error instanceof OssError) return undefined
    throw error
  }
  const code = fields.get('Code')?.trim()
  if (!code) return undefined
  const known = new Set(['Code', 'Message', 'RequestId', 'HostId', 'EC', 'RecommendDoc'])
  return {
    code,
    message: fields.get('Message') ?? '',
    requestId: fields.get('RequestId'),
    hostId: fields.get('HostId'),
    ec: fields.get('EC'),
    details: Object.fromEntries([...fields].filter(([name]) => !known.has(name))),
  }
}
