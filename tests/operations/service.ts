/**
 * A server of one test file, and requests to it over a real socket: signed here, sent by `node:http`,
 * with nothing of our own client in between. Everything asked through it is recorded from the server's
 * own access log; `docs/compatibility.md` is made of those records.
 */

import { Agent, request as httpRequest, type IncomingMessage } from 'node:http'
import {
  type Credentials,
  encodePath,
  encodeStrict,
  presignV1,
  presignV4,
  type QueryEntry,
  signV1,
  signV4,
} from '@lading/protocol'
import type { RunningServer, ServerOptions } from '@lading/server'
import { afterAll, onTestFinished } from 'vitest'
import { elementOf } from '../support/oss-wire.ts'
import { startServer } from '../support/server.ts'

export interface TestService {
  /** Such as `http://127.0.0.1:9000`. */
  readonly url: string
  /** The first key pair. */
  readonly credentials: Credentials
  readonly server: RunningServer
  /** Makes a bucket and gives its name; a fresh one unless `name` is given. */
  makeBucket(options?: BucketOptions): Promise<string>
  /** Resolves with whatever the server answered; rejects when there was no whole answer. */
  call(request: ServiceRequest): Promise<ServiceAnswer>
}

export interface BucketOptions {
  readonly name?: string
  readonly headers?: Readonly<Record<string, string>>
}

export interface ServiceRequest {
  readonly method: string
  readonly bucket?: string
  readonly key?: string
  /** `?uploads` is `{ uploads: '' }`. */
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  /** Who asks. Default: the first key pair. */
  readonly as?: Credentials | 'anonymous'
  /** Proves who asks in the query, and not in headers. */
  readonly presigned?: boolean
  /** Default `v4`. */
  readonly signature?: 'v1' | 'v4'
}

export interface ServiceAnswer {
  readonly status: number
  readonly statusText: string
  readonly headers: { get(name: string): string | null }
  readonly bytes: Buffer
  readonly text: string
  /** `Code` of the error, from the body or, on HEAD, from `x-oss-err`. */
  readonly code: string | undefined
  /** `EC` of the error. */
  readonly ec: string | undefined
}

const PRESIGN_SECONDS = 600

/**
 * Starts a server in memory on a free port. Called at the top of a file it lives as long as the file,
 * called in a test as long as the test.
 */
export async function startTestService(options: ServerOptions = {}): Promise<TestService> {
  const server = await startServer(options)
  const agent = new Agent({ keepAlive: true })
  const stop = async (): Promise<void> => {
    agent.destroy()
    await server.close({ graceMs: 0 })
  }
  try {
    onTestFinished(stop)
  } catch {
    // Outside of a test, which nothing else tells where files share a process.
    afterAll(stop)
  }

  const now = options.now ?? (() => new Date())
  const region = options.region ?? 'cn-hangzhou'
  let buckets = 0

  async function call(request: ServiceRequest): Promise<ServiceAnswer> {
    const { method, bucket, key, body } = request
    const signed = sign(request, { by: server.credentials, now: now(), region })
    const search = signed.query
      .map(([name, value]) => encodeStrict(name) + (value === '' ? '' : `=${encodeStrict(value)}`))
      .join('&')
    const resource = `/${bucket ?? ''}${key === undefined ? '' : `/${encodePath(key)}`}`
    const bodiless = body === undefined && /^(GET|HEAD|DELETE|OPTIONS)$/.test(method)
    return await new Promise((resolve, reject) => {
      const outgoing = httpRequest({
        host: server.host,
        port: server.port,
        method,
        path: search === '' ? resource : `${resource}?${search}`,
        agent,
        headers: {
          ...(bodiless ? {} : { 'content-length': String(Buffer.byteLength(body ?? '')) }),
          ...Object.fromEntries(signed.headers),
        },
      })
      outgoing.on('error', reject)
      outgoing.on('response', (incoming) => readAnswer(incoming).then(resolve, reject))
      outgoing.end(body)
    })
  }

  return {
    url: server.url,
    credentials: server.credentials,
    server,
    call,
    async makeBucket({ name, headers } = {}) {
      buckets += 1
      const bucket = name ?? `bucket-${buckets}`
      const { status, text } = await call({ method: 'PUT', bucket, ...(headers && { headers }) })
      if (status !== 200) throw new Error(`The bucket was not made: ${text}`)
      return bucket
    },
  }
}

function sign(
  request: ServiceRequest,
  context: { readonly by: Credentials; readonly now: Date; readonly region: string },
): { readonly headers: Map<string, string>; readonly query: QueryEntry[] } {
  const { method, bucket, key, as = context.by, presigned, signature = 'v4' } = request
  const query = Object.entries(request.query ?? {})
  const headers = new Map<string, string>()
  for (const [name, value] of Object.entries(request.headers ?? {})) {
    headers.set(name.toLowerCase(), value)
  }
  if (as === 'anonymous') return { headers, query }

  const { now, region } = context
  const signable = { method, bucket, key, query, headers }
  if (presigned) {
    const expiresAt = new Date(now.getTime() + PRESIGN_SECONDS * 1000)
    return {
      headers,
      query:
        signature === 'v4'
          ? presignV4(signable, as, { region, now, expiresInSeconds: PRESIGN_SECONDS })
          : presignV1(signable, as, { expiresAt }),
    }
  }
  const added =
    signature === 'v4' ? signV4(signable, as, { region, now }) : signV1(signable, as, { now })
  for (const [name, value] of Object.entries(added)) headers.set(name.toLowerCase(), value)
  return { headers, query }
}

async function readAnswer(incoming: IncomingMessage): Promise<ServiceAnswer> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  const bytes = Buffer.concat(chunks)
  const text = bytes.toString('utf8')
  const get = (name: string): string | null => {
    const value = incoming.headers[name.toLowerCase()]
    return value === undefined ? null : String(value)
  }
  const error = text.includes('<Error>')
    ? text
    : Buffer.from(get('x-oss-err') ?? '', 'base64').toString('utf8')
  return {
    status: incoming.statusCode ?? 0,
    statusText: incoming.statusMessage ?? '',
    headers: { get },
    bytes,
    text,
    code: elementOf(error, 'Code'),
    ec: elementOf(error, 'EC'),
  }
}
