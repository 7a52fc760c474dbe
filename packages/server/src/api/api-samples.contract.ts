/** What the tests of operations are written with: requests as the HTTP room hands them over. */

import { readFileSync } from 'node:fs'
import { Query } from '@lading/protocol'
import { gather, type OpenStore, openStore } from '../store/store-samples.contract.ts'
import { abortMultipartUpload } from './abort-multipart-upload.ts'
import { initiateMultipartUpload } from './initiate-multipart-upload.ts'
import type {
  Operation,
  OperationContext,
  OssRequest,
  Principal,
  Reply,
  ServiceProfile,
} from './operation.ts'
import { putObject } from './put-object.ts'
import { uploadPart } from './upload-part.ts'

export { gather, LEAST, refusalOf } from '../store/store-samples.contract.ts'

export const profile: ServiceProfile = {
  region: 'cn-hangzhou',
  extranetEndpoint: 'oss-cn-hangzhou.aliyuncs.com',
  intranetEndpoint: 'oss-cn-hangzhou-internal.aliyuncs.com',
  describeOwner: (owner) => ({ id: owner, displayName: owner }),
}

export interface Asking {
  readonly bucket?: string | undefined
  readonly key?: string | undefined
  readonly query?: string
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array | string
  readonly principal?: Principal
  readonly host?: string
  readonly signal?: AbortSignal
  /** Default: everything is allowed. */
  readonly authorize?: OssRequest['authorize']
}

export interface OpenService extends OpenStore {
  readonly context: OperationContext
  /** Hands the request to the operation; about `cat.jpg` in `photos` and by `alice` unless said. */
  ask(operation: Operation, asking?: Asking): Promise<Reply>
}

export const alice: Principal = {
  kind: 'key',
  accessKeyId: 'AK',
  lastingKeyId: 'AK',
  owner: 'alice',
  names: ['alice', 'AK'],
  limits: [],
}
export const anonymous: Principal = { kind: 'anonymous' }

/** A service in memory with one bucket, `photos`, of `alice`. */
export async function openService(): Promise<OpenService> {
  const opened = await openStore()
  const identify = async (): Promise<never> => {
    throw new TypeError('Nobody has a key here.')
  }
  const noCallback = async (): Promise<never> => {
    throw new TypeError('Nobody is called back here.')
  }
  const context = {
    store: opened.store,
    profile,
    identify,
    restoreMs: undefined,
    sendCallback: noCallback,
  }
  return {
    ...opened,
    context,
    ask: (operation, asking = {}) => operation.handle(newRequest(operation, asking), context),
  }
}

function newRequest(operation: Operation, asking: Asking): OssRequest {
  const headers = new Map(Object.entries(asking.headers ?? {}))
  const host = asking.host ?? 'photos.oss-cn-hangzhou.aliyuncs.com'
  const body = asking.body ?? ''
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body
  const atBucket = operation.resource === 'bucket'
  const named = operation.resource === 'service' ? {} : { bucket: 'photos' }
  return {
    method: operation.method,
    bucket: undefined,
    key: operation.resource === 'object' ? 'cat.jpg' : undefined,
    ...named,
    ...('bucket' in asking && { bucket: asking.bucket }),
    ...('key' in asking && !atBucket && { key: asking.key }),
    bucketRow: undefined,
    query: Query.parse(asking.query ?? ''),
    headers,
    body: {
      declaredLength: bytes.length,
      async *bytes() {
        if (bytes.length > 0) yield new Uint8Array(bytes)
      },
      text: async () => new TextDecoder().decode(bytes),
    },
    principal: asking.principal ?? alice,
    authorize: asking.authorize ?? (async () => {}),
    countAs: () => {},
    maySeeBucket: () => true,
    requestId: '63F88ABC0000000000000100',
    scheme: 'http',
    host,
    bucketInHost: host.startsWith(`${asking.bucket ?? 'photos'}.`),
    remote: '192.0.2.1',
    time: new Date(0),
    slowly: (bytes) => bytes,
    signal: asking.signal ?? new AbortController().signal,
  }
}

export async function initiate({ ask }: OpenService, asking: Asking = {}): Promise<string> {
  const { xml } = await ask(initiateMultipartUpload, { ...asking, query: 'uploads' })
  return elementOf(xml, 'UploadId')
}

/** Stores a part and resolves with its ETag header. */
export async function putPart(
  { ask }: OpenService,
  uploadId: string,
  partNumber: number,
  body: Uint8Array | string,
): Promise<string> {
  const query = `partNumber=${partNumber}&uploadId=${uploadId}`
  const { headers } = await ask(uploadPart, { query, body })
  return headers?.ETag ?? ''
}

export async function put(service: OpenService, key: string, body: string): Promise<void> {
  await service.ask(putObject, { key, body })
}

export async function abort({ ask }: OpenService, uploadId: string): Promise<void> {
  await ask(abortMultipartUpload, { query: `uploadId=${uploadId}` })
}

/** Reads the reply's content as text and releases it. */
export async function textOf({ content }: Reply): Promise<string> {
  if (!content) return ''
  try {
    return new TextDecoder().decode(await gather(content.bytes()))
  } finally {
    content.release()
  }
}

/** The text of the first element of that name. */
export function elementOf(xml: string | undefined, name: string): string {
  return new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml ?? '')?.[1] ?? 'none'
}

export function elementsOf(xml: string | undefined, name: string): string[] {
  return [...(xml ?? '').matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, 'g'))].map(
    ([, text]) => text ?? '',
  )
}

interface WireCase {
  readonly id: string
  readonly response: {
    readonly status: number
    readonly headers: Readonly<Record<string, string>>
    readonly body: string
  }
}

const wire: { readonly cases: readonly WireCase[] } = JSON.parse(
  readFileSync(new URL('../../../protocol/src/fixtures/wire.json', import.meta.url), 'utf8'),
)

/** What the service answers in that case of the wire fixtures. */
export function answerOf(id: string): WireCase['response'] {
  const found = wire.cases.find((candidate) => candidate.id === id)
  if (!found) throw new Error(`There is no wire case ${id}.`)
  return found.response
}

/** Without the blanks between elements, which mean nothing, and with one spelling of the quote. */
export function normalise(xml: string | undefined): string {
  return (xml ?? '').trim().replace(/>\s+</g, '><').replaceAll('&quot;', '"')
}
