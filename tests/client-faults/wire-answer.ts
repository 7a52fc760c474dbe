/** Answers that a proxy makes itself, or changes on their way. */

export interface WireAnswer {
  /** With its blank line. */
  readonly head: Buffer
  readonly body: Buffer
}

const refusals = {
  denied: { status: '403 Forbidden', code: 'AccessDenied', more: '' },
  'error-500': { status: '500 Internal Server Error', code: 'InternalError', more: '' },
  'busy-503': {
    status: '503 Service Unavailable',
    code: 'ServiceUnavailable',
    more: 'Retry-After: 1\r\n',
  },
  'error-in-200': { status: '200 OK', code: 'InternalError', more: '' },
} as const

/** As OSS would say it: to HEAD in a header, as it can have no body. */
export function refuse(method: string, kind: keyof typeof refusals): Buffer {
  const { status, code, more } = refusals[kind]
  const document = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>The proxy says so.</Message><RequestId>5C3D9175B6FC201293AD4890</RequestId><HostId>proxy</HostId></Error>`
  const isHead = method === 'HEAD'
  const length = isHead ? 0 : document.length
  const hidden = isHead ? `x-oss-err: ${Buffer.from(document).toString('base64')}\r\n` : ''
  const head = `HTTP/1.1 ${status}\r\nContent-Type: application/xml\r\nContent-Length: ${length}\r\nx-oss-request-id: 5C3D9175B6FC201293AD4890\r\n${more}${hidden}\r\n`
  return Buffer.from(isHead ? head : head + document)
}

/** The answer with another sum of the same form, wherever it names one. */
export function falsify({ head, body }: WireAnswer, sum: 'etag' | 'crc64'): Buffer {
  const lines = head.toString('latin1')
  const isDocument = /^content-type: *application\/xml/im.test(lines)
  const text = isDocument ? body.toString('latin1') : ''
  const [line, element, change] =
    sum === 'etag'
      ? [/^etag:.*$/gim, /<ETag>.*?<\/ETag>/gs, otherDigits]
      : [/^x-oss-hash-crc64ecma:.*$/gim, /<HashCrc64ecma>\d+<\/HashCrc64ecma>/g, otherNumber]
  // As long as before, so that the length in the head stays true.
  return Buffer.concat([
    Buffer.from(lines.replace(line, change), 'latin1'),
    isDocument ? Buffer.from(text.replace(element, change), 'latin1') : body,
  ])
}

function otherDigits(text: string): string {
  return text.replace(
    /[0-9A-F]{32}/i,
    (digits) => `${digits.slice(0, -1)}${digits.endsWith('0') ? '1' : '0'}`,
  )
}

function otherNumber(text: string): string {
  return text.replace(
    /\b\d+(?=\s*$|<)/,
    (digits) => `${digits.slice(0, -1)}${digits.endsWith('0') ? '1' : '0'}`,
  )
}
