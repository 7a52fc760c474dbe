/** The client of whoever uploads and nothing else: the operations that `upload` needs. */

import { defaultStyle, loadSignV4, type MakeHasher, parseEndpoint } from '@lading/protocol'
import { credentialsSource } from './credentials.ts'
import * as multipart from './operations/multipart.ts'
import * as objects from './operations/objects.ts'
import { pages } from './operations/pages.ts'
import {
  type CallOptions,
  type ClientOptions,
  type RetryOptions,
  retryDefaults,
  type TransportOption,
} from './options.ts'
import { type Answer, Sender, type Sign } from './send.ts'
import type { Transport } from './transport/contract.ts'
import { version } from './version.ts'

const DEFAULT_REGION = 'cn-hangzhou'
const DEFAULT_IDLE_TIMEOUT_MS = 60_000

/**
 * Talks to one OSS endpoint. Holds no state of any upload: one client may serve any number at once.
 * `OssClient` is this and every other operation; this alone is what a page that uploads has to load.
 *
 * Every method resolves with the service's typed answer, which has the HTTP `status` and the
 * `requestId`, and rejects with an `OssError` when the service refuses, with a `TransportError` when
 * there is no answer to be trusted, with an `IntegrityError` when bytes differ, and with the signal's
 * reason when the caller aborts. The three have `code`, `status`, `requestId`, `ec`, `uploadId`,
 * `partNumber` and `retryable`, as far as they apply. Failures that may pass are retried first.
 */
export class UploadClient {
  protected readonly sender: Sender
  readonly #transport: Transport
  /** Scheme and host, without a path. */
  readonly endpoint: string
  readonly region: string
  readonly retry: Required<RetryOptions>

  /**
   * @param signV1 Signs by V1: this class alone cannot, so that pages need not load it.
   * @throws {TypeError} for an endpoint that is none, or V1 where nothing signs by it.
   */
  constructor(options: ClientOptions & TransportOption, signV1?: Sign) {
    const { transport, credentials, signatureVersion = 'v4', userAgent, now = Date.now } = options
    const endpoint = parseEndpoint(options.endpoint ?? endpointOf(options.region))
    const ours = `lading-client/${version}`
    this.endpoint = `${endpoint.scheme}://${endpoint.host}`
    this.region = options.region ?? regionOf(endpoint.hostname) ?? DEFAULT_REGION
    this.retry = { ...retryDefaults, ...options.retry }
    this.#transport = transport
    this.sender = new Sender({
      transport,
      endpoint,
      style: options.style ?? defaultStyle(endpoint),
      region: this.region,
      signatureVersion,
      sign: signatureVersion === 'v4' ? signV4 : requireV1(signV1),
      credentials: credentials && credentialsSource(credentials, now),
      presign: options.presign,
      idleTimeoutMs: options.idleTimeoutMs ?? DEFAULT_IDLE_TIMEOUT_MS,
      totalTimeoutMs: options.totalTimeoutMs,
      retry: this.retry,
      userAgent: userAgent ? `${ours} ${userAgent}` : ours,
      now,
    })
  }

  /**
   * Begins an upload. The answer's `uploadId` names it. A retry after a lost answer leaves an upload
   * nobody knows of, which costs nothing but its place in `listMultipartUploads`. For the same reason
   * an abort while the service is at it waits for the answer, and the call resolves with it.
   */
  initiateMultipartUpload(
    input: multipart.InitiateMultipartUploadInput,
    options?: CallOptions,
  ): Promise<multipart.InitiateMultipartUploadAnswer> {
    return multipart.initiateMultipartUpload(this.sender, input, options)
  }

  /**
   * Stores one part; the same number again replaces it. Content-MD5 is sent unless `body` is a
   * stream, and the answer is proved against the bytes, as `verify` says.
   *
   * @throws {IntegrityError} when the service stored other bytes, each time it was tried.
   */
  uploadPart(
    input: multipart.UploadPartInput,
    options?: CallOptions,
  ): Promise<multipart.UploadPartAnswer> {
    return multipart.uploadPart(this.sender, input, options)
  }

  /** One page of the parts the service holds, by number. */
  listParts(
    input: multipart.ListPartsInput,
    options?: CallOptions,
  ): Promise<multipart.ListPartsAnswer> {
    return multipart.listParts(this.sender, input, options)
  }

  /** All pages of `listParts`. */
  listPartsPages(
    input: multipart.ListPartsInput,
    options?: CallOptions,
  ): AsyncGenerator<multipart.ListPartsAnswer, void, void> {
    return pages(
      (position?: { partNumberMarker: number | undefined }) =>
        this.listParts({ ...input, ...position }, options),
      (page) => (page.isTruncated ? { partNumberMarker: page.nextPartNumberMarker } : undefined),
    )
  }

  /** One page of the uploads that are neither completed nor aborted, by key and age. */
  listMultipartUploads(
    input: multipart.ListMultipartUploadsInput,
    options?: CallOptions,
  ): Promise<multipart.ListMultipartUploadsAnswer> {
    return multipart.listMultipartUploads(this.sender, input, options)
  }

  /** All pages of `listMultipartUploads`. */
  listMultipartUploadsPages(
    input: multipart.ListMultipartUploadsInput,
    options?: CallOptions,
  ): AsyncGenerator<multipart.ListMultipartUploadsAnswer, void, void> {
    return pages(
      (position?: { keyMarker: string; uploadIdMarker: string }) =>
        this.listMultipartUploads({ ...input, ...position }, options),
      ({ isTruncated, nextKeyMarker, nextUploadIdMarker }) =>
        isTruncated ? { keyMarker: nextKeyMarker, uploadIdMarker: nextUploadIdMarker } : undefined,
    )
  }

  /**
   * Makes the object of the parts listed, or of all with `completeAll`. Not repeatable: once it has
   * succeeded, the same call is refused with `NoSuchUpload`. `upload` finds out which of the two it
   * was when an answer is lost.
   */
  completeMultipartUpload(
    input: multipart.CompleteMultipartUploadInput,
    options?: CallOptions,
  ): Promise<multipart.CompleteMultipartUploadAnswer> {
    return multipart.completeMultipartUpload(this.sender, input, options)
  }

  /**
   * Ends the upload and frees its parts; its id is of no use from then on. `NoSuchUpload` in answer
   * to a retry after a lost answer counts as done: `status` is then 404.
   */
  abortMultipartUpload(input: multipart.UploadInput, options?: CallOptions): Promise<Answer> {
    return multipart.abortMultipartUpload(this.sender, input, options)
  }

  /**
   * Stores an object in one request, of at most 5 GiB. When a retry after a lost answer meets what
   * `forbidOverwrite` protects, HEAD decides whether that is the object put, by its sums and size.
   *
   * @throws {IntegrityError} when the service stored other bytes.
   */
  putObject(
    input: objects.PutObjectInput,
    options?: CallOptions,
  ): Promise<objects.PutObjectAnswer> {
    return objects.putObject(this.sender, input, options)
  }

  headObject(
    input: objects.HeadObjectInput,
    options?: CallOptions,
  ): Promise<objects.HeadObjectAnswer> {
    return objects.headObject(this.sender, input, options)
  }

  /** How this client takes the sums of what it sends; shared by all its calls. Default: both sums. */
  hasher({ crc64 = true }: { readonly crc64?: boolean } = {}): Promise<MakeHasher> {
    return this.sender.hasher({ crc64 })
  }

  /** Closes all connections. Calls under way fail. */
  close(): Promise<void> {
    return this.#transport.close()
  }
}

/** Loaded with the first request that it signs: a page that is given signed URLs never needs it. */
const signV4: Sign = async (...given) => (await loadSignV4())(...given)

function requireV1(signV1: Sign | undefined): Sign {
  if (signV1) return signV1
  throw new TypeError('UploadClient signs by V4 alone; OssClient signs by V1 too.')
}

function endpointOf(region: string | undefined): string {
  if (region) return `https://oss-${region}.aliyuncs.com`
  throw new TypeError('A client needs an endpoint or a region.')
}

/** The region in `oss-REGION[-internal].aliyuncs.com`; `oss-accelerate` is none. */
function regionOf(hostname: string): string | undefined {
  return /^oss-(?!accelerate)([a-z0-9-]+?)(?:-internal)?\.aliyuncs\.com$/.exec(hostname)?.[1]
}
