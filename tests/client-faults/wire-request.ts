/** One request of an OSS client as a proxy sees it: which operation it is, of which part. */

/** The operations that faults are planted in. */
export const operations = [
  'InitiateMultipartUpload',
  'UploadPart',
  'UploadPartCopy',
  'ListParts',
  'ListMultipartUploads',
  'CompleteMultipartUpload',
  'AbortMultipartUpload',
  'PutObject',
  'HeadObject',
  'GetObject',
] as const

export type Operation = (typeof operations)[number]

export interface WireRequest {
  /** `undefined` for any other. */
  readonly operation: Operation | undefined
  readonly method: string
  /** As sent: path and query. */
  readonly target: string
  readonly uploadId: string | undefined
  readonly partNumber: number | undefined
  /** Bytes that the head declares. */
  readonly bodySize: number
  /** The `Range` header. */
  readonly range: string | undefined
}

/** @param head The lines of a request up to the blank one. */
export function readRequest(head: string): WireRequest {
  const [line = '', ...fields] = head.split('\r\n')
  const [method = '', target = ''] = line.split(' ')
  const headers = new Map(
    fields.map((field) => {
      const colon = field.indexOf(':')
      return [field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim()]
    }),
  )
  const query = new URLSearchParams(target.split('?')[1] ?? '')
  const partNumber = query.get('partNumber')
  return {
    operation: operationOf(method, target, query, headers.has('x-oss-copy-source')),
    method,
    target,
    uploadId: query.get('uploadId') ?? undefined,
    partNumber: partNumber === null ? undefined : Number(partNumber),
    bodySize: Number(headers.get('content-length') ?? 0),
    range: headers.get('range'),
  }
}

function operationOf(
  method: string,
  target: string,
  query: URLSearchParams,
  copies: boolean,
): Operation | undefined {
  if (query.has('uploads')) {
    return method === 'POST' ? 'InitiateMultipartUpload' : 'ListMultipartUploads'
  }
  if (query.has('uploadId')) {
    if (method === 'PUT') return copies ? 'UploadPartCopy' : 'UploadPart'
    if (method === 'GET') return 'ListParts'
    return method === 'POST' ? 'CompleteMultipartUpload' : 'AbortMultipartUpload'
  }
  const namesKey = /^\/[^/?]+\/[^?]/.test(target)
  const isPlain = ![...query.keys()].some((name) => ['tagging', 'acl'].includes(name))
  if (!namesKey || !isPlain) return undefined
  if (method === 'PUT') return copies ? undefined : 'PutObject'
  return method === 'HEAD' ? 'HeadObject' : method === 'GET' ? 'GetObject' : undefined
}
