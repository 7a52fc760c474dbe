/**
 * Signed OSS requests over a plain `node:http` socket, for tests that judge the server and must not
 * lean on our own client.
 */

import { createHash } from 'node:crypto'
import { Agent, request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { request as httpsRequest, Agent as SecureAgent } from 'node:https'
import {
  type Credentials,
  encodePath,
  encodeStrict,
  type QueryEntry,
  signV1,
  signV4,
} from '@lading/protocol'

export interface WireAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly bytes: Buffer
  readonly text: string
  /** The `Code` of an error body, or of `x-oss-err` on HEAD. */
  readonly code: string | undefined
}

export interface WireRequest {
  readonly bucket?: string
  readonly key?: string
  /** `uploads` is `['uploads', '']`. */
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array | string | AsyncIterable<Uint8Array>
  /** Sent as Content-Length instead of the length of `body`; a streamed body without it is chunked. */
  readonly contentLength?: number
  readonly signal?: AbortSignal
  readonly signature?: 'v1' | 'v4' | 'none'
  readonly now?: Date
}

export interface WireOptions {
  readonly port: number
  readonly credentials: Credentials
  readonly region?: string
  /** Connections kept open. */
  readonly maxSockets?: number
  /** Speaks TLS, and takes any certificate. */
  readonly tls?: boolean
  /** Of requests that do not say. Default `v4`. */
  readonly signature?: WireRequest['signature']
}

/** The server answered, and not as the step needs: unlike a lost connection, no crash explains it. */
export class UnexpectedAnswer extends Error {
  /** Of the answer, where it was its status that was not expected. */
  readonly status: number | undefined

  constructor(message: string, status?: number) {
    super(message)
    this.status = status
  }
}

export class OssWire {
  readonly #agent: Agent
  readonly #options: WireOptions

  constructor(options: WireOptions) {
    this.#options = options
    const settings = { keepAlive: true, maxSockets: options.maxSockets ?? 32 }
    this.#agent = options.tls
      ? new SecureAgent({ ...settings, rejectUnauthorized: false })
      : new Agent(settings)
  }

  close(): void {
    this.#agent.destroy()
  }

  /** Resolves with whatever the server answered; rejects when there was no whole answer. */
  async send(method: string, request: WireRequest = {}): Promise<WireAnswer> {
    const { bucket, key, body, signature = this.#options.signature, now = new Date() } = request
    const query: QueryEntry[] = Object.entries(request.query ?? {})
    const headers = new Map<string, string>()
    for (const [name, value] of Object.entries(request.headers ?? {})) {
      headers.set(name.toLowerCase(), value)
    }
    const signable = { method, bucket, key, query, headers }
    const { credentials, region = 'cn-hangzhou' } = this.#options
    if (signature !== 'none') {
      const added =
        signature === 'v1'
          ? signV1(signable, credentials, { now })
          : signV4(signable, credentials, { region, now })
      for (const [name, value] of Object.entries(added)) headers.set(name.toLowerCase(), value)
    }
    const search = query
      .map(([name, value]) => encodeStrict(name) + (value === '' ? '' : `=${encodeStrict(value)}`))
      .join('&')
    const resource = `/${bucket ?? ''}${key === undefined ? '' : `/${encodePath(key)}`}`
    return await this.raw(method, search === '' ? resource : `${resource}?${search}`, {
      headers: Object.fromEntries(headers),
      ...(body === undefined ? {} : { body }),
      ...(request.contentLength === undefined ? {} : { contentLength: request.contentLength }),
      ...(request.signal === undefined ? {} : { signal: request.signal }),
    })
  }

  /** One exchange with the target and headers as they are. */
  raw(
    method: string,
    target: string,
    request: {
      readonly headers?: Readonly<Record<string, string>>
      readonly body?: Uint8Array | string | AsyncIterable<Uint8Array>
      readonly contentLength?: number
      readonly signal?: AbortSignal
    } = {},
  ): Promise<WireAnswer> {
    const { body } = request
    const whole = typeof body === 'string' || body instanceof Uint8Array
    const length =
      request.contentLength ??
      (body === undefined ? 0 : whole ? Buffer.byteLength(body) : undefined)
    return new Promise((resolve, reject) => {
      const ask = this.#options.tls ? httpsRequest : httpRequest
      const outgoing = ask({
        host: '127.0.0.1',
        port: this.#options.port,
        method,
        path: target,
        agent: this.#agent,
        ...(request.signal === undefined ? {} : { signal: request.signal }),
        headers: {
          ...request.headers,
          ...(length === undefined || (length === 0 && /^(GET|HEAD|DELETE)$/.test(method))
            ? {}
            : { 'content-length': String(length) }),
        },
      })
      outgoing.on('error', reject)
      outgoing.on('response', (incoming) => {
        const chunks: Buffer[] = []
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
        incoming.on('error', reject)
        incoming.on('close', () => {
          if (!incoming.complete) {
            reject(new Error('The answer was cut off.'))
            return
          }
          const bytes = Buffer.concat(chunks)
          const text = bytes.toString('utf8')
          resolve({
            status: incoming.statusCode ?? 0,
            headers: incoming.headers,
            bytes,
            text,
            code: codeOf(text) ?? codeOf(fromBase64(incoming.headers['x-oss-err'])),
          })
        })
      })
      if (body === undefined || whole) outgoing.end(body)
      else void feed(outgoing, body, reject)
    })
  }

  async putBucket(bucket: string): Promise<WireAnswer> {
    return await this.send('PUT', { bucket })
  }

  async initiate(
    bucket: string,
    key: string,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<string> {
    const answer = await this.send('POST', { bucket, key, query: { uploads: '' }, headers })
    const uploadId = elementOf(answer.text, 'UploadId')
    if (answer.status !== 200 || uploadId === undefined) {
      throw new UnexpectedAnswer(
        `Initiate answered ${answer.status}: ${answer.text}`,
        answer.status,
      )
    }
    return uploadId
  }

  async uploadPart(
    bucket: string,
    key: string,
    uploadId: string,
    partNumber: number,
    body: Uint8Array | AsyncIterable<Uint8Array>,
    more: Pick<WireRequest, 'headers' | 'contentLength' | 'signal'> = {},
  ): Promise<WireAnswer> {
    return await this.send('PUT', {
      bucket,
      key,
      query: { partNumber: String(partNumber), uploadId },
      body,
      ...more,
    })
  }

  async complete(
    bucket: string,
    key: string,
    uploadId: string,
    parts: readonly (readonly [partNumber: number, etag: string])[],
    headers: Readonly<Record<string, string>> = {},
  ): Promise<WireAnswer> {
    return await this.send('POST', {
      bucket,
      key,
      query: { uploadId },
      headers,
      body: completeBody(parts),
    })
  }

  async abort(bucket: string, key: string, uploadId: string): Promise<WireAnswer> {
    return await this.send('DELETE', { bucket, key, query: { uploadId } })
  }

  /** Every part the server lists, all pages; `undefined` when the upload is gone. */
  async listParts(
    bucket: string,
    key: string,
    uploadId: string,
  ): Promise<Map<number, string> | undefined> {
    const parts = new Map<number, string>()
    for (let marker = '0'; ; ) {
      const answer = await this.send('GET', {
        bucket,
        key,
        query: { uploadId, 'part-number-marker': marker },
      })
      if (answer.code === 'NoSuchUpload') return undefined
      if (answer.status !== 200) throw new UnexpectedAnswer(`ListParts answered ${answer.status}`)
      for (const [, part = ''] of answer.text.matchAll(/<Part>(.*?)<\/Part>/gs)) {
        const etag = (elementOf(part, 'ETag') ?? '').replaceAll('&quot;', '').replaceAll('"', '')
        parts.set(Number(elementOf(part, 'PartNumber')), etag)
      }
      if (elementOf(answer.text, 'IsTruncated') !== 'true') return parts
      marker = elementOf(answer.text, 'NextPartNumberMarker') ?? ''
    }
  }
}

export function completeBody(parts: readonly (readonly [number, string])[]): string {
  const listed = parts.map(
    ([partNumber, etag]) =>
      `<Part><PartNumber>${partNumber}</PartNumber><ETag>"${etag}"</ETag></Part>`,
  )
  return `<CompleteMultipartUpload>${listed.join('')}</CompleteMultipartUpload>`
}

/** The text of the first element of that name, undecoded. */
export function elementOf(xml: string, name: string): string | undefined {
  return new RegExp(`<${name}>(.*?)</${name}>`, 's').exec(xml)?.[1]
}

/** The texts of all elements of that name. */
export function elementsOf(xml: string, name: string): string[] {
  const found = xml.matchAll(new RegExp(`<${name}>(.*?)</${name}>`, 'gs'))
  return [...found].map(([, text]) => text ?? '')
}

/** The ETag that a part or a plain object of these bytes has. */
export function etagOf(bytes: Uint8Array): string {
  return createHash('md5').update(bytes).digest('hex').toUpperCase()
}

/** The ETag of an object made of parts with these ETags. Source: CompleteMultipartUpload, Java SDK suite. */
export function objectETagOf(partETags: readonly string[]): string {
  return `${etagOf(Buffer.from(partETags.join('')))}-${partETags.length}`
}

function codeOf(text: string | undefined): string | undefined {
  return text?.includes('<Error>') ? elementOf(text, 'Code') : undefined
}

function fromBase64(text: string | string[] | undefined): string | undefined {
  return typeof text === 'string' ? Buffer.from(text, 'base64').toString('utf8') : undefined
}

async function feed(
  outgoing: ReturnType<typeof httpRequest>,
  body: AsyncIterable<Uint8Array>,
  fail: (error: unknown) => void,
): Promise<void> {
  try {
    for await (const chunk of body) {
      if (outgoing.destroyed) return
      if (!outgoing.write(chunk)) {
        await new Promise<void>((resolve) => {
          const goOn = (): void => {
            outgoing.off('drain', goOn)
            outgoing.off('close', goOn)
            resolve()
          }
          outgoing.on('drain', goOn)
          outgoing.on('close', goOn)
        })
      }
    }
    outgoing.end()
  } catch (error) {
    outgoing.destroy()
    fail(error)
  }
}
