/** An answer that does not tell the truth about bytes, for clients to find out. */

import type { Reply } from '../api/operation.ts'

/** The reply with another ETag or another CRC-64, of the same form, wherever it names one. */
export function falsified(reply: Reply, sum: 'etag' | 'crc64'): Reply {
  const { name, element, change } = falsifiers[sum]
  const headers = Object.entries(reply.headers ?? {}).map(([field, value]) => [
    field,
    field.toLowerCase() === name ? change(value) : value,
  ])
  return {
    ...reply,
    headers: Object.fromEntries(headers),
    ...(reply.xml !== undefined && { xml: reply.xml.replace(element, change) }),
  }
}

const falsifiers = {
  etag: {
    name: 'etag',
    element: /<ETag>.*?<\/ETag>/gs,
    change: (text: string) => text.replace(/[0-9A-F]{32}/i, (digits) => otherDigits(digits)),
  },
  crc64: {
    name: 'x-oss-hash-crc64ecma',
    element: /<HashCrc64ecma>\d+<\/HashCrc64ecma>/g,
    // XML's name has digits of its own: only a run of them that stands alone is the sum.
    change: (text: string) => text.replace(/\b\d+\b/, (digits) => String(BigInt(digits) ^ 1n)),
  },
} as const

function otherDigits(digits: string): string {
  const last = digits.at(-1) === '0' ? '1' : '0'
  return `${digits.slice(0, -1)}${last}`
}
