/** A page's side of it: one request of the client, asked for and made of what the backend answers. */

import type { QueryEntry } from '@lading/protocol'
import type { HttpBody } from '../body.ts'
import type { Presign } from '../options.ts'
import type { HttpRequest } from '../transport/contract.ts'
import type { PresignedOperation, PresignRequest } from './contract.ts'

const operations: ReadonlySet<string> = new Set<PresignedOperation>([
  'InitiateMultipartUpload',
  'UploadPart',
  'ListParts',
  'CompleteMultipartUpload',
  'AbortMultipartUpload',
  'PutObject',
  'HeadObject',
])

/** @throws {TypeError} for an operation that no upload needs, and what `presign` rejects with. */
export async function askPresigned(
  presign: Presign,
  {
    signal,
    headers,
    body,
    ...call
  }: {
    readonly operation: string
    readonly bucket: string | undefined
    readonly key: string | undefined
    readonly query: readonly QueryEntry[]
    readonly headers: ReadonlyMap<string, string>
    readonly body: HttpBody | undefined
    readonly signal: AbortSignal | undefined
  },
): Promise<HttpRequest> {
  const { 'user-agent': _, ...wanted } = Object.fromEntries(headers)
  const asked = { ...toRequest(call, body), headers: wanted }
  const { method, url, headers: further } = await presign(asked, { signal })
  return {
    method,
    origin: new URL(url).origin,
    // As it was signed: a URL object would write some characters in another way.
    path: url.slice(url.indexOf('/', url.indexOf('://') + 3)),
    headers: new Map([...headers, ...Object.entries(further)]),
    body,
  }
}

function toRequest(
  {
    operation,
    bucket,
    key,
    query,
  }: {
    readonly operation: string
    readonly bucket: string | undefined
    readonly key: string | undefined
    readonly query: readonly QueryEntry[]
  },
  body: HttpBody | undefined,
): PresignRequest {
  if (!isPresigned(operation) || bucket === undefined || key === undefined) {
    throw new TypeError(
      `${operation} is not part of an upload, and a client with \`presign\` has no keys for anything else.`,
    )
  }
  const given = new Map(query)
  const number = (name: string): number | undefined =>
    given.has(name) ? Number(given.get(name)) : undefined
  const isSized = operation === 'UploadPart' || operation === 'PutObject'
  return {
    operation,
    bucket,
    key,
    uploadId: given.get('uploadId'),
    partNumber: number('partNumber'),
    partNumberMarker: number('part-number-marker'),
    maxParts: number('max-parts'),
    contentLength: isSized ? body?.size : undefined,
  }
}

function isPresigned(operation: string): operation is PresignedOperation {
  return operations.has(operation)
}
