/**
 * HTTP in a page or a worker: XMLHttpRequest where there is a body, because nothing else tells how much
 * of it has left; fetch where there is none, because nothing else hands an answer on by and by.
 */

import { decodeHeaderText, encodeHeaderText } from '@lading/protocol'
import { type HttpBody, readableStreamChunks } from '../body.ts'
import { TransportError } from '../errors.ts'
import { Allowance } from '../uploader/for-each-concurrent.ts'
import type { HttpRequest, HttpResponse, Transport } from './contract.ts'

/** What a page may not set; a browser does, or nobody has to. */
const NOT_OURS: ReadonlySet<string> = new Set(['user-agent', 'host', 'content-length'])

/** What browsers have to one host by HTTP/1.1: a request that waits inside one looks like one that fell silent. */
const MAX_CONNECTIONS = 6

/**
 * For a browser: no connections of its own, so `close` ends what is under way and nothing else. Six
 * requests are under way at a time; others wait.
 */
export function webTransport(): Transport {
  const underWay = new Set<AbortController>()
  const turns = new Allowance(MAX_CONNECTIONS)
  return {
    hidesHeaders: true,
    async exchange(request, { idleTimeoutMs, signal }) {
      signal?.throwIfAborted()
      requireAsIs(request.path)
      const controller = new AbortController()
      const watch = new Watch(idleTimeoutMs, controller)
      let hasTurn = false
      const stop = (): void => controller.abort(signal?.reason)
      signal?.addEventListener('abort', stop, { once: true })
      underWay.add(controller)
      const over = (): void => {
        watch.end()
        signal?.removeEventListener('abort', stop)
        underWay.delete(controller)
        if (hasTurn) turns.release(1)
        hasTurn = false
      }
      const explain = (cause: unknown): unknown =>
        signal?.aborted ? signal.reason : explainFailure(request, controller, cause)
      try {
        await turns.acquire(1, controller.signal)
        hasTurn = true
        watch.moved()
        const { body } = request
        const response = body
          ? await send(request, body, controller.signal, watch)
          : await ask(request, controller.signal)
        return { ...response, body: guarded(response.body, controller, { watch, explain, over }) }
      } catch (cause) {
        over()
        throw explain(cause)
      }
    },
    async close() {
      for (const controller of underWay) controller.abort(new Error('the client was closed'))
    },
  }
}

/** @throws {TypeError} for what a browser would make another path of: the one that is signed is meant. */
function requireAsIs(path: string): void {
  if (new URL(path, 'http://localhost').href.endsWith(path)) return
  throw new TypeError(
    `A browser cannot ask for ${path}: it takes "." and ".." for steps between folders. Choose another key.`,
  )
}

/** Breaks an exchange off when no byte has moved for too long. */
class Watch {
  readonly #ms: number
  readonly #controller: AbortController
  #timer: ReturnType<typeof setTimeout> | undefined
  #since = 0

  constructor(ms: number, controller: AbortController) {
    this.#ms = ms
    this.#controller = controller
  }

  /** A byte moved, or it is our turn no longer. */
  readonly moved = (): void => {
    this.end()
    this.#since = performance.now()
    this.#timer = setTimeout(() => this.#onSilence(), this.#ms)
  }

  readonly end = (): void => clearTimeout(this.#timer)

  #onSilence(): void {
    // A page that slept hears of what came meanwhile only after its timers.
    if (performance.now() - this.#since > 1.5 * this.#ms) this.moved()
    else this.#controller.abort(new Error(`no byte moved for ${this.#ms} ms`))
  }
}

async function send(
  { method, origin, path, headers }: HttpRequest,
  body: HttpBody,
  signal: AbortSignal,
  watch: Watch,
): Promise<HttpResponse> {
  const whole = body.whole ?? (await gather(body.open(), signal))
  return new Promise((resolve, reject) => {
    signal.throwIfAborted()
    const request = new XMLHttpRequest()
    const stop = (): void => request.abort()
    request.open(method, `${origin}${path}`)
    request.responseType = 'arraybuffer'
    for (const [name, value] of headers) {
      if (!NOT_OURS.has(name)) request.setRequestHeader(name, encodeHeaderText(value))
    }
    request.upload.onprogress = ({ loaded }) => {
      watch.moved()
      body.sent?.(loaded)
    }
    request.onprogress = watch.moved
    request.onload = () => {
      const { status } = request
      const answer = new Uint8Array(request.response as ArrayBuffer)
      resolve({ status, headers: parseHeaders(request), body: once(answer) })
    }
    request.onerror = () => reject(new Error(UNEXPLAINED))
    request.onabort = () => reject(signal.reason)
    request.onloadend = () => signal.removeEventListener('abort', stop)
    signal.addEventListener('abort', stop, { once: true })
    watch.moved()
    request.send(whole as XMLHttpRequestBodyInit)
  })
}

async function ask(
  { method, origin, path, headers }: HttpRequest,
  signal: AbortSignal,
): Promise<HttpResponse> {
  const ours = [...headers].filter(([name]) => !NOT_OURS.has(name))
  const response = await fetch(`${origin}${path}`, {
    method,
    headers: ours.map(([name, value]): [string, string] => [name, encodeHeaderText(value)]),
    signal,
    // An answer of yesterday is no answer, and keys are in the headers.
    cache: 'no-store',
    credentials: 'omit',
  }).catch((cause: unknown) => {
    throw signal.aborted ? signal.reason : new Error(UNEXPLAINED, { cause })
  })
  const { status, body } = response
  const answered = new Map(
    [...response.headers].map(([name, value]) => [name, decodeHeaderText(value)]),
  )
  return { status, headers: answered, body: body ? readableStreamChunks(body) : once() }
}

/** `chunks`, with silence bounded while we wait for the next, and failures explained. */
function guarded(
  chunks: AsyncIterable<Uint8Array>,
  controller: AbortController,
  {
    watch,
    explain,
    over,
  }: { readonly watch: Watch; explain(cause: unknown): unknown; over(): void },
): AsyncIterable<Uint8Array> {
  // Silence while nobody reads is ours.
  watch.end()
  const iterator = chunks[Symbol.asyncIterator]()
  const end = (): void => {
    controller.abort()
    over()
  }
  return {
    [Symbol.asyncIterator]: () => ({
      async next() {
        watch.moved()
        try {
          const next = await iterator.next()
          if (next.done) over()
          return next
        } catch (cause) {
          const error = explain(cause)
          end()
          throw error
        } finally {
          watch.end()
        }
      },
      async return() {
        end()
        return { done: true, value: undefined }
      },
    }),
  }
}

async function gather(chunks: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<Blob> {
  const pieces: Uint8Array<ArrayBuffer>[] = []
  for await (const chunk of chunks) {
    signal.throwIfAborted()
    pieces.push(chunk.slice())
  }
  return new Blob(pieces)
}

async function* once(bytes?: Uint8Array): AsyncGenerator<Uint8Array, void, void> {
  if (bytes && bytes.length > 0) yield bytes
}

const UNEXPLAINED =
  'the browser does not say why (the network is down, or the CORS rules of the bucket do not allow this page, method or header)'

function explainFailure(
  { method, origin }: HttpRequest,
  { signal }: AbortController,
  failure: unknown,
): unknown {
  const cause = signal.aborted ? signal.reason : failure
  const why = cause instanceof Error ? cause.message : String(cause)
  return new TransportError(
    `${method} to ${origin} failed: ${why}. Check the endpoint and the network; what was asked for may have happened all the same.`,
    { cause },
  )
}

function parseHeaders(request: XMLHttpRequest): ReadonlyMap<string, string> {
  const lines = request.getAllResponseHeaders().split('\r\n')
  return new Map(
    lines.flatMap((line) => {
      const colon = line.indexOf(':')
      if (colon < 0) return []
      return [[line.slice(0, colon).toLowerCase(), decodeHeaderText(line.slice(colon + 1).trim())]]
    }),
  )
}
