/** One request and its answer: build, sign, exchange, check; a value, or an error that says what failed. */

import {
  type AddressStyle,
  decodeError,
  type Endpoint,
  formatQuery,
  formatTarget,
  fromBase64,
  loadHasher,
  type MakeHasher,
  OssError,
  parseHttpDate,
  type QueryEntry,
  type SignableRequest,
  type Target,
} from '@lading/protocol'
import type { HttpBody } from './body.ts'
import type { Credentials, CredentialsSource } from './credentials.ts'
import { type FailureFacts, IntegrityError, TransportError, withFacts } from './errors.ts'
import { type Limit, startLimit } from './limit.ts'
import type { CallOptions, Presign, RetryOptions } from './options.ts'
import { type Attempt, parseRetryAfter, withRetry } from './retry.ts'
import type { HttpRequest, HttpResponse, Transport } from './transport/contract.ts'

/** One OSS operation, before it is signed. */
export interface Call<Value> {
  /** OSS's name of it, for messages. */
  readonly operation: string
  readonly method: string
  readonly target: Target
  readonly query?: readonly QueryEntry[]
  /** Names in lower case; absent values are left out. */
  readonly headers?: Readonly<Record<string, string | undefined>>
  readonly body?: HttpBody
  /**
   * An abort does not cut off an attempt under way, but waits for its answer and resolves with it:
   * for what leaves something behind that only the answer names. Default `false`.
   */
  readonly outlastsAbort?: boolean
  /**
   * Sent again, it stores its bytes in the place of those it stored: so it is, where the answer shows
   * those to be others. Default `false`.
   */
  readonly replacesItself?: boolean
  /** Makes a value of a 2xx answer. What it throws besides an `IntegrityError` is a `TransportError`. */
  receive(answer: TextAnswer): Value | Promise<Value>
}

/** One whose answer has a body to be read by and by. */
export interface StreamCall<Value> extends Omit<Call<never>, 'receive'> {
  /** Makes a value of the head of a 2xx answer; what it throws is a `TransportError`. */
  receive(answer: StreamAnswer): Value
}

/** Every result has these: what the service said of the call itself. */
export interface Answer {
  /** The HTTP status. */
  readonly status: number
  /** Quote it to the service's support. */
  readonly requestId: string | undefined
}

export interface TextAnswer extends Answer {
  readonly headers: ReadonlyMap<string, string>
  /** The body; `''` when there was none. */
  readonly text: string
}

export interface StreamAnswer extends Answer {
  readonly headers: ReadonlyMap<string, string>
  readonly body: AsyncIterable<Uint8Array>
}

/** The headers that sign a request. */
export type Sign = (
  request: SignableRequest,
  credentials: Credentials,
  options: { readonly region: string; readonly now: Date },
) => Record<string, string> | Promise<Record<string, string>>

export interface SenderOptions {
  readonly transport: Transport
  readonly endpoint: Endpoint
  readonly style: AddressStyle
  readonly region: string
  readonly signatureVersion: 'v4' | 'v1'
  /** By that version. */
  readonly sign: Sign
  /** `undefined`: anonymous. */
  readonly credentials: CredentialsSource | undefined
  readonly presign?: Presign | undefined
  readonly idleTimeoutMs: number
  readonly totalTimeoutMs: number | undefined
  readonly retry: Required<RetryOptions>
  readonly userAgent: string
  readonly now: () => number
}

/** Bytes. A page of 1,000 keys of 1,023 bytes, percent-encoded, takes about 4 MB. */
const MAX_ANSWER = 32 * 1024 * 1024
const MAX_ERROR_ANSWER = 64 * 1024

/** Refusals that new keys may cure. */
const refusedKeys: ReadonlySet<string> = new Set([
  'InvalidAccessKeyId',
  'InvalidSecurityToken',
  'SecurityTokenExpired',
])

export class Sender {
  readonly options: SenderOptions
  /** Milliseconds to add to our clock to get the service's. */
  #clockOffset = 0
  readonly #hashers = new Map<boolean, Promise<MakeHasher>>()

  constructor(options: SenderOptions) {
    this.options = options
  }

  /**
   * Resolves with what `call.receive` makes of the answer.
   *
   * @throws {OssError} when the service refuses.
   * @throws {TransportError} when there is no trustworthy answer.
   */
  send<Value>(call: Call<Value>, options: CallOptions = {}): Promise<Value> {
    return this.#withRetry(call, options, async (response) => {
      const text = await readText(response.body, MAX_ANSWER)
      const answer = { ...statusOf(response), headers: response.headers, text }
      const refusal = decodeRefusal(response, text)
      if (refusal) throw refusal
      try {
        return await call.receive(answer)
      } catch (cause) {
        throw cause instanceof IntegrityError ? cause : senseless(call.operation, cause)
      }
    })
  }

  /** As `send`, for an answer whose body is the caller's to read: to its end, or left by `return`. */
  open<Value>(call: StreamCall<Value>, options: CallOptions = {}): Promise<Value> {
    return this.#withRetry(call, options, async (response) => {
      const { headers, body } = response
      try {
        return call.receive({ ...statusOf(response), headers, body })
      } catch (cause) {
        await body[Symbol.asyncIterator]().return?.()
        throw senseless(call.operation, cause)
      }
    })
  }

  /** Whether a header that an answer lacks may have been sent all the same. */
  get hidesHeaders(): boolean {
    return this.options.transport.hidesHeaders ?? false
  }

  /** Loaded on first use, then shared: its WebAssembly instances are pooled. */
  readonly hasher = ({ crc64 }: { readonly crc64: boolean }): Promise<MakeHasher> => {
    const known = this.#hashers.get(crc64)
    if (known) return known
    const hasher = loadHasher({ crc64 })
    this.#hashers.set(crc64, hasher)
    return hasher
  }

  /** The service's time, as far as we know. */
  now(): Date {
    return new Date(this.options.now() + this.#clockOffset)
  }

  async #withRetry<Value>(
    call: Omit<Call<never>, 'receive'>,
    { signal, retries, onRetry, totalTimeoutMs = this.options.totalTimeoutMs }: CallOptions,
    receive: (response: HttpResponse) => Promise<Value>,
  ): Promise<Value> {
    const limit = startLimit(call.operation, totalTimeoutMs, signal, factsOf(call))
    const replayable = call.body?.replayable ?? true
    const settings = {
      ...this.options.retry,
      retries: replayable ? (retries ?? this.options.retry.retries) : 0,
    }
    const attempt = (): Promise<Attempt<Value>> => this.#attempt(call, limit, receive)
    const policy = { operation: call.operation, settings, signal: limit.signal, onRetry }
    try {
      return await withRetry(attempt, policy)
    } finally {
      limit.end()
    }
  }

  async #attempt<Value>(
    call: Omit<Call<never>, 'receive'>,
    { signal, timeout }: Limit,
    receive: (response: HttpResponse) => Promise<Value>,
  ): Promise<Attempt<Value>> {
    const { transport, credentials: source, presign, idleTimeoutMs } = this.options
    const credentials = await source?.get(signal)
    const built = await this.#build(call, credentials)
    let response: HttpResponse | undefined
    let error: OssError
    try {
      signal?.throwIfAborted()
      const request = presign ? await presigned(presign, call, built, signal) : built
      response = await transport.exchange(request, {
        idleTimeoutMs,
        signal: call.outlastsAbort ? timeout : signal,
      })
      if (response.status >= 200 && response.status < 300) return { value: await receive(response) }
      error = await readRefusal(response)
      withFacts(error, factsOf(call))
    } catch (error) {
      // What others ended this call for is theirs.
      if (!signal?.aborted) withFacts(error, factsOf(call, response))
      const isReplaceable = error instanceof IntegrityError && call.replacesItself === true
      return { failure: { error, isReplaceable } }
    }

    const date = parseHttpDate(response.headers.get('date') ?? '')
    const cured =
      (error.code === 'RequestTimeTooSkewed' && this.#correctClock(date)) ||
      (refusedKeys.has(error.code) && credentials !== undefined && source?.refuse(credentials)) ||
      // A URL that was good when it was asked for, and is asked for anew.
      (presign !== undefined && error.status === 403 && /expired/i.test(error.message))
    const retryAfterMs = parseRetryAfter(
      response.headers.get('retry-after'),
      parseHttpDate,
      date?.getTime() ?? this.options.now(),
    )
    return { failure: { error, cured: cured === true, retryAfterMs } }
  }

  async #build(
    call: Omit<Call<never>, 'receive'>,
    credentials: Credentials | undefined,
  ): Promise<HttpRequest> {
    const { endpoint, style, userAgent } = this.options
    const { method, target, query = [], body } = call
    const headers = new Map<string, string>()
    for (const [name, value] of Object.entries(call.headers ?? {})) {
      if (value !== undefined) headers.set(name, value)
    }
    headers.set('user-agent', userAgent)
    if (credentials) {
      const { sign, region } = this.options
      const request = { method, ...target, query, headers }
      const signed = await sign(request, credentials, { region, now: this.now() })
      for (const [name, value] of Object.entries(signed)) headers.set(name.toLowerCase(), value)
    }
    const { host, path } = formatTarget(endpoint, style, target)
    const text = formatQuery(query)
    return {
      method,
      origin: `${endpoint.scheme}://${host}`,
      path: text === '' ? path : `${path}?${text}`,
      headers,
      body,
    }
  }

  #correctClock(serverTime: Date | undefined): boolean {
    if (!serverTime) return false
    this.#clockOffset = serverTime.getTime() - this.options.now()
    return true
  }
}

async function presigned(
  presign: Presign,
  { operation, target, query = [] }: Omit<Call<never>, 'receive'>,
  { headers, body }: HttpRequest,
  signal: AbortSignal | undefined,
): Promise<HttpRequest> {
  const { askPresigned } = await import('./presigned/ask-presigned.ts')
  return askPresigned(presign, { operation, ...target, query, headers, body, signal })
}

function statusOf(response: {
  readonly status: number
  readonly headers: ReadonlyMap<string, string>
}): Answer {
  return { status: response.status, requestId: response.headers.get('x-oss-request-id') }
}

/** What an error may tell of its request, and of the answer as far as there is one. */
function factsOf(
  { operation, query = [] }: Omit<Call<never>, 'receive'>,
  response?: HttpResponse,
): FailureFacts {
  const { uploadId, partNumber } = Object.fromEntries(query)
  return {
    ...(response && { ...statusOf(response), ec: response.headers.get('x-oss-ec') }),
    operation,
    uploadId,
    partNumber: partNumber === undefined ? undefined : Number(partNumber),
  }
}

function senseless(operation: string, cause: unknown): TransportError {
  return new TransportError(
    `The answer to ${operation} makes no sense: ${reasonOf(cause)}. Check that the endpoint is that of an OSS service, and what is on the way to it.`,
    { cause },
  )
}

/** What is wrong with an answer, in words. */
function reasonOf(cause: unknown): string {
  if (cause instanceof OssError) return cause.details.ErrorDetail ?? cause.message
  return cause instanceof Error ? cause.message : String(cause)
}

/** What a 2xx answer with an `<Error>` in it says: OSS does so for failed callbacks (203), others for late failures. */
function decodeRefusal(response: HttpResponse, text: string): OssError | undefined {
  if (!text.includes('<Error')) return undefined
  const message = readErrorMessage(text)
  return message && toOssError(response, message)
}

async function readRefusal(response: HttpResponse): Promise<OssError> {
  const text = await readText(response.body, MAX_ERROR_ANSWER)
  // An answer to HEAD has no body: OSS puts the same document into a header.
  const hidden = fromBase64(response.headers.get('x-oss-err') ?? '')
  const message =
    readErrorMessage(text) ?? (hidden && readErrorMessage(new TextDecoder().decode(hidden)))
  return toOssError(response, message)
}

type ErrorMessage = NonNullable<ReturnType<typeof decodeError>>

function readErrorMessage(text: string): ErrorMessage | undefined {
  try {
    return text === '' ? undefined : decodeError(text)
  } catch {
    return undefined // a proxy's page, or cut off: the status has to do
  }
}

function toOssError(response: HttpResponse, message: ErrorMessage | undefined): OssError {
  const { status, headers } = response
  const requestId = message?.requestId ?? headers.get('x-oss-request-id')
  const ec = message?.ec ?? headers.get('x-oss-ec')
  if (message) {
    const { code, message: text, hostId, details } = message
    return new OssError(code, { status, message: text, requestId, hostId, ec, details })
  }
  const code = codesWithoutBody.get(status) ?? 'BadErrorResponse'
  return new OssError(code, {
    status,
    message: `The service answered ${status} without saying why. Check the endpoint, and what is on the way to it.`,
    requestId,
    ec,
  })
}

/** What an answer without a body stands for, as ali-oss has it. */
const codesWithoutBody: ReadonlyMap<number, string> = new Map([
  [304, 'NotModified'],
  [404, 'NoSuchKey'],
  [412, 'PreconditionFailed'],
])

/** The first `max` bytes of UTF-8; what is longer is cut off, and the connection with it. */
async function readText(chunks: AsyncIterable<Uint8Array>, max: number): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  let size = 0
  for await (const chunk of chunks) {
    size += chunk.length
    if (size > max) break
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}
