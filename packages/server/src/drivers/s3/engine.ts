/** Requests to an S3 engine: each of them bounded in time, and tried again where that is harmless. */

import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { EngineUnavailableError } from '../../ports/blob-store.ts'
import { Budget } from './budget.ts'
import { Circuit } from './circuit.ts'
import { explain, hasStatus, isPassing } from './failures.ts'
import type { S3Location } from './location.ts'
import type { Gathered } from './piece.ts'
import { readBody } from './read-body.ts'

export interface S3Keys {
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

export interface EngineOptions extends S3Location {
  /** Default: where the SDK finds them, such as `AWS_ACCESS_KEY_ID`. */
  readonly keys?: S3Keys | undefined
  /** Milliseconds that one request may take: an engine that has lost its quorum would never answer. */
  readonly requestMs: number
  /** Milliseconds after which nothing is tried again. */
  readonly totalMs: number
  /** Requests at a time; others wait for `waitMs`, and are then refused. */
  readonly requests: number
  readonly waitMs: number
}

export interface EngineObject {
  readonly key: string
  /** Bytes. */
  readonly size: number
  readonly modifiedAt: Date
}

/** Milliseconds before the second try; each further one waits twice as long, up to some chance. */
const FIRST_PAUSE = 50

/** Milliseconds that a look whether the engine is there may take. */
const PROBE_MS = 2_000

type Ask<Answer> = (client: S3Client, abortSignal: AbortSignal) => Promise<Answer>

export class S3Engine {
  readonly #bucket: string
  readonly #prefix: string
  readonly #clients: readonly S3Client[]
  readonly #options: EngineOptions
  readonly #requests: Budget
  readonly #circuit = new Circuit()
  /** Of those that lead to the engine, the one that answered last. */
  #current = 0

  constructor(options: EngineOptions) {
    this.#bucket = options.bucket
    this.#prefix = options.prefix
    this.#options = options
    this.#clients = options.endpoints.map((endpoint) => makeClient(endpoint, options))
    this.#requests = new Budget(options.requests, {
      waitMs: options.waitMs,
      refusal: 'Too many requests are on their way to the engine.',
    })
  }

  /** @throws {Error} there is no such bucket, or it is not ours to use. */
  async open(): Promise<void> {
    try {
      await this.#ask((client, abortSignal) =>
        client.send(new HeadBucketCommand({ Bucket: this.#bucket }), { abortSignal }),
      )
    } catch (cause) {
      if (cause instanceof EngineUnavailableError) throw cause
      const why = hasStatus(cause, 404) ? 'does not exist: make it first' : 'cannot be used'
      throw new Error(`The bucket ${this.#bucket} of the engine ${why}.`, { cause })
    }
  }

  /** Resolves when the engine answers. @throws {EngineUnavailableError} */
  async probe(): Promise<void> {
    try {
      await Promise.any(
        this.#clients.map((client) =>
          client.send(
            new ListObjectsV2Command({ Bucket: this.#bucket, Prefix: this.#prefix, MaxKeys: 1 }),
            { abortSignal: AbortSignal.timeout(PROBE_MS) },
          ),
        ),
      )
      this.#circuit.answered()
    } catch (cause) {
      this.#circuit.gone()
      throw new EngineUnavailableError('The engine does not answer.', { cause })
    }
  }

  /**
   * Stores bytes under a key that nobody else uses, and compares what the engine took for their MD5.
   * An answer may be lost although they are stored: they are then found to be there already.
   */
  async put(key: string, { chunks, size, md5 }: Gathered): Promise<void> {
    const input = { Bucket: this.#bucket, Key: this.#prefix + key }
    const etag = await this.#ask(async (client, abortSignal) => {
      try {
        const put = new PutObjectCommand({
          ...input,
          Body: bodyOf(chunks),
          ContentLength: size,
          ContentMD5: md5.toString('base64'),
          IfNoneMatch: '*',
        })
        return (await client.send(put, { abortSignal })).ETag
      } catch (error) {
        if (!hasStatus(error, 412)) throw error
        return (await client.send(new HeadObjectCommand(input), { abortSignal })).ETag
      }
    })
    if (etag?.replaceAll('"', '').toLowerCase() === md5.toString('hex')) return
    throw new Error(`The engine has stored other bytes under ${key} than it was sent.`)
  }

  /**
   * The bytes from `first` to `last`, or to the end where that comes before; `undefined` when there is
   * no such object, and none where it ends before `first`.
   */
  async get(key: string, first: number, last: number): Promise<Uint8Array | undefined> {
    return await this.#find(async (client, abortSignal) => {
      const get = new GetObjectCommand({
        Bucket: this.#bucket,
        Key: this.#prefix + key,
        Range: `bytes=${first}-${last}`,
      })
      try {
        const { Body: body, ContentLength: length = 0 } = await client.send(get, { abortSignal })
        return await readBody(body, length, abortSignal)
      } catch (error) {
        if (hasStatus(error, 416)) return new Uint8Array()
        throw error
      }
    })
  }

  /** How many bytes an object has; `undefined` when there is none. */
  async size(key: string): Promise<number | undefined> {
    return await this.#find(async (client, abortSignal) => {
      const head = new HeadObjectCommand({ Bucket: this.#bucket, Key: this.#prefix + key })
      return (await client.send(head, { abortSignal })).ContentLength
    })
  }

  /** Deleting what is not there succeeds. */
  async delete(key: string): Promise<void> {
    await this.#find((client, abortSignal) =>
      client.send(new DeleteObjectCommand({ Bucket: this.#bucket, Key: this.#prefix + key }), {
        abortSignal,
      }),
    )
  }

  /** All objects whose keys begin so, in the order of their keys, page by page. */
  async *list(beginning: string): AsyncIterable<EngineObject> {
    let after: string | undefined
    do {
      const page: ListObjectsV2CommandOutput = await this.#ask((client, abortSignal) =>
        client.send(
          new ListObjectsV2Command({
            Bucket: this.#bucket,
            Prefix: this.#prefix + beginning,
            ContinuationToken: after,
          }),
          { abortSignal },
        ),
      )
      for (const { Key: key, Size: size = 0, LastModified: modifiedAt } of page.Contents ?? []) {
        if (key === undefined || !modifiedAt) continue
        yield { key: key.slice(this.#prefix.length), size, modifiedAt }
      }
      after = page.IsTruncated ? page.NextContinuationToken : undefined
    } while (after !== undefined)
  }

  close(): void {
    for (const client of this.#clients) client.destroy()
  }

  /** `undefined` where what is asked for is not there. */
  async #find<Answer>(ask: Ask<Answer>): Promise<Answer | undefined> {
    try {
      return await this.#ask(ask)
    } catch (error) {
      if (hasStatus(error, 404)) return undefined
      throw error
    }
  }

  /** Asks until there is an answer that will not change by asking again. */
  async #ask<Answer>(ask: Ask<Answer>): Promise<Answer> {
    this.#circuit.enter()
    await this.#requests.take(1)
    try {
      const answer = await this.#try(ask)
      this.#circuit.answered()
      return answer
    } catch (error) {
      if (!isPassing(error)) throw explain(error)
      this.#circuit.gone()
      const why = error instanceof Error ? error.message : String(error)
      throw new EngineUnavailableError(`The engine does not answer: ${why}`, { cause: error })
    } finally {
      this.#requests.giveBack(1)
    }
  }

  async #try<Answer>(ask: Ask<Answer>): Promise<Answer> {
    const { requestMs, totalMs } = this.#options
    const end = performance.now() + totalMs
    const most = Math.max(4, 2 * this.#clients.length)
    for (let tries = 1; ; tries++) {
      const number = this.#current
      const client = this.#clients[number]
      if (!client) throw new RangeError('There is no endpoint.')
      const left = Math.max(1, end - performance.now())
      try {
        return await ask(client, AbortSignal.timeout(Math.ceil(Math.min(requestMs, left))))
      } catch (error) {
        if (!isPassing(error)) throw error
        // Another request may have gone on to the next one already.
        if (this.#current === number) this.#current = (number + 1) % this.#clients.length
        const pause = FIRST_PAUSE * 2 ** (tries - 1) * (0.5 + Math.random() / 2)
        if (tries === most || performance.now() + pause >= end) throw error
        await sleep(pause)
      }
    }
  }
}

/** Made anew for each try. */
function bodyOf(chunks: readonly Uint8Array[]): Uint8Array | Readable {
  const [first = new Uint8Array()] = chunks
  return chunks.length > 1 ? Readable.from(chunks, { objectMode: false }) : first
}

function makeClient(endpoint: string, { keys, region, requests }: EngineOptions): S3Client {
  const client = new S3Client({
    endpoint,
    region,
    ...(keys ? { credentials: keys } : {}),
    forcePathStyle: true,
    // Tried again here, where it is known what that may do.
    maxAttempts: 1,
    // Whoever asks is told, and the log speaks of requests. Without one it writes to the console.
    logger: { trace() {}, debug() {}, info() {}, warn() {}, error() {} },
    // What the MD5 and the blocks' sums prove already; engines also take it for other things.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: 2_000,
      httpAgent: { keepAlive: true, maxSockets: requests },
      httpsAgent: { keepAlive: true, maxSockets: requests },
    },
  })
  // The signature covers the MD5, which the engine compares: a second hash of all bytes adds nothing.
  client.middlewareStack.add(
    (next) => (args) => {
      const { request } = args as { request?: { headers?: Record<string, string> } }
      if (request?.headers?.['content-md5']) {
        request.headers['x-amz-content-sha256'] = 'UNSIGNED-PAYLOAD'
      }
      return next(args)
    },
    { step: 'build', priority: 'low', name: 'signMd5InPlaceOfBytes' },
  )
  return client
}
