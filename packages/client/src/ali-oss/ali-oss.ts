/** The uploads of ali-oss under their own names: what a program changes its import to. */

import type { CredentialsProvider } from '../credentials.ts'
import { OssClient } from '../oss-client.ts'
import type { Transport } from '../transport/contract.ts'
import { nodeTransport } from '../transport/node.ts'
import {
  type AliFile,
  type AliMultipartUploadOptions,
  type AliMultipartUploadResult,
  multipartUpload,
} from './multipart-upload.ts'

export type { AliAttributes, AliCallback } from './headers.ts'
export type {
  AliCheckpoint,
  AliFile,
  AliMultipartUploadOptions,
  AliMultipartUploadResult,
  AliResponse,
} from './multipart-upload.ts'

/** As ali-oss takes them; what it takes besides is refused, because it would have no effect. */
export interface AliOptions {
  readonly accessKeyId: string
  readonly accessKeySecret: string
  readonly stsToken?: string | undefined
  /** Brings new keys before the present ones are older than `refreshSTSTokenInterval`. */
  readonly refreshSTSToken?: (() => Promise<AliKeys>) | undefined
  /** Milliseconds. Default 300,000. */
  readonly refreshSTSTokenInterval?: number | undefined
  readonly bucket?: string | undefined
  /** A URL or a host. Default: that of `region`. */
  readonly endpoint?: string | undefined
  /** `oss-cn-hangzhou`, with or without `oss-`. */
  readonly region?: string | undefined
  /** The endpoint that is reached from within Alibaba Cloud. Default `false`. */
  readonly internal?: boolean | undefined
  /** HTTPS, where the endpoint does not say. Default `true`, which is ali-oss's `false`. */
  readonly secure?: boolean | undefined
  /** The endpoint is a domain of the bucket's own. Default `false`. */
  readonly cname?: boolean | undefined
  /** The bucket stands in the path. Default: only on an IP address and on `localhost`. */
  readonly sldEnable?: boolean | undefined
  /** Signature V4. Default `true`, which is ali-oss's `false`. */
  readonly authorizationV4?: boolean | undefined
  /** Milliseconds in which no byte moves, or text such as `60s`. Default 60,000. */
  readonly timeout?: number | string | undefined
  /** Repetitions of each request. Default 3, which is ali-oss's 0. */
  readonly retryMax?: number | undefined
}

export interface AliKeys {
  readonly accessKeyId: string
  readonly accessKeySecret: string
  readonly stsToken?: string | undefined
}

const optionNames: ReadonlySet<string> = new Set([
  'accessKeyId',
  'accessKeySecret',
  'stsToken',
  'refreshSTSToken',
  'refreshSTSTokenInterval',
  'bucket',
  'endpoint',
  'region',
  'internal',
  'secure',
  'cname',
  'sldEnable',
  'authorizationV4',
  'timeout',
  'retryMax',
])

/** What uploads are rejected with after `cancel`; `status` and `name` are as ali-oss has them. */
export class CancelError extends Error {
  override readonly name = 'cancel'
  readonly status = 0

  constructor() {
    super('The upload was cancelled. Its parts are kept.')
  }
}

export default class OSS {
  readonly #options: AliOptions
  readonly #transport: Transport
  readonly #keys: CredentialsProvider
  #bucket: string | undefined
  #cancel = new AbortController()
  /** Everything that this class has no method for. */
  readonly client: OssClient

  /** @throws {TypeError} for options that make no sense, or would have no effect. */
  constructor(options: AliOptions) {
    const strange = Object.keys(options).filter((name) => !optionNames.has(name))
    if (strange.length > 0) throw new TypeError(`There is no option ${strange.join(', ')}.`)
    this.#options = options
    this.#bucket = options.bucket
    this.#transport = nodeTransport()
    this.#keys = keysOf(options)
    this.client = this.#connect(options.timeout)
  }

  useBucket(name: string): this {
    this.#bucket = name
    return this
  }

  setBucket(name: string): this {
    return this.useBucket(name)
  }

  getBucket(): string | undefined {
    return this.#bucket
  }

  /**
   * Uploads `file` to the key `name` in parts, or by one request where it is smaller than 100 KiB.
   * Resolves once the object is proved to be the file.
   *
   * @throws {CancelError} after `cancel`.
   */
  async multipartUpload(
    name: string,
    file: AliFile,
    options: AliMultipartUploadOptions = {},
  ): Promise<AliMultipartUploadResult> {
    const client = options.timeout === undefined ? this.client : this.#connect(options.timeout)
    const cancelled = this.#cancel.signal
    const signal = options.signal ? AbortSignal.any([options.signal, cancelled]) : cancelled
    const target = { bucket: this.#requireBucket(), key: name }
    return await multipartUpload(client, target, file, { ...options, signal })
  }

  /** Stops all uploads of this client that are under way, and aborts the one that is named. */
  async cancel(abort?: { readonly name: string; readonly uploadId: string }): Promise<void> {
    this.#cancel.abort(new CancelError())
    this.#cancel = new AbortController()
    if (abort) await this.abortMultipartUpload(abort.name, abort.uploadId)
  }

  async abortMultipartUpload(
    name: string,
    uploadId: string,
  ): Promise<{ readonly res: { readonly status: number } }> {
    const target = { bucket: this.#requireBucket(), key: name, uploadId }
    const { status } = await this.client.abortMultipartUpload(target)
    return { res: { status } }
  }

  /** Closes all connections. */
  close(): Promise<void> {
    return this.#transport.close()
  }

  #requireBucket(): string {
    if (this.#bucket) return this.#bucket
    throw new TypeError('Name a bucket, in the options or by useBucket.')
  }

  #connect(timeout: number | string | undefined): OssClient {
    const { cname, sldEnable, authorizationV4 = true, retryMax } = this.#options
    const region = this.#options.region?.replace(/^oss-/, '')
    const idleTimeoutMs = timeout === undefined ? undefined : milliseconds(timeout)
    return new OssClient({
      transport: this.#transport,
      endpoint: endpointOf(this.#options),
      credentials: this.#keys,
      signatureVersion: authorizationV4 ? 'v4' : 'v1',
      ...(region !== undefined && { region }),
      ...(cname && { style: 'cname' }),
      ...(sldEnable && { style: 'path' }),
      ...(idleTimeoutMs !== undefined && { idleTimeoutMs }),
      ...(retryMax !== undefined && { retry: { retries: retryMax } }),
    })
  }
}

function endpointOf({ endpoint, region, internal, secure = true }: AliOptions): string {
  const scheme = secure ? 'https' : 'http'
  if (endpoint) return /^https?:\/\//.test(endpoint) ? endpoint : `${scheme}://${endpoint}`
  if (!region) throw new TypeError('A client needs an endpoint or a region.')
  const name = region.replace(/^oss-/, '')
  return `${scheme}://oss-${name}${internal ? '-internal' : ''}.aliyuncs.com`
}

/** The keys given, and from their end on those that `refreshSTSToken` brings. */
function keysOf(options: AliOptions): CredentialsProvider {
  const { refreshSTSToken, refreshSTSTokenInterval = 300_000 } = options
  let first: AliKeys | undefined = options
  return async () => {
    const { accessKeyId, accessKeySecret, stsToken } =
      first ?? (await refreshSTSToken?.()) ?? options
    first = undefined
    return {
      accessKeyId,
      accessKeySecret,
      ...(stsToken && { securityToken: stsToken }),
      ...(refreshSTSToken && { expiration: new Date(Date.now() + refreshSTSTokenInterval) }),
    }
  }
}

const units: Readonly<Record<string, number>> = { '': 1, ms: 1, s: 1000, m: 60_000 }

/** @throws {TypeError} */
function milliseconds(timeout: number | string): number {
  const [, count, unit = ''] = /^(\d+)\s*(ms|s|m)?$/.exec(String(timeout)) ?? []
  const factor = units[unit]
  if (count !== undefined && factor !== undefined) return Number(count) * factor
  throw new TypeError(`${JSON.stringify(timeout)} is no timeout.`)
}
