/** Where one request ends and what it says of itself, read from the raw header lines. */

import { OssError } from '@lading/protocol'

/** More lines than this are refused: above a limit of its own Node drops lines without a word. */
export const MAX_HEADER_LINES = 100

/** A request as the parser gives it. */
export interface RequestHead {
  readonly method: string
  /** The request target, as sent. */
  readonly target: string
  /** Such as `1.1`. */
  readonly httpVersion: string
  /** Names and values in turn, every line of them, one character for each byte. */
  readonly rawHeaders: readonly string[]
}

export interface Framing {
  /** Before the `?`, as sent. */
  readonly rawPath: string
  /** After the `?`, as sent; empty when there is none. */
  readonly rawQuery: string
  /** By lower-case name, trimmed; lines of one name joined by a comma. */
  readonly headers: ReadonlyMap<string, string>
  readonly host: string | undefined
  /** At most one. */
  readonly authorizations: readonly string[]
  readonly contentLength: number | undefined
  readonly chunked: boolean
  /** Whether the client waits for `100 Continue`. */
  readonly expectsContinue: boolean
}

/**
 * @throws {OssError} where the end of the request is in doubt, or what it carries could be read in
 *   two ways. The connection must be closed after the answer.
 */
export function readFraming(head: RequestHead, options: { readonly strict: boolean }): Framing {
  const { target, httpVersion, rawHeaders } = head
  if (httpVersion !== '1.0' && httpVersion !== '1.1')
    throw refuse('The HTTP version must be 1.0 or 1.1.')
  if (!target.startsWith('/')) throw refuse('The request target must begin with a slash.')
  if (rawHeaders.length > 2 * MAX_HEADER_LINES) {
    throw refuse(`A request may have at most ${MAX_HEADER_LINES} header lines.`)
  }

  const lines = readLines(rawHeaders)
  const host = only(lines, 'host')
  if (host === undefined && httpVersion === '1.1') throw refuse('The Host header is missing.')
  const length = only(lines, 'content-length')
  if (length !== undefined && !/^[0-9]+$/.test(length))
    throw refuse('The Content-Length is no number.')

  const encodings = lines.get('transfer-encoding')
  if (encodings) {
    const [encoding, ...more] = encodings
    if (encoding?.toLowerCase() !== 'chunked' || more.length > 0) {
      throw refuse('The only Transfer-Encoding is chunked, once.')
    }
    if (httpVersion === '1.0') throw refuse('HTTP/1.0 has no Transfer-Encoding.')
    if (length !== undefined && options.strict) {
      throw refuse('Content-Length and Transfer-Encoding exclude each other.')
    }
  }

  const authorizations = lines.get('authorization') ?? []
  if (authorizations.length > 1) {
    throw new OssError('InvalidArgument', {
      message: 'Only one Authorization header is allowed.',
      details: { ArgumentName: 'Authorization' },
    })
  }

  const question = target.indexOf('?')
  const headers = new Map([...lines].map(([name, values]) => [name, values.join(',')]))
  return {
    rawPath: question < 0 ? target : target.slice(0, question),
    rawQuery: question < 0 ? '' : target.slice(question + 1),
    headers,
    host,
    authorizations,
    contentLength: length === undefined ? undefined : Number(length),
    chunked: encodings !== undefined,
    expectsContinue: httpVersion === '1.1' && /^100-continue$/i.test(headers.get('expect') ?? ''),
  }
}

/** Whether a body follows the head. */
export function hasBody({ chunked, contentLength = 0 }: Framing): boolean {
  return chunked || contentLength > 0
}

function readLines(rawHeaders: readonly string[]): Map<string, string[]> {
  const lines = new Map<string, string[]>()
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? '').toLowerCase()
    const value = (rawHeaders[index + 1] ?? '').replace(/^[ \t]+|[ \t]+$/g, '')
    const values = lines.get(name)
    if (values) values.push(value)
    else lines.set(name, [value])
  }
  return lines
}

function only(lines: ReadonlyMap<string, readonly string[]>, name: string): string | undefined {
  const values = lines.get(name) ?? []
  if (values.length > 1) throw refuse(`The header ${name} may be sent once.`)
  return values[0]
}

function refuse(message: string): OssError {
  return new OssError('BadRequest', { message })
}
