/** Reads what a page asks to have signed, trusting nothing of it. */

import { MAX_PAGE, MAX_PART_NUMBER, MAX_PUT_SIZE, OssError } from '@lading/protocol'
import type { PresignedOperation, PresignRequest } from './contract.ts'

interface Rule {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE' | 'HEAD'
  readonly needs: readonly Field[]
  readonly takes: readonly Field[]
}

type Field = Exclude<keyof PresignRequest, 'operation' | 'bucket' | 'key'>

/** What each operation is sent by, what it cannot do without, and what it may have besides. */
export const operations: Readonly<Record<PresignedOperation, Rule>> = {
  InitiateMultipartUpload: { method: 'POST', needs: [], takes: [] },
  UploadPart: {
    method: 'PUT',
    needs: ['uploadId', 'partNumber'],
    takes: ['contentLength'],
  },
  ListParts: { method: 'GET', needs: ['uploadId'], takes: ['partNumberMarker', 'maxParts'] },
  CompleteMultipartUpload: { method: 'POST', needs: ['uploadId'], takes: [] },
  AbortMultipartUpload: { method: 'DELETE', needs: ['uploadId'], takes: [] },
  PutObject: { method: 'PUT', needs: [], takes: ['contentLength'] },
  HeadObject: { method: 'HEAD', needs: [], takes: [] },
}

/** Enough for 8 KB of metadata. */
const MAX_HEADERS = 64
const MAX_HEADER_VALUE = 8192

/** @throws {OssError} `InvalidArgument` with what is wrong, for anything that is no such request. */
export function readPresignRequest(value: unknown): PresignRequest {
  const given = requireRecord(value, 'What is to be signed')
  const { operation, bucket, key } = given
  if (typeof operation !== 'string' || !Object.hasOwn(operations, operation)) {
    throw invalid(`operation must be one of ${Object.keys(operations).join(', ')}.`)
  }
  const named = operation as PresignedOperation
  const { needs, takes } = operations[named]
  for (const name of needs) {
    if (given[name] === undefined) throw invalid(`${named} needs ${name}.`)
  }
  const known: readonly string[] = ['operation', 'bucket', 'key', 'headers', ...needs, ...takes]
  for (const [name, content] of Object.entries(given)) {
    if (content !== undefined && !known.includes(name)) {
      throw invalid(`${named} takes no ${JSON.stringify(name)}.`)
    }
  }
  return {
    operation: named,
    bucket: requireText('bucket', bucket),
    key: requireText('key', key),
    uploadId: optional(given.uploadId, requireUploadId),
    partNumber: optional(given.partNumber, integer('partNumber', 1, MAX_PART_NUMBER)),
    partNumberMarker: optional(
      given.partNumberMarker,
      integer('partNumberMarker', 0, MAX_PART_NUMBER),
    ),
    maxParts: optional(given.maxParts, integer('maxParts', 1, MAX_PAGE)),
    contentLength: optional(given.contentLength, integer('contentLength', 0, MAX_PUT_SIZE)),
    headers: optional(given.headers, requireHeaders),
  }
}

export function invalid(message: string): OssError {
  return new OssError('InvalidArgument', { status: 400, message })
}

function optional<Value>(value: unknown, read: (value: unknown) => Value): Value | undefined {
  return value === undefined ? undefined : read(value)
}

function requireRecord(value: unknown, name: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>
  }
  throw invalid(`${name} must be a JSON object.`)
}

function requireText(name: string, value: unknown): string {
  if (typeof value === 'string' && value !== '') return value
  throw invalid(`${name} must be a text.`)
}

/** Real ones are hex; nothing else that could mean something in a URL gets near one. */
function requireUploadId(value: unknown): string {
  if (typeof value === 'string' && /^[A-Za-z0-9_.~-]{1,256}$/.test(value)) return value
  throw invalid('uploadId must be the id that InitiateMultipartUpload returned.')
}

function integer(name: string, min: number, max: number): (value: unknown) => number {
  return (value) => {
    if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) {
      return value
    }
    throw invalid(`${name} must be an integer from ${min} to ${max}.`)
  }
}

function requireHeaders(value: unknown): Readonly<Record<string, string>> {
  const entries = Object.entries(requireRecord(value, 'headers'))
  if (entries.length > MAX_HEADERS) throw invalid(`At most ${MAX_HEADERS} headers can be signed.`)
  return Object.fromEntries(
    entries.map(([name, content]): [string, string] => {
      if (!/^[a-z0-9!#$%&'*+.^_`|~-]+$/.test(name)) {
        throw invalid(`${JSON.stringify(name)} is no header's name in lower case.`)
      }
      const isText = typeof content === 'string' && /^[\x20-\x7e]*$/.test(content)
      if (!isText || content.length > MAX_HEADER_VALUE) {
        throw invalid(`The value of ${name} must be a line of printable ASCII.`)
      }
      return [name, content]
    }),
  )
}
